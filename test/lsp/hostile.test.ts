import { afterAll, beforeAll, expect, test } from "vitest";
import { type LspClient, startLspClient } from "../support/lsp-client.ts";

const configuration = `providers: { home: { kind: ollama } }
targets:
  small: { provider: home, model: small, region: eu }
`;

let client: LspClient;
beforeAll(async () => {
  client = await startLspClient({
    files: {
      "signalbox.yaml": configuration,
      "a.policy": 'use "b.policy"\n',
      "b.policy": 'use "a.policy"\n',
      "huge.policy": "# huge\n".repeat(1_500_000),
    },
  });
  // What starting costs is not what a hostile text costs.
  client.open("first.policy", "otherwise small");
  await client.diagnostics("first.policy");
});
afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

const megabyte = 1_000_000;

const own = "hostile.policy";

const hostile: readonly (readonly [what: string, text: string, code: RegExp, file: string])[] = [
  ["ten megabytes", "if stream then small\n".repeat((10 * megabyte) / 21), /P0109/, own],
  [
    "a hundred thousand parentheses",
    `if ${"(".repeat(100_000)}stream${")".repeat(100_000)} then small`,
    /P0108/,
    own,
  ],
  ["a hundred thousand brackets", `if team in ${"[".repeat(100_000)}`, /P0108/, own],
  ["a token of a megabyte", `otherwise ${"x".repeat(megabyte)}`, /P0202/, own],
  ["a text of a megabyte without its end", `rule "${"x".repeat(megabyte)}`, /P01/, own],
  [
    "a number of a megabyte",
    `if tokens < ${"9".repeat(megabyte)} then small otherwise small`,
    /P0/,
    own,
  ],
  ["a megabyte of nots", `if ${"not ".repeat(megabyte / 4)} stream then small`, /P0108/, own],
  [
    "a megabyte of broken statements",
    "if tokens < then small\n".repeat(megabyte / 23),
    /P0129/,
    own,
  ],
  ["a megabyte of emoji", "🙂".repeat(megabyte / 2), /P01/, own],
  ["a megabyte of slashes", "/".repeat(megabyte), /P0/, own],
  ["a library of ten megabytes", 'use "huge.policy"\notherwise small', /P0109/, "huge.policy"],
  ["a circle of libraries", 'use "a.policy"\notherwise small', /P0213/, "b.policy"],
  ["itself as its library", 'use "hostile.policy"\notherwise small', /P0213/, own],
];

test.each(hostile)(
  "%s end in a finding within two seconds, and the server goes on",
  async (_, text, code, file) => {
    const start = performance.now();
    client.open(own, text);
    await client.diagnostics(file, (all) => all.some((each) => code.test(String(each.code))));
    expect(performance.now() - start).toBeLessThan(2_000);
    for (const method of ["documentSymbol", "foldingRange", "semanticTokens/full"]) {
      await client.ask(`textDocument/${method}`, own);
    }
    const position = { line: 0, character: 8 };
    await client.ask("textDocument/completion", own, { position });
    await client.ask("textDocument/hover", own, { position });
    client.close(own);
    client.change("first.policy", "otherwise smal");
    expect((await client.diagnostics("first.policy")).map((each) => each.code)).toEqual(["P0202"]);
    expect(performance.now() - start).toBeLessThan(4_000);
  },
);

test("a pattern that would backtrack for ever is looked at in no time", async () => {
  const pattern = `/${"(a+)+".repeat(200)}$/`;
  const start = performance.now();
  client.open(
    "pattern.policy",
    `intent x matches ${pattern}\nif prompt matches ${pattern} then small otherwise small`,
  );
  await client.diagnostics("pattern.policy");
  expect(performance.now() - start).toBeLessThan(2_000);
  client.close("pattern.policy");
});

test("lets that double with each step are found too large, and the analysis holds nobody up", async () => {
  const lets = Array.from({ length: 30 }, (_, at) => `let a${at + 1} = a${at} or a${at}`);
  client.open(
    "lets.policy",
    `let a0 = tokens < 5\n${lets.join("\n")}\nif a30 then small otherwise small`,
  );
  const found = await client.diagnostics("lets.policy");
  expect(found.map(({ code }) => code)).toContain("P0316");
  client.close("lets.policy");
});

test("messages that make no sense are answered as errors, and the server goes on", async () => {
  await expect(client.ask("textDocument/nonsense", "first.policy")).rejects.toThrow();
  const position = { line: 1e9, character: -5 };
  expect(await client.ask("textDocument/hover", "first.policy", { position })).toBeNull();
  expect(await client.ask("textDocument/hover", "gone.policy", { position })).toBeNull();
  client.edit(
    "first.policy",
    { start: { line: 9, character: 9 }, end: { line: 2, character: 0 } },
    "x",
  );
  await client.diagnostics("first.policy");
});

test("a client that refuses every request is served all the same", async () => {
  const other = await startLspClient({ refuses: true });
  other.open("a.policy", "if stream then requested");
  await other.diagnostics("a.policy", (all) => all.length > 0);
  other.changedOnDisk("a.policy");
  other.change("a.policy", "if stream then requested otherwise reject");
  expect(await other.diagnostics("a.policy")).toEqual([]);
  expect(await other.stop()).toBe(0);
});
