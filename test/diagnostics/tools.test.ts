import fc from "fast-check";
import { expect, test } from "vitest";
import { applyFix } from "../../src/diagnostics/apply-fix.ts";
import { codeRow, codes } from "../../src/diagnostics/codes.ts";
import { makeDiagnostic } from "../../src/diagnostics/make-diagnostic.ts";
import { lineAndColumn, lineAt } from "../../src/diagnostics/position.ts";
import { didYouMean, editDistance } from "../../src/diagnostics/suggest.ts";
import { toJson } from "../../src/diagnostics/to-json.ts";
import { parse } from "../../src/language/syntax/parse.ts";

const file = "a.policy";

test("every row of the table has a code of its family, and words for people", () => {
  for (const [code, row] of Object.entries(codes)) {
    expect(code).toMatch(/^(?:P0[1-6]\d\d|C0\d\d\d)$/);
    for (const text of [row.title, row.cause, row.example, row.remedy]) expect(text).not.toBe("");
    expect(row.title, code).not.toMatch(/\.$/);
    expect(row.cause, code).toMatch(/[.…?]$/);
    expect(row.remedy, code).toMatch(/[.…?]$/);
  }
});

test.each(
  Object.entries(codes).filter(
    ([code, { example }]) => code.startsWith("P01") && !/[…(]/.test(example),
  ),
)("the example of %s is reported with that code", (code, { example }) => {
  const text = example.startsWith("then ") ? `if a ${example}` : example;
  expect(parse({ file, text }).diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
});

test("a diagnostic takes its severity from the table, and a code that is not there is our bug", () => {
  const span = { file, start: 0, end: 1 };
  expect(makeDiagnostic("P0101", span, "m", { help: "h" })).toEqual({
    code: "P0101",
    severity: "error",
    message: "m",
    span,
    help: "h",
  });
  expect(() => codeRow("P0000")).toThrow(/P0000/);
});

test.each([
  ["", 0, 1, 1],
  ["ab", 1, 1, 2],
  ["a\nb", 2, 2, 1],
  ["a\r\nb", 3, 2, 1],
  ["a\rb", 2, 2, 1],
  ["a\n\nb", 3, 3, 1],
  ["😀b", 2, 1, 3],
  ["ab", 99, 1, 3],
])("in %j offset %i is line %i, column %i", (text, offset, line, column) => {
  expect(lineAndColumn(text, offset)).toEqual({ line, column });
});

test("a line is found by any offset in it", () => {
  const text = "one\r\ntwo\rthree\n";
  for (const line of ["one", "two", "three"]) {
    const start = text.indexOf(line);
    for (let at = start; at <= start + line.length; at += 1) {
      expect(lineAt(text, at)).toEqual({ start, text: line });
    }
  }
});

test("the JSON of a diagnostic counts lines and columns from 1 and leaves out what is not there", () => {
  const sources = new Map([[file, "a\nbcd"]]);
  const span = { file, start: 3, end: 5 };
  const range = { start: { line: 2, column: 2 }, end: { line: 2, column: 4 } };
  const diagnostic = makeDiagnostic("P0101", span, "m", {
    help: "h",
    fix: { title: "t", edits: [{ span, text: "x" }] },
    related: [{ span, text: "r" }],
  });
  expect(toJson(diagnostic, sources)).toEqual({
    code: "P0101",
    severity: "error",
    message: "m",
    file,
    range,
    help: "h",
    related: [{ file, range, text: "r" }],
    fix: { title: "t", edits: [{ file, range, text: "x" }] },
  });
  expect(Object.keys(toJson(makeDiagnostic("P0101", span, "m"), sources))).toEqual([
    "code",
    "severity",
    "message",
    "file",
    "range",
  ]);
});

test.each([
  ["classfy", "classify"],
  ["clasisfy", "classify"],
  ["Classify", "classify"],
  ["local_gpu", "local-gpu"],
  ["locl-gpu", "local-gpu"],
  ["cht", "chat"],
  ["zebra", null],
  ["x", null],
  ["chat", null],
  ["c".repeat(10_000), null],
])("%s was meant to be %s", (word, meant) => {
  expect(
    didYouMean(
      word,
      ["chat", "classify", "local-gpu"].filter((each) => each !== word),
    ),
  ).toBe(meant);
});

test("a distance is symmetric, zero for the same word only, and one for one slip", () => {
  const word = fc.string({ minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(word, word, fc.nat(), (a, b, at) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      const index = at % (a.length - 1);
      const dropped = a.slice(0, index) + a.slice(index + 1);
      const swapped =
        a.slice(0, index) + a.charAt(index + 1) + a.charAt(index) + a.slice(index + 2);
      expect(editDistance(a, dropped)).toBe(1);
      expect(editDistance(a, swapped)).toBeLessThanOrEqual(1);
    }),
  );
});

test("a fix is applied in the order of the text, whatever the order of its edits", () => {
  const edit = (start: number, end: number, text: string) => ({ span: { file, start, end }, text });
  expect(
    applyFix("abc", { title: "", edits: [edit(2, 3, "Z"), edit(0, 0, "X"), edit(0, 1, "Y")] }),
  ).toBe("XYbZ");
  expect(() => applyFix("abc", { title: "", edits: [edit(0, 2, ""), edit(1, 3, "")] })).toThrow(
    /overlap/,
  );
  expect(() => applyFix("abc", { title: "", edits: [edit(2, 4, "")] })).toThrow(/inside/);
});

test("very long names and texts are cut in whatever a diagnostic says", () => {
  const name = "a".repeat(5_000);
  const span = { file, start: 0, end: 5_000 };
  const long = `\`${"a ".repeat(5_000)}\``;
  const found = makeDiagnostic("P0201", span, `\`${name}\` is not known`, {
    label: name,
    help: `write ${long}`,
    related: [{ span, text: long }],
    fix: { title: long, edits: [{ span, text: name }] },
  });
  const cut = `${"a".repeat(119)}…`;
  expect(found.message).toBe(`\`${cut}\` is not known`);
  expect(found.label).toBe(cut);
  for (const text of [found.help, found.related?.[0]?.text, found.fix?.title]) {
    expect(text?.length).toBeLessThan(810);
    expect(text).toMatch(/^[^`]*`[^`]*…`$/);
  }
  expect(found.fix?.edits[0]?.text).toBe(name);
  expect(makeDiagnostic("P0201", span, `${"a".repeat(118)}😀😀`).message).toBe(
    `${"a".repeat(118)}…`,
  );
});
