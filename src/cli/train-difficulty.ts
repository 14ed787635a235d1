import { readShippedEmbedding } from "../files/read-intent-model.ts";
import { type DifficultyMeasures, measureDifficulty } from "../training/measure-difficulty.ts";
import { type JudgedText, trainDifficulty } from "../training/train-difficulty.ts";
import { readJudgedTexts } from "./judged-texts.ts";
import { printJson, printLine, UsageError } from "./output.ts";
import { createProgress } from "./progress.ts";

interface DifficultyOptions {
  readonly output: string;
  readonly seed: number;
  /** From 0 to 1. */
  readonly heldOut: number;
  readonly test?: string | undefined;
  readonly json?: boolean | undefined;
  readonly write: (bytes: Uint8Array) => void;
}

const fewest = 4;
const fewestGroups = 5;

/** Trains a model of difficulty from a CSV of judged texts, writes it, and says what it is worth on texts it has not seen. */
export function trainDifficultyOn(csv: string, options: DifficultyOptions): void {
  const rows = readJudgedTexts(csv);
  checkOutcomes(csv, rows);
  const test = options.test === undefined ? null : readJudgedTexts(options.test);
  const progress = createProgress("passes");
  const { bytes, model, measures } = trainDifficulty(rows, {
    seed: options.seed,
    heldOut: options.heldOut,
    embedder: readShippedEmbedding().embedder,
    passed: (done, of) => progress.show(done / of, done),
  });
  progress.clear();
  options.write(bytes);
  const tested =
    test === null
      ? null
      : measureDifficulty(
          test.flatMap(({ text, hard }) => {
            const said = model.difficultyOf(text);
            return said === undefined ? [] : [{ said, hard }];
          }),
        );
  if (options.json === true) {
    const written = { file: options.output, bytes: bytes.length, hash: model.hash };
    printJson({ texts: rows.length, model: written, heldOut: measures, test: tested });
    return;
  }
  const held =
    namedGroups(rows).size > 0
      ? "held-out texts, of groups that it has not seen"
      : "held-out texts";
  printLine(`${rows.length} texts from ${csv}`);
  printMeasures(held, measures);
  if (tested !== null) printMeasures(`texts of ${options.test}, by the model as written`, tested);
  printLine();
  printLine(`${options.output}: ${(bytes.length / 1e3).toFixed(0)} kB, ${model.hash}`);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function printMeasures(title: string, measures: DifficultyMeasures): void {
  const { texts, hardShare, auc, brier, calibrationError, reliability, curve } = measures;
  printLine();
  printLine(`${texts} ${title}`);
  printLine(`  hard                           ${percent(hardShare)}`);
  printLine(
    `  AUC (0.5 is chance)            ${auc === null ? oneKind(measures) : auc.toFixed(3)}`,
  );
  printLine(`  calibration error (ECE)        ${calibrationError.toFixed(3)}`);
  printLine(`  Brier score                    ${brier.toFixed(3)}`);
  printLine();
  printLine("  difficulty       texts    said    hard");
  for (const { from, to, texts: own, said, hard } of reliability) {
    const range = `${from.toFixed(1)} to ${to.toFixed(1)}`;
    printLine(
      `  ${range.padEnd(14)} ${String(own).padStart(7)}  ${said.toFixed(2).padStart(6)}  ${hard.toFixed(2).padStart(6)}`,
    );
  }
  printLine();
  printLine("  difficulty at most   stays   hard among them   of the hard ones go");
  for (const { threshold, stays, hardAmongStaying, hardThatGo } of curve) {
    printLine(
      `  ${threshold.toFixed(3).padStart(18)} ${percent(stays).padStart(7)} ${percent(hardAmongStaying).padStart(17)} ${percent(hardThatGo).padStart(21)}`,
    );
  }
}

/** Why there is no AUC. */
function oneKind({ texts, hardShare }: DifficultyMeasures): string {
  if (texts === 0) return "none: there are no texts to measure on";
  return `none: all of these texts are ${hardShare > 0 ? "hard" : "easy"}`;
}

function namedGroups(rows: readonly JudgedText[]): ReadonlySet<string> {
  return new Set(rows.flatMap(({ group }) => group ?? []));
}

function checkOutcomes(csv: string, rows: readonly JudgedText[]): void {
  for (const hard of [true, false]) {
    const own = new Set(rows.filter((row) => row.hard === hard).map(({ text }) => text));
    if (own.size >= fewest) continue;
    const kind = hard ? "hard" : "easy";
    throw new UsageError(`${csv} has ${own.size} ${kind} texts; at least ${fewest} are needed`);
  }
  const groups = namedGroups(rows).size;
  const alone = new Set(rows.filter(({ group }) => group === undefined).map(({ text }) => text));
  if (groups > 0 && groups + alone.size < fewestGroups) {
    throw new UsageError(`${csv} has ${groups} groups; none, or at least ${fewestGroups}`);
  }
}
