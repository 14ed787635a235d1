import { describe, expect, test } from "vitest";
import { readCasesText, runCases } from "../support/trials.ts";

const policy = `
never qwen when pii
rule "short": if tokens < 200 and intent is classify then local-gpu fallback gpt with retry 2, tag "x"
rule "dear": if team is research then claude fallback qwen with timeout 10s, max_tokens 100
rule "closed": if team is nobody then reject 451 "no"
otherwise gpt fallback claude
`;

const verdicts = async (text: string): Promise<readonly string[]> =>
  (await runCases(policy, text)).map(({ message }) => message ?? "ok");

describe("a case", () => {
  test.each<[string, string]>([
    [
      "request: { tokens: 40, intent: classify }, expect: { rule: short, targets: [local-gpu, gpt] }",
      "ok",
    ],
    [
      "request: { tokens: 40, intent: classify }, expect: { targets: [local-gpu] }",
      "but the decision is `local-gpu fallback gpt`",
    ],
    ["request: { tokens: 40, intent: classify }, expect: local-gpu", "ok"],
    ['request: { tokens: 8k }, expect: ["gpt fallback claude", rule otherwise]', "ok"],
    ["request: { team: nobody }, expect: { status: 451, rule: closed }", "ok"],
    [
      "request: { team: nobody }, expect: { status: 403 }",
      "expected `reject 403`, but the decision is `reject 451`",
    ],
    ["request: { team: research }, expect: { attempts: 4, time: <= 3m }", "ok"],
    [
      "request: { team: research }, expect: { attempts: < 4 }",
      "expected `attempts < 4`, but attempts can be 4",
    ],
    ["request: { tokens: 1k }, expect: { cost: $0.1 }", "ok"],
    ["request: { tokens: 1k }, expect: { cost: < $0.01 }", "but cost can be $0.09"],
    ["request: { team: research }, expect: { options: timeout 10s }", "ok"],
    ["request: { team: research }, expect: { options: [timeout 10s, max_tokens 100] }", "ok"],
    [
      "request: { team: research }, expect: { options: 'timeout 10s, max_tokens 200' }",
      "but the plan's `max-tokens` is 100",
    ],
    [
      "request: { team: research }, expect: { every: target.region is us, never: [gpt, target.local] }",
      "ok",
    ],
    ["request: { team: research }, expect: { never: qwen }", "but it is true of `qwen`"],
    ["request: { team: research, pii: true }, expect: { guard: true, targets: claude }", "ok"],
    ["request: { team: research, pii: null }, expect: { guard: never qwen }", "ok"],
    ["request: { team: research }, expect: { guard: false }", "ok"],
    ["request: { team: research }, expect: { guard: true }", "but no guard had anything to do"],
    ['chat: "Classify this review as positive or negative: cold soup.", expect: local-gpu', "ok"],
    ['request: { intent: chat }, chat: "Classify this review", expect: gpt', "ok"],
    [
      "body: { messages: [{ role: user, content: 'my mail is anna@example.org' }] }, request: { team: research }, expect: guard",
      "ok",
    ],
  ])("%s", async (text, expected) => {
    const [verdict] = await verdicts(`- { ${text} }`);
    if (expected === "ok") expect(verdict).toBe("ok");
    else expect(verdict).toContain(expected);
  });

  test("has a name or its number, and the line it stands in", async () => {
    const results = await runCases(
      policy,
      "# two\n- expect: gpt\n- name: the second\n  expect: claude\n",
    );
    expect(results).toMatchObject([
      { file: "test.cases.yaml", line: 2, name: "case 1", row: 1, ok: true },
      { line: 3, name: "the second", row: 1, ok: false },
    ]);
  });

  test("what a body says by its silence counts, and what it knows nothing of is empty", async () => {
    const text = `if max_tokens is unknown and model is "" and user is not unknown and messages = 1 and turns = 1
      then gpt else claude`;
    const body = "{ messages: [{ role: user, content: hello }] }";
    expect(await runCases(text, `- { body: ${body}, expect: gpt }`)).toMatchObject([{ ok: true }]);
  });
});

test("a table has a row for each request, and expectations as the language writes them", async () => {
  const results = await runCases(
    policy,
    `- name: lengths
  request: { team: search }
  table: [tokens, intent, expect]
  rows:
    - [199, classify, local-gpu]
    - [200, classify, gpt fallback claude]
    - [199, null, 'gpt, rule otherwise']
    - [199, chat, local-gpu]
`,
  );
  expect(results.map(({ name, row, line, ok }) => [name, row, line, ok])).toEqual([
    ["lengths", 1, 5, true],
    ["lengths", 2, 6, true],
    ["lengths", 3, 7, true],
    ["lengths", 4, 8, false],
  ]);
});

describe("what is wrong in a file of cases is reported where it stands", () => {
  test.each<[string, string]>([
    ["- expct: gpt", "C0103 `expct`"],
    ["- expect: gpt\n  requst: {}", "C0103 `requst`"],
    ["- request: { tokns: 5 }\n  expect: gpt", "P0201 `tokns`"],
    ["- request: { tokens: many }\n  expect: gpt", "P0301 `many`"],
    ["- request: { intent: classfy }\n  expect: gpt", "P0203 `classfy`"],
    ["- request: { intent: [chat] }\n  expect: gpt", "P0203 `[chat]`"],
    ["- request: { claude.queu: 5 }\n  expect: gpt", "P0201 `claude.queu`"],
    ["- request: [tokens]\n  expect: gpt", "C0102 `[tokens]`"],
    ["- request: {}", "C0105 `r`"],
    ["- expect: gtp", "P0202 `gtp`"],
    ['- expect: "claude fallback gtp"', "P0202 `gtp`"],
    ["- expect: { targets: [claude, gtp] }", "P0202 `gtp`"],
    ["- expect: { rule: shrt }", "P0224 `shrt`"],
    ["- expect: { rul: short }", "C0103 `rul`"],
    ["- expect: {}", "C0106 `{}`"],
    ["- expect: { cost: < 5 }", "P0301 `5`"],
    ["- expect: { cost: cheap }", "P0201 `cheap`"],
    ["- expect: { never: region is eu, gpt }", "C0103 `gpt`"],
    ["- expect: { every: claude }", "C0106 `claude`"],
    ["- expect: { options: tiemout 10s }", "P0208 `tiemout`"],
    ["- expect: { options: gpt }", "C0106 `gpt`"],
    ["- expect: { status: none }", "P0104 `none`"],
    ["- expect: { guard: [true, }", "C0101"],
    ['- expect: "gpt test \\"x\\" expect gpt"', "C0106"],
    ['- expect: "gpt also if stream with tps 5"', "C0106"],
    ["- table: [tokens]\n  rows: [[5]]", "C0105 `table`"],
    ["- table: [tokns, expect]\n  rows: [[5, gpt]]", "P0201 `tokns`"],
    ["- table: [tokens, tokens, expect]\n  rows: []", "C0104 `tokens`"],
    ["- table: [tokens, expect]\n  rows: [[5]]", "C0106 `[5]`"],
    ["- table: [tokens, expect]\n  rows: [[x, gpt]]", "P0301 `x`"],
    ["- table: [tokens, expect]\n  rows: [[5, gtp]]", "P0202 `gtp`"],
    ["- rows: []", "C0105 `r`"],
    ["- chat: a\n  body: {}\n  expect: gpt", "C0104 `body`"],
    ["- body: { messages: 5 }\n  expect: gpt", "C0106"],
    ["- gpt", "C0102 `gpt`"],
    ["gpt: 5", "C0102 `gpt: 5`"],
  ])("%s", (text, wanted) => {
    const { diagnostics, trials } = readCasesText(policy, text);
    expect(trials.filter(({ file }) => file === "test.cases.yaml")).toEqual([]);
    const found = diagnostics.map(({ code, span }) => {
      expect(span.file).toBe("test.cases.yaml");
      return `${code} \`${text.slice(span.start, span.end)}\``;
    });
    expect(
      found.some((each) => each.startsWith(wanted)),
      found.join(),
    ).toBe(true);
  });

  test("with a fix where one is clear", () => {
    const text = "- expect: { targets: [claude, gtp] }";
    const [found] = readCasesText(policy, text).diagnostics;
    expect(found?.fix?.edits).toEqual([
      { span: { file: "test.cases.yaml", start: 30, end: 33 }, text: "gpt" },
    ]);
  });

  test("all of it at once", () => {
    const text = "- expect: gtp\n- expect: cluade\n- request: { tokns: 5 }\n  expect: qwne\n";
    expect(readCasesText(policy, text).diagnostics.map(({ code }) => code)).toEqual([
      ...["P0202", "P0202", "P0201", "P0202"],
    ]);
  });
});

test.each(["", "# nothing yet\n", "[]"])("a file that holds no case has none: %j", (text) => {
  expect(readCasesText(policy, text)).toMatchObject({ trials: [], diagnostics: [] });
});

test("expectations that are too many to be read with their policy are refused, not left out", () => {
  const rows = Array.from({ length: 7_000 }, (_, at) => {
    const also = Array.from({ length: 9 }, (_each, more) => `time<${at + more}s`).join(",");
    return `[1, "gpt,${also}"],`;
  });
  const { diagnostics } = readCasesText(
    policy,
    `- table: [tokens, expect]\n  rows: [${rows.join("")}]`,
  );
  expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
    expect.stringMatching(
      /^C0106 the expectations of this file cannot be read: a policy has at most /,
    ),
  ]);
});

test("cases are bounded", () => {
  const row = "[1, gpt],";
  const text = `- table: [tokens, expect]\n  rows: [${row.repeat(10_001)}]`;
  const { diagnostics } = readCasesText(policy, text);
  expect(diagnostics.map(({ code }) => code)).toEqual(["C0108"]);
});
