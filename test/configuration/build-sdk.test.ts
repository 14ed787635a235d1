// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is what a configuration holds
import { expect, test } from "vitest";
import { findModelAnywhere } from "../../src/catalog/models.ts";
import { readConfiguration } from "../../src/configuration/read.ts";
import { sdkPackageNames } from "../../src/configuration/sdk-packages.ts";
import { lineAndColumn } from "../../src/diagnostics/position.ts";

const variables: Readonly<Record<string, string>> = {
  ID: "AKIATEST",
  SECRET: "very-secret",
  REGION: "eu-central-1",
};
const read = (text: string) =>
  readConfiguration(
    { file: "signalbox.yaml", text },
    {
      variable: (name) => variables[name],
      file: (path) => (path === "key.pem" ? "pem-secret\n" : undefined),
    },
  );
const provider = (text: string) =>
  read(`providers:\n  p: ${text}\n`).configuration?.providers.get("p");

const findings = (text: string): string[] =>
  read(text).diagnostics.map(({ code, span, message, help }) => {
    const { line, column } = lineAndColumn(text, span.start);
    return `${code} ${line}:${column} ${message}${help === undefined ? "" : `; ${help}`}`;
  });

test("references in a package's options are filled in, however deep, and what is secret among them is known", () => {
  const made = provider(
    '{ kind: ai-sdk, package: "@ai-sdk/amazon-bedrock", options: { region: "${REGION}", accessKeyId: "${ID}", secretAccessKey: "${SECRET}", retries: 3, on: true, deep: { private_key: { file: key.pem }, host: "x-${REGION}.example", more: { token: "file:key.pem" } } } }',
  );
  expect(made).toMatchObject({ kind: "ai-sdk", url: "", key: null });
  expect(made?.sdk).toEqual({
    package: "@ai-sdk/amazon-bedrock",
    options: {
      region: "eu-central-1",
      accessKeyId: "AKIATEST",
      secretAccessKey: "very-secret",
      retries: 3,
      on: true,
      deep: {
        private_key: "pem-secret",
        host: "x-eu-central-1.example",
        more: { token: "pem-secret" },
      },
    },
    secrets: ["AKIATEST", "very-secret", "pem-secret", "pem-secret"],
  });
});

test.each([
  ['{ apiKey: "${NONE}" }', "NONE"],
  ['{ region: "x-${NONE}" }', "NONE"],
  ["{ deep: { key: { file: none.pem } } }", "file:none.pem"],
])("options %s lack a secret, which is the provider's key that is missing", (options, from) => {
  const made = provider(`{ kind: ai-sdk, package: "@ai-sdk/cohere", options: ${options} }`);
  expect(made?.key).toEqual({ kind: "missing", from });
});

test.each<[string, string[]]>([
  [
    'providers: { p: { kind: ai-sdk, package: "@ai-sdk/cohre" } }',
    ["C0106 1:42 `@ai-sdk/cohre` is not known here; did you mean `@ai-sdk/cohere`?"],
  ],
  [
    "providers: { p: { kind: ai-sdk } }",
    [
      'C0105 1:14 kind `ai-sdk` has no `package`; add `package`: the package that serves it, such as "@ai-sdk/cohere"',
    ],
  ],
  [
    'providers: { p: { kind: openai, package: "@ai-sdk/cohere", options: { a: 1 } } }',
    [
      "C0106 1:33 only kind `ai-sdk` is served by a package; leave it out, or write `kind: ai-sdk`",
      "C0106 1:60 only kind `ai-sdk` is served by a package; leave it out, or write `kind: ai-sdk`",
    ],
  ],
  [
    'providers: { p: { kind: ai-sdk, package: "@ai-sdk/cohere", options: { apiKey: sk-123456 } } }',
    [
      "C0201 1:79 option `apiKey` holds the secret itself; put it into the environment and refer to the variable, or into a file and write { file: path }",
    ],
  ],
  [
    'providers: { p: { kind: ai-sdk, package: "@ai-sdk/cohere", options: { baseURL: x, headers: { a: b }, fetch: 1 } } }',
    [
      "C0106 1:71 `baseURL` is no option here; write it as the provider's `url`",
      "C0106 1:83 `headers` is no option here; write them as the provider's `headers`",
      "C0106 1:102 `fetch` is no option here; the gateway sends for the package",
    ],
  ],
])("%s finds its mistakes", (text, expected) => {
  expect(findings(text)).toEqual(expected);
});

test("a secret that stands in the options is shown to nobody", () => {
  const text =
    'providers: { p: { kind: ai-sdk, package: "@ai-sdk/cohere", options: { credentials: { privateKeyId: hunter2hunter2 } } } }';
  expect(read(text).source.text).not.toContain("hunter2");
});

test("every allowed package is of the scope, and any other is refused", () => {
  for (const name of sdkPackageNames) {
    expect(name).toMatch(/^@ai-sdk\/[a-z-]+$/);
    expect(provider(`{ kind: ai-sdk, package: "${name}" }`)?.sdk?.package).toBe(name);
  }
  for (const name of ["left-pad", "@ai-sdk/provider", "../evil", "__proto__", "constructor"])
    expect(findings(`providers: { p: { kind: ai-sdk, package: "${name}" } }`)[0]).toMatch(/^C0106/);
});

test("a target of such a provider has what the catalog tells of its model anywhere, but no price", () => {
  const { configuration } = read(
    'providers: { p: { kind: ai-sdk, package: "@ai-sdk/gateway" } }\ntargets: { a: { provider: p, model: anthropic/claude-sonnet-4-6 }, b: { provider: p, model: gpt-5.4-mini } }\n',
  );
  for (const target of configuration?.targets.values() ?? []) {
    const listed = findModelAnywhere(target.model);
    expect(target.contextTokens).toBe(listed?.contextTokens ?? null);
    expect(target.prices).toEqual([]);
  }
  expect(
    [...(configuration?.targets.values() ?? [])].some(
      ({ contextTokens }) => contextTokens !== null,
    ),
  ).toBe(true);
});
