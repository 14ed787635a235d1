import { afterAll, beforeAll, expect, test } from "vitest";
import type {
  CodeAction,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  SemanticTokens,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";
import { formatSource } from "../../src/language/service/format.ts";
import { atCursor, type LspClient, startLspClient } from "../support/lsp-client.ts";

const configuration = `providers: { home: { kind: ollama } }
targets:
  small: { provider: home, model: small, region: eu }
  large: { provider: home, model: large, region: us }
facts:
  grade: { from: key.grade, values: [free, pro] }
`;
const library = "let short = tokens < 200\npool both = small, large\n";

let client: LspClient;
beforeAll(async () => {
  client = await startLspClient({
    files: {
      "signalbox.yaml": configuration,
      "lib.policy": library,
      "user.policy": 'use "lib.policy"\nif short then small\notherwise large\n',
    },
  });
});
afterAll(async () => {
  expect(await client.stop()).toBe(0);
});

/** Opens a text with a `|` in it; the answer of a request at that place. */
async function askAt<Result>(
  method: string,
  file: string,
  marked: string,
  params = {},
): Promise<Result> {
  const { text, position } = atCursor(marked);
  client.open(file, text);
  const answer = await client.ask<Result>(`textDocument/${method}`, file, { position, ...params });
  client.close(file);
  return answer;
}

test("the server says what it can do", () => {
  const { capabilities, serverInfo } = client.initialized;
  expect(serverInfo?.name).toBe("signalbox");
  expect(capabilities).toMatchObject({
    hoverProvider: true,
    definitionProvider: true,
    referencesProvider: true,
    renameProvider: { prepareProvider: true },
    documentFormattingProvider: true,
    inlayHintProvider: true,
  });
});

test("a mistake is shown with its code, a link to its page, what it rests on and what helps", async () => {
  client.open(
    "a.policy",
    'use "lib.policy"\nlet short = stream\nif short and grade is fre then small\notherwise large',
  );
  const found = await client.diagnostics("a.policy");
  expect(found).toEqual([
    expect.objectContaining({
      code: "P0204",
      severity: 1,
      source: "signalbox",
      codeDescription: { href: expect.stringMatching(/^file:.*grammar\/README\.md#p0204$/) },
      range: { start: { line: 1, character: 4 }, end: { line: 1, character: 9 } },
      relatedInformation: [
        {
          location: {
            uri: client.uri("lib.policy"),
            range: { start: { line: 0, character: 4 }, end: { line: 0, character: 9 } },
          },
          message: "first definition",
        },
      ],
    }),
    expect.objectContaining({
      code: "P0203",
      message: "`fre` is not a known grade\nnot one of: free, pro\nhelp: did you mean `free`?",
    }),
  ]);
  client.close("a.policy");
});

test("positions count UTF-16 units, over CRLF and emoji", async () => {
  client.open("a.policy", '# 🙂\r\nrule "🙂🙂": if grade is fre then small\r\notherwise large');
  const [found] = await client.diagnostics("a.policy");
  const line = 'rule "🙂🙂": if grade is ';
  expect(found?.range).toEqual({
    start: { line: 1, character: line.length },
    end: { line: 1, character: line.length + 3 },
  });
  client.close("a.policy");
});

test("findings follow what is typed, and go when the mistake goes", async () => {
  client.open("a.policy", "otherwise large");
  expect(await client.diagnostics("a.policy")).toEqual([]);
  const at = { line: 0, character: 0 };
  client.edit("a.policy", { start: at, end: at }, "if grade is fre then small\n");
  expect((await client.diagnostics("a.policy")).map(({ code }) => code)).toEqual(["P0203"]);
  const end = { line: 0, character: 15 };
  client.edit("a.policy", { start: end, end }, "e");
  expect(await client.diagnostics("a.policy")).toEqual([]);
  client.edit("a.policy", { start: end, end }, "e");
  expect(await client.diagnostics("a.policy")).toHaveLength(1);
  client.close("a.policy");
  expect(await client.diagnostics("a.policy")).toEqual([]);
});

test("a broken statement is marked and the sound rest is served", async () => {
  const text =
    "let quick = tokens < 5\nif grade is then small\nif quick and grade is fre then small\notherwise large";
  client.open("a.policy", text);
  const found = await client.diagnostics("a.policy");
  expect(found.map(({ code, range }) => [code, range.start.line])).toEqual([
    [expect.stringMatching(/^P01/), 1],
    ["P0203", 2],
  ]);
  const hover = await client.ask<Hover>("textDocument/hover", "a.policy", {
    position: { line: 2, character: 4 },
  });
  expect(hover.contents).toMatchObject({
    value: expect.stringContaining("let quick = tokens < 5"),
  });
  client.close("a.policy");
});

test("what the analysis finds follows when nothing is typed, and hints with it", async () => {
  const text =
    "if tokens < 500 then small\nif tokens < 200 then large\nif tokens < 800 then large\notherwise small";
  client.open("a.policy", text);
  const found = await client.diagnostics("a.policy", (all) => all.length > 0);
  expect(found.map(({ code }) => code)).toContain("P0422");
  const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  const hints = await client.ask<InlayHint[]>("textDocument/inlayHint", "a.policy", { range });
  expect(hints.map(({ label, position }) => [label, position.line])).toEqual([
    ["left: tokens 500..800", 2],
  ]);
  client.close("a.policy");
});

test("a request without an outcome is found by the analysis", async () => {
  client.open("a.policy", "if tokens < 500 then small");
  const [found] = await client.diagnostics("a.policy", (all) => all.length > 0);
  expect(found?.code).toBe("P0401");
  client.close("a.policy");
});

test("an open library stands in for the one on disk, and its users are checked again", async () => {
  client.open("user.policy", 'use "lib.policy"\nif short then small\notherwise large\n');
  expect(await client.diagnostics("user.policy")).toEqual([]);
  client.open("lib.policy", library.replace("short", "brief"));
  const [found] = await client.diagnostics("user.policy", (all) => all.length > 0);
  expect(found?.code).toBe("P0201");
  client.change("lib.policy", library.replace("tokens", "tokns"));
  const inLibrary = await client.diagnostics("lib.policy", (all) => all.length > 0);
  expect(inLibrary.map(({ code }) => code)).toEqual(["P0201"]);
  client.close("lib.policy");
  expect(await client.diagnostics("user.policy", (all) => all.length === 0)).toEqual([]);
  client.close("user.policy");
});

test("a changed configuration is taken up, from its buffer and from disk; a broken one leaves the last good one", async () => {
  client.open("a.policy", "if grade is gold then small\notherwise large");
  expect((await client.diagnostics("a.policy")).map(({ code }) => code)).toEqual(["P0203"]);
  client.open("signalbox.yaml", configuration.replace("free, pro", "gold"), "yaml");
  const before = client.refreshed.colours;
  expect(await client.diagnostics("a.policy", (all) => all.length === 0)).toEqual([]);
  client.change(
    "signalbox.yaml",
    configuration.replace("free, pro", "gold").replace("facts:", "fcats:"),
  );
  const broken = await client.diagnostics("signalbox.yaml", (all) => all.length > 0);
  expect(broken[0]?.code).toBe("C0103");
  expect(await client.diagnostics("a.policy", (all) => all.length === 0)).toEqual([]);
  client.close("signalbox.yaml");
  await client.diagnostics("a.policy", (all) => all.length === 1);
  client.write("signalbox.yaml", configuration.replace("free, pro", "gold, free, pro"));
  client.changedOnDisk("signalbox.yaml");
  expect(await client.diagnostics("a.policy", (all) => all.length === 0)).toEqual([]);
  client.write("signalbox.yaml", configuration);
  client.changedOnDisk("signalbox.yaml");
  await client.diagnostics("a.policy", (all) => all.length === 1);
  expect(client.refreshed.colours).toBe(before + 3);
  client.close("a.policy");
});

test("a text on no disk is checked against the folder's configuration", async () => {
  client.open(
    "untitled:Untitled-1",
    'use "lib.policy"\nif short and grade is fre then small\notherwise large',
  );
  const found = await client.diagnostics("untitled:Untitled-1");
  expect(found.map(({ code }) => code)).toEqual(["P0203"]);
  client.close("untitled:Untitled-1");
});

test("completion offers what fits, with places to fill in", async () => {
  const items = await askAt<CompletionItem[]>(
    "completion",
    "a.policy",
    'use "lib.policy"\nif grade is |',
  );
  expect(items.map(({ label }) => label)).toEqual(["free", "pro", "not", "unknown"]);
  const options = await askAt<CompletionItem[]>(
    "completion",
    "a.policy",
    "otherwise small with time|",
  );
  expect(options.find(({ label }) => label === "timeout")).toMatchObject({
    insertTextFormat: 2,
    textEdit: {
      newText: `timeout \${1:10s}`,
      range: { start: { line: 0, character: 21 }, end: { line: 0, character: 25 } },
    },
  });
  const files = await askAt<CompletionItem[]>("completion", "a.policy", 'use "|"');
  expect(files.map(({ label }) => label)).toEqual(['"./lib.policy"']);
});

test("hovering a target tells its model, region and price", async () => {
  const { contents } = await askAt<Hover>("hover", "a.policy", "otherwise sma|ll");
  expect(contents).toMatchObject({
    kind: "markdown",
    value: expect.stringMatching(/`small`[\s\S]*region: eu[\s\S]*price/),
  });
});

const definitions: readonly (readonly [marked: string, file: string, line: number])[] = [
  ['use "lib.policy"\nif sho|rt then small\notherwise large', "lib.policy", 0],
  ['use "lib.policy"\notherwise any of bo|th', "lib.policy", 1],
  ['use "lib.p|olicy"\notherwise large', "lib.policy", 0],
  ["let a = stream\nif a| then small\notherwise large", "a.policy", 0],
  ["otherwise lar|ge", "signalbox.yaml", 3],
  ["if small.que|ue > 5 then small\notherwise large", "signalbox.yaml", 2],
  ["if gra|de is pro then small\notherwise large", "signalbox.yaml", 5],
];

test.each(definitions)("the definition in %j stands in %s, line %i", async (marked, file, line) => {
  const found = await askAt<Location>("definition", "a.policy", marked);
  expect(found).toMatchObject({ uri: client.uri(file), range: { start: { line } } });
});

test("references are found in files that are not open", async () => {
  const found = await askAt<Location[]>(
    "references",
    "lib.policy",
    library.replace("short", "sh|ort"),
    {
      context: { includeDeclaration: true },
    },
  );
  expect(found.map(({ uri, range }) => [uri, range.start.line])).toEqual([
    [client.uri("lib.policy"), 0],
    [client.uri("user.policy"), 1],
  ]);
});

test("renaming changes every file that means the name, and refuses what it cannot", async () => {
  const marked = library.replace("short", "sh|ort");
  const edit = await askAt<WorkspaceEdit>("rename", "lib.policy", marked, { newName: "brief" });
  expect(Object.keys(edit.changes ?? {}).toSorted()).toEqual([
    client.uri("lib.policy"),
    client.uri("user.policy"),
  ]);
  await expect(askAt("rename", "lib.policy", marked, { newName: "both" })).rejects.toThrow(
    /there is a pool `both` already/,
  );
  await expect(askAt("prepareRename", "a.policy", "otherwise sma|ll")).rejects.toThrow(
    /signalbox\.yaml/,
  );
  expect(await askAt("prepareRename", "a.policy", 'rule "o|ne": if stream then small')).toEqual({
    placeholder: "one",
    range: { start: { line: 0, character: 6 }, end: { line: 0, character: 9 } },
  });
});

test("the outline and the folds of a policy", async () => {
  client.open("a.policy", 'rule "one":\n  if stream then small\n\notherwise large');
  const symbols = await client.ask<DocumentSymbol[]>("textDocument/documentSymbol", "a.policy");
  expect(symbols.map(({ name }) => name)).toEqual(['rule "one"', "otherwise"]);
  client.change("a.policy", 'rule "one":\n  if stream then\n\notherwise large');
  const after = await client.ask<DocumentSymbol[]>("textDocument/documentSymbol", "a.policy");
  expect(after.map(({ name }) => name)).toEqual(['rule "one"', "otherwise"]);
  client.change("a.policy", 'rule "one":\n  if stream then small\n\notherwise large');
  const folds = await client.ask<FoldingRange[]>("textDocument/foldingRange", "a.policy");
  expect(folds).toEqual([{ startLine: 0, endLine: 1 }]);
  client.close("a.policy");
});

test("fixes are offered one by one, and all at once", async () => {
  const text = "if grade is fre then smal\notherwise larg";
  client.open("a.policy", text);
  const whole = { start: { line: 0, character: 0 }, end: { line: 1, character: 14 } };
  const actions = await client.ask<CodeAction[]>("textDocument/codeAction", "a.policy", {
    range: whole,
    context: { diagnostics: [] },
  });
  expect(actions.map(({ title, kind }) => [title, kind])).toEqual([
    ["Replace with `free`", "quickfix"],
    ["Replace with `small`", "quickfix"],
    ["Replace with `large`", "quickfix"],
    ["Apply every fix of this file", "quickfix"],
    ["Apply every fix of this file", "source.fixAll"],
  ]);
  const fixAll = actions.at(-1)?.edit?.changes?.[client.uri("a.policy")] ?? [];
  expect(fixAll.map(({ newText }: TextEdit) => newText)).toEqual(["free", "small", "large"]);
  const onlySource = await client.ask<CodeAction[]>("textDocument/codeAction", "a.policy", {
    range: whole,
    context: { diagnostics: [], only: ["source"] },
  });
  expect(onlySource.map(({ kind }) => kind)).toEqual(["source.fixAll"]);
  client.close("a.policy");
});

test("formatting changes from the first difference to the last, and leaves a text with errors alone", async () => {
  const text = "# kept\nif   stream==true   then small\notherwise large\n";
  client.open("a.policy", text);
  const options = { options: { tabSize: 2, insertSpaces: true } };
  const ask = (): Promise<TextEdit[]> =>
    client.ask<TextEdit[]>("textDocument/formatting", "a.policy", options);
  const [edit, ...others] = await ask();
  expect(others).toEqual([]);
  const document = TextDocument.create("", "policy", 1, text);
  const formatted = TextDocument.applyEdits(document, edit === undefined ? [] : [edit]);
  expect({ ok: true, text: formatted }).toEqual(formatSource({ file: "a.policy", text }));
  expect(edit?.range.start).toEqual({ line: 1, character: 3 });
  client.change("a.policy", formatted);
  expect(await ask()).toEqual([]);
  client.change("a.policy", "if   stream then");
  expect(await ask()).toEqual([]);
  client.close("a.policy");
});

test("colours of the whole file and of a part of it", async () => {
  client.open("a.policy", "if grade is pro then small\notherwise large");
  const all = await client.ask<SemanticTokens>("textDocument/semanticTokens/full", "a.policy");
  expect(all.data.length / 5).toBe(8);
  const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 5 } };
  const part = await client.ask<SemanticTokens>("textDocument/semanticTokens/range", "a.policy", {
    range,
  });
  expect(part.data.slice(0, 3)).toEqual([1, 0, 9]);
  expect(part.data).toHaveLength(5);
  client.close("a.policy");
});

test("a server whose client hangs up ends", async () => {
  const other = await startLspClient();
  other.open("a.policy", "otherwise reject");
  await other.diagnostics("a.policy");
  expect(await other.hangUp()).toBe(1);
});

test("nothing is said of a configuration as if it were a policy", async () => {
  client.open("signalbox.yaml", configuration, "yaml");
  expect(
    await client.ask("textDocument/hover", "signalbox.yaml", {
      position: { line: 0, character: 0 },
    }),
  ).toBeNull();
  client.close("signalbox.yaml");
});
