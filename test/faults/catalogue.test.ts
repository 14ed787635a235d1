import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { catalogue, comesFrom, isOf } from "./catalogue.ts";

const own = globSync("test/faults/*.test.ts").map((file) => readFileSync(file, "utf8"));

/** Whether some test of this folder names a row, in its title or in the table of its rows. */
function isNamed(number: number): boolean {
  const inTitle = new RegExp(`"row ${number}: `);
  const inTable = new RegExp(`(?:^|[^\\w])(?:\\[\\s*|row: )${number},`);
  return own.some(
    (text) => inTitle.test(text) || (/row (?:%i|\$row)/.test(text) && inTable.test(text)),
  );
}

test("every fault has its number, once and in order", () => {
  expect(catalogue.map(({ number }) => number)).toEqual(
    Array.from({ length: 160 }, (_, at) => at + 1),
  );
});

test("what is called tested is tested here", () => {
  const missing = catalogue.filter(
    ({ number, proof }) => proof.kind === "tested" && !isNamed(number),
  );
  expect(missing.map(({ number }) => number)).toEqual([]);
});

test("what is called covered names tests that are there", () => {
  const missing = catalogue.flatMap(({ number, proof }) =>
    proof.kind === "covered"
      ? proof.by
          .filter(([file, title]) => !readFileSync(file, "utf8").includes(title))
          .map(([file, title]) => `${number}: ${file}: ${title}`)
      : [],
  );
  expect(missing).toEqual([]);
});

test("what is not tested says why", () => {
  for (const { proof } of catalogue) {
    if (proof.kind === "not yet") expect(proof.part).not.toBe("");
    if (proof.kind === "does not apply") expect(proof.why).not.toBe("");
  }
});

test("titles of results are told to belong to rows", () => {
  expect(isOf(7, "row 7: a head")).toBe(true);
  expect(isOf(7, "row 70: a head")).toBe(false);
  expect(isOf(41, "rows 39 to 46: faults")).toBe(true);
  expect(comesFrom("%s is told (all: %s)", "no port is told (all: true)")).toBe(true);
  expect(comesFrom("a.b", "axb")).toBe(false);
  const long = "a name that is longer than what a title shows of it";
  expect(comesFrom(long, "a name that is longer than what a title… is told")).toBe(true);
  expect(comesFrom(long, "another name that is longer than what a… is told")).toBe(false);
});
