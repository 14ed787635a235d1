import { expect, test } from "vitest";
import { checkText, marked } from "../../support/checking.ts";

test("a file without rules is a library", () => {
  const { kind, policy, diagnostics } = checkText("let short = tokens < 200 pool p = claude, gpt");
  expect({ kind, policy, diagnostics }).toEqual({ kind: "library", policy: null, diagnostics: [] });
});

test("a library's lets are checked even when nothing uses them, for the place they fit", () => {
  const { diagnostics } = checkText(
    "let a = tokns < 5 let b = region is eu let c = supports(tols)",
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0201", "P0215"]);
});

test("names of libraries, and of libraries of libraries, are the policy's own", () => {
  const { policy, diagnostics, sources } = checkText(
    'use "a.policy" use "b.policy" if short then any of p otherwise claude',
    {
      "a.policy": 'use "b.policy" pool p = q, gpt',
      "b.policy": "let short = tokens < 200 pool q = claude",
    },
  );
  expect(diagnostics).toEqual([]);
  expect(policy?.targets).toEqual(["claude", "gpt"]);
  expect(policy?.files).toEqual(["test.policy", "b.policy", "a.policy"]);
  expect([...sources.keys()]).toEqual(["test.policy", "a.policy", "b.policy"]);
});

const broken: readonly {
  readonly what: string;
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly findings: readonly string[];
}[] = [
  {
    what: "a missing file",
    text: 'use "gone.policy" if short then gpt otherwise claude',
    files: {},
    findings: ['test.policy P0212 "gone.policy"'],
  },
  {
    what: "a file that uses itself",
    text: 'use "test.policy" otherwise claude',
    files: { "test.policy": "" },
    findings: ['test.policy P0213 "test.policy"'],
  },
  {
    what: "a circle of libraries",
    text: 'use "a.policy" otherwise claude',
    files: { "a.policy": 'use "b.policy"', "b.policy": 'use "a.policy"' },
    findings: ['b.policy P0213 "a.policy"'],
  },
  {
    what: "a file with rules",
    text: 'use "a.policy" otherwise claude',
    files: { "a.policy": "otherwise gpt" },
    findings: ['test.policy P0214 "a.policy"'],
  },
  {
    what: "a name defined here and there",
    text: 'use "a.policy" let short = stream if short then gpt otherwise claude',
    files: { "a.policy": "let short = tokens < 5" },
    findings: ["test.policy P0204 short"],
  },
  {
    what: "a mistake in the library's own text",
    text: 'use "a.policy" if short then gpt otherwise claude',
    files: { "a.policy": "let short = tokns < 5" },
    findings: ["a.policy P0201 tokns"],
  },
];

test.each(broken)("$what is reported where it stands", ({ text, files, findings }) => {
  const checked = checkText(text, files);
  expect(checked.policy).toBeNull();
  expect(checked.diagnostics.map((each) => `${each.span.file} ${marked(checked, each)}`)).toEqual(
    findings,
  );
});

test("a circle is spelled out", () => {
  const { diagnostics } = checkText('use "a.policy" otherwise claude', {
    "a.policy": 'use "b.policy"',
    "b.policy": 'use "a.policy"',
  });
  expect(diagnostics[0]?.label).toBe("a.policy → b.policy → a.policy");
});

test("a library that does not parse hides no other mistake, and blames no name it may define", () => {
  const { diagnostics } = checkText(
    'use "a.policy" if short and tokens < $1 then gpt otherwise claude',
    {
      "a.policy": "let short = ",
    },
  );
  expect(diagnostics.map(({ span, code }) => `${span.file} ${code.slice(0, 3)}`)).toEqual([
    "test.policy P03",
    "a.policy P01",
  ]);
});

test("an endless chain of libraries is refused", () => {
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`l${index}.policy`, `use "l${index + 1}.policy"`]),
  );
  const { diagnostics } = checkText('use "l0.policy" otherwise claude', files);
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0213"]);
});

const beside: readonly (readonly [text: string, findings: readonly string[]])[] = [
  [
    "if tokens < 200 thne gpt\nif tokns < 5 then cluade\notherwise gpt",
    ["P0103 thne", "P0201 tokns", "P0202 cluade"],
  ],
  ["let short = tokens <\nif short then gpt\nif strem then gpt\notherwise gpt", ["P0201 strem"]],
  ['use "gone.policy" x\nif short then gpt\nif tokens < $1 then gpt\notherwise gpt', ["P0301 $1"]],
  ["if stream then gpt\notherwise gpt with", []],
];

test.each(beside)("one bad statement does not hide another's mistakes: %j", (text, findings) => {
  const checked = checkText(text);
  expect(checked.policy).toBeNull();
  const marks = checked.diagnostics.map((each) => marked(checked, each));
  expect(marks).toEqual(expect.arrayContaining([...findings]));
  expect(marks.filter((mark) => !mark.startsWith("P01"))).toEqual(
    findings.filter((mark) => !mark.startsWith("P01")),
  );
  expect(marks.some((mark) => mark.startsWith("P01"))).toBe(true);
});

test("a file beyond the size limit gets one error", () => {
  const { diagnostics } = checkText(
    `if tokns < 5 then gpt otherwise gpt\n${" ".repeat(2_200_000)}`,
  );
  expect(diagnostics.map(({ code }) => code)).toEqual(["P0109"]);
});

test("of each file a hundred errors are reported, and how many more there are", () => {
  const { diagnostics, policy } = checkText(
    `use "a.policy" ${"if tokns < 5 then claude ".repeat(130)} otherwise claude`,
    { "a.policy": Array.from({ length: 101 }, (_, at) => `let a${at} = tokns < 5`).join("\n") },
  );
  expect(policy).toBeNull();
  for (const [file, more] of [
    ["test.policy", "30 more errors are not reported"],
    ["a.policy", "1 more error is not reported"],
  ]) {
    const found = diagnostics.filter(({ span }) => span.file === file);
    expect(found.map(({ code }) => code)).toEqual([...Array(100).fill("P0201"), "P0129"]);
    expect(found.at(-1)?.message).toBe(more);
  }
});

test("of a hundred and two warnings a hundred are reported, and the policy stands", () => {
  const { diagnostics, policy } = checkText(
    `${"if team is null then claude ".repeat(102)} otherwise claude`,
  );
  expect(policy).not.toBeNull();
  expect(diagnostics).toHaveLength(101);
  expect(diagnostics.at(-1)).toMatchObject({
    code: "P0416",
    severity: "info",
    message: "2 more warnings and notes are not reported",
  });
});
