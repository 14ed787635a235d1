import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";
import { judgedTexts } from "../support/judged-texts.ts";
import { ticketCsv } from "../support/ticket-texts.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function csv(text: string): string {
  const path = join(folder, "labelled.csv");
  writeFileSync(path, text);
  return path;
}

const out = join(folder, "tickets.model");

test("a CSV becomes a model, and what it is worth on texts it has not seen is printed", async () => {
  const file = csv(ticketCsv);
  const { code, stdout } = await signalbox(["train", "intents", file, "-o", out, "--test", file]);
  expect(code).toBe(0);
  expect(stdout).toContain("50 texts of 2 labels");
  expect(stdout).toMatch(/10 held-out|5 held-out/);
  expect(stdout).toMatch(/right +100\.0 %/);
  expect(stdout).toContain("calibration error (ECE)");
  expect(readFileSync(out).subarray(0, 8).toString()).toBe("signalbx");
});

test("as JSON: one document, and the same seed the same hash", async () => {
  const run = async (seed: string) => {
    const { stdout } = await signalbox([
      "train",
      "intents",
      csv(ticketCsv),
      "-o",
      out,
      "--seed",
      seed,
      "--json",
    ]);
    return JSON.parse(stdout) as {
      model: { hash: string; labels: string[]; threshold: number };
      heldOut: { accuracy: number; confusions: unknown[]; reliability: unknown[] };
      test: null;
    };
  };
  const [first, again, other] = [await run("7"), await run("7"), await run("8")];
  expect(first).toEqual(again);
  expect(first.model.hash).not.toBe(other.model.hash);
  expect(first.model.labels).toEqual(["billing", "repair"]);
  expect(first.heldOut).toMatchObject({ accuracy: 1, confusions: [] });
});

test("a model may name its columns otherwise, and stand on n-grams alone", async () => {
  const renamed = ticketCsv.replace("text,label", "Prompt,Intent");
  const args = ["train", "intents", csv(renamed), "-o", out, "--no-embedding", "--json"];
  const { code, stdout } = await signalbox(args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ texts: 50, heldOut: { accuracy: 1 } });
});

test.each<[string, string, readonly string[], string]>([
  ["an empty file", "", [], "is empty"],
  ["no column of texts", "a,label\nx,y\n", [], "no column named text, prompt"],
  ["no column of labels", "text,b\nx,y\n", [], "no column named label, intent"],
  ["a line without a text", "text,label\na,x\n ,x\n", [], "labelled.csv:3: there is no text"],
  ["a line without a label", "text,label\na,\n", [], "labelled.csv:2: there is no label"],
  ["a line too short", "text,label\na\n", [], "cannot read"],
  ["one label", "text,label\na,x\nb,x\n", [], "two are needed"],
  ["a label with one text", "text,label\na,x\nb,x\nc,y\n", [], "one text labelled `y`"],
  ["the same text twice", "text,label\na,x\nb,x\nc,y\nc,y\n", [], "one text labelled `y`"],
  ["a share above one", ticketCsv, ["--held-out", "120%"], "--held-out takes a share"],
  ["a seed that is no number", ticketCsv, ["--seed", "x"], "--seed takes a whole number"],
])("%s is a mistake with its reason", async (...[, text, options, why]) => {
  const { code, stderr } = await signalbox(["train", "intents", csv(text), "-o", out, ...options]);
  expect(stderr).toContain(why);
  expect(code).toBe(2);
});

const judgedCsv = `prompt,correct,subject\n${judgedTexts(120, "judged")
  .map(({ text, hard }, at) => `"${text}",${hard ? "False" : "True"},s${at % 8}`)
  .join("\n")}\n`;

test("judged prompts become a model of difficulty, with its AUC, its calibration and what each threshold keeps", async () => {
  const file = csv(judgedCsv);
  const model = join(folder, "difficulty.model");
  const { code, stdout } = await signalbox(["train", "difficulty", file, "-o", model]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/held-out texts, of groups that it has not seen/);
  expect(stdout).toMatch(/AUC \(0\.5 is chance\) +0\.[89]/);
  expect(stdout).toMatch(/difficulty at most +stays/);
  const again = await signalbox(["train", "difficulty", file, "-o", model, "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({
    texts: 120,
    heldOut: { curve: [{}, {}, {}, {}, {}, {}, {}, {}, {}] },
  });
});

const groupedCsv = (groupOf: (at: number, hard: boolean) => string): string =>
  `text,hard,group\n${judgedTexts(120, "judged")
    .map(({ text, hard }, at) => `"${text}",${hard},${groupOf(at, hard)}`)
    .join("\n")}\n`;

test("texts without a group stand alone", async () => {
  const file = csv(groupedCsv((at) => (at < 40 ? `s${at % 8}` : "")));
  const { stdout } = await signalbox(["train", "difficulty", file, "-o", out, "--json"]);
  // A tenth of 8 groups and 80 texts; all that have none would be eighty.
  expect(JSON.parse(stdout).heldOut.texts).toBeLessThan(30);
});

test("an AUC that cannot be had is said to be none, and why", async () => {
  const file = csv(groupedCsv((at, hard) => (hard ? "hard" : `s${at % 8}`)));
  const { code, stdout } = await signalbox(["train", "difficulty", file, "-o", out]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/AUC \(0\.5 is chance\) +none: all of these texts are easy/);
});

test.each([
  ["intents", "text,label\n"],
  ["difficulty", "text,hard\n"],
])("a file of texts for %s that has none is refused", async (what, text) => {
  const empty = join(folder, "empty.csv");
  writeFileSync(empty, text);
  const file = csv(what === "intents" ? ticketCsv : judgedCsv);
  const { code, stderr } = await signalbox(["train", what, file, "-o", out, "--test", empty]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("empty.csv has no texts below")]);
});

test.each([
  ["a folder that is not there", "nowhere/a.model", "there is no folder"],
  ["a folder in a file's place", ".", "it is a folder"],
  ["a file in a folder's place", "labelled.csv/a.model", "there is no folder"],
])("a model for %s is refused before anything is read", async (_, path, words) => {
  csv(ticketCsv);
  const args = ["train", "intents", join(folder, "none.csv"), "-o", join(folder, path)];
  const { code, stderr } = await signalbox(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test.each([
  ["--no-embedding", ["--no-embedding"]],
  ["--give-up", ["--give-up", "3%"]],
])("%s is no option of a model of difficulty", async (option, given) => {
  const args = ["train", "difficulty", csv(judgedCsv), "-o", out, ...given];
  const { code, stderr } = await signalbox(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${option} is for`)]);
});

test.each([
  [
    "an outcome that is neither",
    "text,hard\na,perhaps\n",
    "labelled.csv:2: `hard` is true or false",
  ],
  [
    "fewer groups than five, with the texts that have none",
    `text,hard,group\n${[1, 2, 3, 4].flatMap((n) => [`a${n},1,x`, `b${n},0,y`]).join("\n")}\na5,1,\n`,
    "2 groups",
  ],
  ["too few hard texts", "text,hard\na,1\nb,0\nc,0\nd,0\ne,0\n", "1 hard texts"],
  [
    "two groups",
    `text,hard,group\n${[1, 2, 3, 4].flatMap((n) => [`a${n},1,x`, `b${n},0,y`]).join("\n")}\n`,
    "2 groups",
  ],
])("no model of difficulty comes of %s", async (_, text, words) => {
  const { code, stderr } = await signalbox(["train", "difficulty", csv(text), "-o", out]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});
