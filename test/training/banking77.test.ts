import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readLabelledTexts } from "../../src/cli/labelled-texts.ts";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";
import { measureIntents } from "../../src/training/measure-intents.ts";
import type { LabelledText } from "../../src/training/split.ts";
import { trainIntents } from "../../src/training/train-intents.ts";
import { skipAloud } from "../support/skip-aloud.ts";

const folder = new URL("../../../shared/data/prompts/banking77/", import.meta.url);
const isShort = process.env["SIGNALBOX_LONG"] !== "1";
const missing = skipAloud(
  isShort || !existsSync(folder),
  "training on banking77 is for SIGNALBOX_LONG=1, and needs ../shared/data",
);

const rows = (name: string): LabelledText[] =>
  readLabelledTexts(fileURLToPath(new URL(name, folder)));

test.skipIf(missing)(
  "a model of banking77 keeps its floors on the test texts, and is worth what is said of it",
  () => {
    const { embedder } = readShippedEmbedding();
    const { bytes, model } = trainIntents(rows("train.csv"), {
      seed: 1,
      heldOut: 0.2,
      givenUp: 0.05,
      embedder,
    });
    const measures = measureIntents(model, rows("test.csv"));
    console.log(
      `banking77: ${(100 * measures.accuracy).toFixed(1)} % right, ECE ${measures.calibrationError.toFixed(3)}, ${bytes.length} bytes`,
    );
    expect(measures.accuracy).toBeGreaterThan(0.91);
    expect(measures.calibrationError).toBeLessThan(0.03);
    expect(measures.toOther).toBeLessThan(0.1);
    expect(measures.accuracyWithoutOther).toBeGreaterThan(0.95);
    expect(bytes.length).toBeLessThan(6_000_000);
    const said = readFileSync("models/README.md", "utf8").replaceAll("\n", " ");
    const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
    expect(said).toContain(
      `${percent(measures.accuracy, 1)} of the test texts right, calibration error ${measures.calibrationError.toFixed(3)}, ` +
        `${percent(measures.toOther, 1)} given up to \`other\`, ${percent(measures.accuracyWithoutOther, 0)} of the rest right`,
    );
  },
);
