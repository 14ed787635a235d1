import { beforeAll, expect, test } from "vitest";
import { holdsCode } from "../../src/meaning/code-detector.ts";
import { detectLanguage, loadLanguages } from "../../src/meaning/language.ts";
import { findPii } from "../../src/meaning/pii.ts";
import { camelCase } from "../../src/surface/generate/canonical-body.ts";

const filled = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

beforeAll(loadLanguages);

const times = (count: number, run: () => unknown): void => {
  for (let time = 0; time < count; time += 1) run();
};

/** Each took seconds where a pattern was not linear; a slow machine under load takes some ten milliseconds. */
const mostMs = 1_000;

test.each<[string, () => unknown]>([
  ["digits before a letter", () => findPii(filled(`${"1".repeat(47)}a `, 100_000))],
  ["groups of digits", () => findPii(filled("12 34 56 78 90 12 34 56a ", 100_000))],
  ["digits in brackets", () => findPii(filled("(1)(1)(1)(1)(1)(1)(1)a ", 100_000))],
  ["digits alone", () => findPii("1".repeat(100_000))],
  ["what begins like addresses", () => findPii(filled("a.b+c-d@a.a.a.a1 ", 100_000))],
  ["runs as long as addresses may be", () => findPii(filled(`${"a".repeat(64)} `, 100_000))],
  ["labels as long as they may be", () => findPii(filled(`a@${"b".repeat(63)}.`, 100_000))],
  ["a sign behind every letter", () => findPii(filled("你@", 100_000))],
  ["groups of addresses of machines", () => findPii(filled("a:a:a:a:a:a:a:a:a ", 100_000))],
  ["lines of brackets", () => holdsCode(filled(`${"a[".repeat(140)}\n`, 100_000))],
  ["quotes alone", () => times(4_000, () => detectLanguage("'".repeat(1_000)))],
  ["quotes of all kinds", () => times(4_000, () => detectLanguage("'`’".repeat(1_000)))],
  ["a key of underscores", () => camelCase("_".repeat(1_000_000))],
])("hostile text does not hold the loop: %s", (_name, run) => {
  const startedAtMs = performance.now();
  run();
  expect(performance.now() - startedAtMs).toBeLessThan(mostMs);
});

test("a telephone number is found however its groups are parted", () => {
  for (const number of [
    "+49 30 1234567",
    "(030) 1234-5678",
    "(030)12345678",
    "030(1234)5678",
    "+1 (415) 555-0132",
    "415-555-0132 x12",
    "0049 30 12 34 56 78",
  ])
    expect(
      findPii(`call ${number} now`).map(({ kind }) => kind),
      number,
    ).toEqual(["phone"]);
});
