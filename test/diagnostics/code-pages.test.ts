import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkedExamples, isDescribed } from "../../scripts/code-pages.ts";
import { referenceWithCodes } from "../../scripts/generate-codes.ts";
import { codes } from "../../src/diagnostics/codes.ts";

const examples = checkedExamples();
const shown = examples.filter(({ row }) => !isDescribed(row));

test("the reference has a page for every code, as the generator makes it", () => {
  const reference = readFileSync("grammar/README.md", "utf8");
  expect(reference).toBe(referenceWithCodes(reference));
  for (const code of Object.keys(codes)) expect(reference).toContain(`\n### ${code}\n`);
});

test.each(shown.map((each) => [each.code, each] as const))(
  "the example of %s is reported with that code, and with no error of another",
  (code, { row, diagnostics }) => {
    const others = diagnostics.filter((each) => each.severity === "error" && each.code !== code);
    expect(others.map((each) => `${each.code} ${each.message}`)).toEqual([]);
    expect(diagnostics.find((each) => each.code === code)?.severity).toBe(row.severity);
  },
);

/** A fix that mends what its own message is about, and leaves a name that the configuration does not have. */
const leavesMore = new Set(["P0119"]);

test.each(shown.filter(({ fixed }) => fixed !== null).map((each) => [each.code, each] as const))(
  "the example of %s has no error left once it is fixed",
  (code, { left }) => {
    expect(left.length > 0).toBe(leavesMore.has(code));
  },
);

test("an example that is only described says so in parentheses, and holds no policy", () => {
  const described = examples.filter(({ row }) => isDescribed(row));
  for (const { row } of described) expect(row.example).not.toMatch(/\b(?:otherwise claude|then)\b/);
});
