import { writeFileSync } from "node:fs";
import { Argument, type Command, Option } from "commander";
import { reasonOf } from "../files/read-files.ts";
import { readShippedEmbedding } from "../files/read-intent-model.ts";
import { measureIntents } from "../training/measure-intents.ts";
import { distinct, type LabelledText } from "../training/split.ts";
import { type TrainedIntents, trainIntents } from "../training/train-intents.ts";
import { checkOutput } from "./check-output.ts";
import { readLabelledTexts } from "./labelled-texts.ts";
import { exitCode, printJson, printLine, UsageError } from "./output.ts";
import { printMeasures } from "./print-training.ts";
import { createProgress } from "./progress.ts";
import { readShare } from "./read-share.ts";
import { trainDifficultyOn } from "./train-difficulty.ts";

interface TrainOptions {
  readonly output: string;
  readonly seed: string;
  readonly heldOut: string;
  readonly giveUp: string;
  readonly test?: string;
  readonly embedding: boolean;
  readonly json?: boolean;
}

const mostLabels = 1_000;

/** `train intents|difficulty CSV -o MODEL`: a model from labelled texts, with what it is worth on texts it has not seen. */
export function addTrain(program: Command): void {
  program
    .command("train")
    .description(
      "train a model of your own intents from a CSV with the columns text and label, or of difficulty from text and hard",
    )
    .addArgument(
      new Argument("<what>", "the fact that it tells").choices(["intents", "difficulty"]),
    )
    .argument("<csv>", "labelled texts; a header line names the columns")
    .requiredOption("-o, --output <file>", "where the model is written")
    .option("--seed <number>", "settles the split and the order of training", "1")
    .option("--held-out <share>", "of each label's texts, to calibrate and to measure with", "20%")
    .option(
      "--give-up <share>",
      "of the texts it is right about that may become `other`: more means surer answers (intents)",
      "5%",
    )
    .option("--test <csv>", "further labelled texts, to measure the written model on")
    .addOption(
      new Option(
        "--no-embedding",
        "n-grams alone: a little quicker, a little less right (intents)",
      ),
    )
    .option("--json", "print one JSON document")
    .action((what: string, csv: string, options: TrainOptions, command: Command) => {
      checkOutput(options.output);
      if (what !== "intents") refuseOthersOptions(command);
      if (what === "intents") run(csv, options);
      else {
        trainDifficultyOn(csv, {
          ...{ output: options.output, test: options.test, json: options.json },
          seed: wholeOf("--seed", options.seed),
          heldOut: shareOf("--held-out", options.heldOut),
          write: (bytes) => writeModel(options.output, bytes),
        });
        process.exitCode = exitCode.fine;
      }
    });
}

/** Options of the training of intents alone: elsewhere they would do nothing. */
function refuseOthersOptions(command: Command): void {
  for (const [name, option] of [
    ["giveUp", "--give-up"],
    ["embedding", "--no-embedding"],
  ] as const) {
    if (command.getOptionValueSource(name) !== "cli") continue;
    throw new UsageError(
      `${option} is for \`train intents\`; a model of difficulty has no such choice`,
    );
  }
}

function writeModel(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    throw new UsageError(`cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function run(csv: string, options: TrainOptions): void {
  const rows = readLabelledTexts(csv);
  checkLabels(csv, rows);
  const seed = wholeOf("--seed", options.seed);
  const test = options.test === undefined ? null : readLabelledTexts(options.test);
  const progress = createProgress("passes");
  const trained = trainIntents(rows, {
    seed,
    heldOut: shareOf("--held-out", options.heldOut),
    givenUp: shareOf("--give-up", options.giveUp),
    embedder: options.embedding ? readShippedEmbedding().embedder : null,
    passed: (done, of) => progress.show(done / of, done),
  });
  progress.clear();
  writeModel(options.output, trained.bytes);
  report({ csv, rows, trained, test }, options);
  process.exitCode = exitCode.fine;
}

interface Trained {
  readonly csv: string;
  readonly rows: readonly LabelledText[];
  readonly trained: TrainedIntents;
  readonly test: readonly LabelledText[] | null;
}

function report({ csv, rows, trained, test }: Trained, options: TrainOptions): void {
  const { bytes, model, measures } = trained;
  const tested = test === null ? null : measureIntents(model, test);
  const { labels, threshold, hash } = model;
  if (options.json === true) {
    const written = { file: options.output, bytes: bytes.length, hash, labels, threshold };
    printJson({ texts: rows.length, model: written, heldOut: measures, test: tested });
    return;
  }
  printLine(`${rows.length} texts of ${labels.length} labels from ${csv}`);
  printMeasures("held-out texts, by a model trained without them", measures);
  if (tested !== null) printMeasures(`texts of ${options.test}, by the model as written`, tested);
  printLine();
  printLine(`${options.output}: ${(bytes.length / 1e6).toFixed(2)} MB, ${hash}`);
  printLine(`below a probability of ${threshold.toFixed(2)} a text is \`other\``);
}

function checkLabels(csv: string, rows: readonly LabelledText[]): void {
  const counts = Map.groupBy(distinct(rows), ({ label }) => label);
  if (counts.size < 2) throw new UsageError(`${csv} has ${counts.size} labels; two are needed`);
  if (counts.size > mostLabels) {
    throw new UsageError(
      `${csv} has ${counts.size} labels; at most ${mostLabels} can be told apart`,
    );
  }
  for (const [label, own] of counts) {
    if (own.length < 2) {
      throw new UsageError(`${csv} has one text labelled \`${label}\`; each label needs two`);
    }
  }
}

function wholeOf(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} takes a whole number, not ${text}`);
  return Number(text);
}

function shareOf(option: string, text: string): number {
  const share = readShare(text);
  if (share < 1) return share;
  throw new UsageError(`${option} takes a share below one, such as 20%, not ${text}`);
}
