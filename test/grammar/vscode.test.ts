import { readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { strFromU8, unzipSync } from "fflate";
import { beforeAll, expect, test } from "vitest";
import { reservedWords } from "../../grammar/tokens.ts";
import { packExtension } from "../../scripts/package-extension.ts";

let files: Record<string, string>;
let manifest: {
  readonly name: string;
  readonly version: string;
  readonly publisher: string;
  readonly main: string;
  readonly engines: { readonly vscode: string };
  readonly contributes: {
    readonly languages: readonly {
      readonly id: string;
      readonly extensions: readonly string[];
      readonly configuration: string;
    }[];
    readonly grammars: readonly {
      readonly language: string;
      readonly scopeName: string;
      readonly path: string;
    }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly type: string }>>;
    };
  };
};
beforeAll(async () => {
  const unzipped = unzipSync(await packExtension());
  files = Object.fromEntries(
    Object.entries(unzipped).map(([path, bytes]) => [path, strFromU8(bytes)]),
  );
  manifest = JSON.parse(files["extension/package.json"] ?? "");
});

test("the package holds the two pages about it and the files of the extension", () => {
  expect(Object.keys(files).toSorted()).toEqual([
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension/README.md",
    "extension/extension.js",
    "extension/language-configuration.json",
    "extension/package.json",
    "extension/syntaxes/policy.tmLanguage.json",
  ]);
});

test("every file that the manifest names is there, and of every ending the content type is told", () => {
  const { main, contributes } = manifest;
  const named = [
    main,
    ...contributes.languages.map(({ configuration }) => configuration),
    ...contributes.grammars.map(({ path }) => path),
  ];
  for (const path of named) expect(files).toHaveProperty([`extension/${path.replace("./", "")}`]);
  for (const path of Object.keys(files).filter((each) => each !== "[Content_Types].xml")) {
    expect(files["[Content_Types].xml"]).toContain(`Extension="${/\.\w+$/.exec(path)?.[0]}"`);
  }
});

test("the manifest describes the language, its grammar and its settings", () => {
  const { contributes, engines } = manifest;
  expect(engines.vscode).toMatch(/^\^1\.\d+\.0$/);
  expect(contributes.languages).toMatchObject([{ id: "policy", extensions: [".policy"] }]);
  expect(contributes.grammars).toMatchObject([{ language: "policy", scopeName: "source.policy" }]);
  expect(Object.keys(contributes.configuration.properties)).toEqual([
    "signalbox.path",
    "signalbox.configuration",
  ]);
  expect(files["extension/syntaxes/policy.tmLanguage.json"]).toBe(
    readFileSync("grammar/policy.tmLanguage.json", "utf8"),
  );
});

test("the gallery's manifest says the same as the extension's own, in sound XML", () => {
  const xml = files["extension.vsixmanifest"] ?? "";
  const { name, version, publisher, engines } = manifest;
  expect(xml).toContain(`Id="${name}" Version="${version}" Publisher="${publisher}"`);
  expect(xml).toContain(`Value="${engines.vscode}"`);
  const open: string[] = [];
  for (const [, slash, tag = "", closed] of xml.matchAll(/<(\/?)([A-Za-z]+)[^<>]*?(\/?)>/g)) {
    if (slash === "/") expect(open.pop()).toBe(tag);
    else if (closed !== "/") open.push(tag);
  }
  expect(open).toEqual([]);
});

test("the client is one file that needs nothing but the editor and Node", () => {
  const code = files["extension/extension.js"] ?? "";
  const needed = [...code.matchAll(/\brequire\(\s*["'`]([^"'`]+)["'`]\s*\)/g)].map(
    ([, name = ""]) => name,
  );
  const known = new Set([
    "vscode",
    ...builtinModules,
    ...builtinModules.map((name) => `node:${name}`),
  ]);
  expect(needed).toContain("vscode");
  expect(needed.filter((name) => !known.has(name))).toEqual([]);
});

test("the client loads, and exports what the editor calls", () => {
  const code = files["extension/extension.js"] ?? "";
  const real = createRequire(import.meta.url);
  // A stand-in for the editor, in which every name is a class with every member.
  const anything: object = new Proxy(class {}, {
    get: (of, name) => Reflect.get(of, name) ?? anything,
  });
  const module = { exports: {} as Record<string, unknown> };
  const require = (name: string): unknown => (name === "vscode" ? anything : real(name));
  new Function("require", "module", "exports", code)(require, module, module.exports);
  expect(module.exports).toMatchObject({
    activate: expect.any(Function),
    deactivate: expect.any(Function),
  });
});

test("words of the editor are names of the language, hyphens and dots included", () => {
  const { wordPattern } = JSON.parse(files["extension/language-configuration.json"] ?? "") as {
    wordPattern: string;
  };
  const pattern = new RegExp(`^(?:${wordPattern})$`);
  for (const word of [
    "local-gpu",
    "gpt-4.1",
    "header.x-team",
    "10s",
    "$0.05",
    "90%",
    ...reservedWords,
  ]) {
    expect(word).toMatch(pattern);
  }
});

test("packing twice gives the same bytes", async () => {
  expect(Buffer.compare(await packExtension(), await packExtension())).toBe(0);
});
