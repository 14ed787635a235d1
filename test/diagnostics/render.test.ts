import fc from "fast-check";
import { expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { render, renderLine } from "../../src/diagnostics/render.ts";

const file = "support.policy";

function at(text: string, marked: string, extras: Partial<Diagnostic> = {}): string[] {
  const start = text.indexOf(marked);
  const span = { file, start, end: start + marked.length };
  const diagnostic: Diagnostic = {
    code: "P0203",
    severity: "error",
    message: "m",
    span,
    ...extras,
  };
  return render(diagnostic, new Map([[file, text]]), { color: false }).split("\n");
}

test("a diagnostic is code, message, place, line, carets with label, and help with its fix", () => {
  const text = `${"\n".repeat(7)}  if tokens < 200 and intent is classfy then local-gpu\n`;
  expect(
    at(text, "classfy", {
      message: "`classfy` is not a known intent",
      label: "not one of: classify, chat, code",
      help: "did you mean `classify`?",
      fix: { title: "replace it", edits: [] },
    }).join("\n"),
  ).toBe(
    `error[P0203]: \`classfy\` is not a known intent
  --> support.policy:8:33
   |
 8 |   if tokens < 200 and intent is classfy then local-gpu
   |                                 ^^^^^^^ not one of: classify, chat, code
   |
help: did you mean \`classify\`?                                            (fix available)`,
  );
});

test("a fix without help is announced by its title, help without a fix stands alone", () => {
  expect(at("a b", "b", { fix: { title: "take it out", edits: [] } }).at(-1)).toMatch(
    /^help: take it out {2,}\(fix available\)$/,
  );
  expect(at("a b", "b", { help: "take it out" }).at(-1)).toBe("help: take it out");
  const help = "write `in a..b` (which includes a and ends before b) or whatever else was meant";
  expect(at("a b", "b", { help, fix: { title: "do", edits: [] } }).at(-1)).toBe(
    `help: ${help}  (fix available)`,
  );
  expect(at("a b", "b")).toHaveLength(5);
});

test("as one line it has the code, the place, the message, the help and whether there is a fix", () => {
  const span = { file, start: 2, end: 3 };
  const note: Diagnostic = { code: "P0406", severity: "info", message: "m", span, help: "h" };
  const sources = new Map([[file, "a b"]]);
  expect(renderLine(note, sources, { color: false })).toBe("info[P0406]: support.policy:1:3: m; h");
  const fix = { title: "t", edits: [] };
  expect(renderLine({ ...note, fix }, sources, { color: true })).toBe(
    "\u001b[1;36minfo[P0406]\u001b[0m: support.policy:1:3: m; h  (fix available)",
  );
});

test("related places follow with lines of their own, and the gutter fits the longest line number", () => {
  const text = `first${"\n".repeat(11)}second`;
  const related = [{ span: { file, start: 0, end: 5 }, text: "defined here" }];
  expect(at(text, "second", { related })).toEqual([
    "error[P0203]: m",
    "  --> support.policy:12:1",
    "   |",
    "12 | second",
    "   | ^^^^^^",
    "  ::: support.policy:1:1",
    "   |",
    " 1 | first",
    "   | ----- defined here",
  ]);
});

test.each([
  ["\tif x", "if", "    if x", "    ^^"],
  ["a\tif x", "if", "a   if x", "    ^^"],
  ["“你好” if", "if", "“你好” if", "       ^^"],
  ["“你好” if", "你好", "“你好” if", " ^^^^"],
  ["e\u0301 if", "if", "e\u0301 if", "  ^^"],
  ["😀 if", "if", "😀 if", "   ^^"],
  ["a\u0007\u001b[31m if", "if", "a\ufffd\ufffd[31m if", "        ^^"],
  ["a\r\nif b\r\n", "if", "if b", "^^"],
  ["a\u202eb if", "if", "a\ufffdb if", "    ^^"],
  ["one [\ntwo]", "[\ntwo]", "one [", "    ^"],
  ["👩‍👩‍👧 if", "if", "👩‍👩‍👧 if", "   ^^"],
  ["👍🏽 if", "👍🏽", "👍🏽 if", "^^"],
  ["❤️ if", "if", "❤️ if", "   ^^"],
  ["한국 if", "if", "한국 if", "     ^^"],
  ["\t你\tif", "if", "    你  if", "        ^^"],
])("%j is shown with the carets under %j", (text, marked, line, carets) => {
  const lines = at(text, marked);
  expect(lines[3]?.replace(/^ \d \| /, "")).toBe(line);
  expect(lines[4]?.replace(/^ {3}\| /, "")).toBe(carets);
});

test("a span of several lines is marked on each of them, and its label stands behind the last", () => {
  const text = "rule:\n  if a\n    and b\n\n  then c\n";
  expect(at(text, "if a\n    and b", { label: "here" })).toEqual([
    "error[P0203]: m",
    "  --> support.policy:2:3",
    "   |",
    " 2 |   if a",
    "   |   ^^^^",
    " 3 |     and b",
    "   |     ^^^^^ here",
  ]);
});

test("of a span of many lines the first two and the last are shown", () => {
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`);
  const shown = at(lines.join("\r\n"), lines.slice(1, 11).join("\r\n"), { label: "all of it" });
  expect(shown.slice(3)).toEqual([
    " 2 | line 2",
    "   | ^^^^^^",
    " 3 | line 3",
    "   | ^^^^^^",
    "...",
    "11 | line 11",
    "   | ^^^^^^^ all of it",
  ]);
});

test("a very long line is cut round the place", () => {
  for (const before of [10, 100, 100_000]) {
    const text = `${"a".repeat(before)} here ${"b".repeat(100_000)}`;
    const lines = at(text, "here");
    const [line, carets] = [lines[3] ?? "", lines[4] ?? ""];
    expect(line.length).toBeLessThan(140);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("here");
    expect(line.endsWith("…")).toBe(true);
    expect(line.includes("| …")).toBe(before > 10);
  }
});

test("colours are only added, never text", () => {
  const diagnostic: Diagnostic = {
    code: "P0203",
    severity: "warning",
    message: "m",
    span: { file, start: 0, end: 1 },
    label: "l",
    help: "h",
  };
  const sources = new Map([[file, "a b"]]);
  const colored = render(diagnostic, sources, { color: true });
  expect(colored).toContain("\u001b[1;33m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of
  expect(colored.replaceAll(/\u001b\[[\d;]*m/g, "")).toBe(
    render(diagnostic, sources, { color: false }),
  );
});

test("a place in a file that is not at hand is shown without its line", () => {
  const diagnostic: Diagnostic = {
    code: "P0203",
    severity: "info",
    message: "m",
    span: { file: "gone", start: 5, end: 6 },
    label: "l",
  };
  expect(render(diagnostic, new Map(), { color: false })).toBe(
    "info[P0203]: m\n  --> gone:1:1\n   l",
  );
});

test("any text and any span render, with a caret and without control characters", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.nat(),
      fc.nat(50),
      (text, from, length) => {
        const start = from % (text.length + 1);
        const end = Math.min(text.length, start + length);
        const diagnostic: Diagnostic = {
          code: "P0203",
          severity: "error",
          message: text,
          span: { file, start, end },
          label: text,
        };
        const shown = render(diagnostic, new Map([[file, text]]), { color: false });
        expect(shown).toContain("^");
        expect(shown.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      },
    ),
  );
});
