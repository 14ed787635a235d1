// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { readConfiguration } from "../../src/configuration/read.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../src/diagnostics/position.ts";
import { example, read } from "./support.ts";

/** A diagnostic as `CODE line:column message`. */
function shown(text: string, { code, span, message }: Diagnostic): string {
  const { line, column } = lineAndColumn(text, span.start);
  return `${code} ${line}:${column} ${message}`;
}

const findings = (text: string): string[] =>
  read(text).diagnostics.map((diagnostic) => shown(text, diagnostic));

test("the example configuration is read whole, with the catalog's facts under its own", () => {
  const { configuration, diagnostics } = read(example, {
    variable: (name: string) => (name === "OPENAI_API_KEY" ? "sk-test\n" : undefined),
  });
  expect(diagnostics.filter((each) => each.severity !== "info")).toEqual([]);
  expect(configuration).toMatchObject({ defaultPolicy: "hybrid", policies: "conf" });
  expect(configuration?.providers.get("openai")?.key).toEqual({
    kind: "value",
    value: "sk-test",
    from: "OPENAI_API_KEY",
  });
  expect(configuration?.providers.get("anthropic")?.key).toEqual({
    kind: "missing",
    from: "ANTHROPIC_API_KEY",
  });
  expect(configuration?.providers.get("home")).toMatchObject({
    url: "http://127.0.0.1:8000/v1",
    key: null,
  });
  const local = configuration?.targets.get("local-gpu");
  expect(local).toMatchObject({ contextTokens: 32_768, local: true, region: "eu" });
  expect(local?.quality).toEqual({ default: 0.62, classify: 0.9, extract: 0.85 });
  expect(local?.prices[0]?.bands[0]).toMatchObject({ input: 50_000, cachedRead: 50_000 });
  const claude = configuration?.targets.get("claude");
  expect(claude).toMatchObject({ contextTokens: 1_000_000, local: false, rejectsSampling: true });
  expect(claude).toMatchObject({ rejectsForcedTools: true, rejectsEffort: false });
  expect(claude).toMatchObject({ rejectsPrefill: true });
  expect([...(claude?.thinking ?? [])]).toEqual(["adaptive", "between_tools"]);
  expect(local).not.toHaveProperty("thinking");
  expect(claude?.prices[0]?.bands[0]).toMatchObject({ input: 2_000_000, cachedRead: 100_000 });
});

test("facts declare their type, trust and default", () => {
  const facts = read(example).configuration?.facts;
  expect(facts?.get("tier")).toMatchObject({
    type: { kind: "text", values: ["free", "pro"] },
    trust: "key",
    default: "free",
    mayBeUnknown: false,
  });
  // A client can only raise a boolean that a detector reports too.
  expect(facts?.get("pii")).toMatchObject({ trust: "gateway", costClass: 2, default: false });
  expect(facts?.get("desk")).toMatchObject({ trust: "client", mayBeUnknown: true });
  const mixed = read("facts: { plan: { from: [key.plan, metadata.plan] } }").configuration?.facts;
  expect(mixed?.get("plan")).toMatchObject({
    trust: "client",
    from: ["key.plan", "metadata.plan"],
  });
  const header = read("facts: { t: { from: header.X-Team } }").configuration?.facts;
  expect(header?.get("t")?.from).toEqual(["header.x-team"]);
});

test("an empty file, and one of comments only, is the default configuration", () => {
  for (const text of ["", "# nothing yet\n", "targets:\n  # none yet\n"]) {
    const { configuration, diagnostics } = read(text);
    expect(diagnostics).toEqual([]);
    const { file, policies, store, ledger, cache, ...rest } = defaultConfiguration();
    expect(configuration).toMatchObject(rest);
    expect(configuration?.ledger).toEqual({ ...ledger, path: join("conf", ledger.path) });
    expect(configuration?.cache).toEqual({ ...cache, path: join("conf", cache.path) });
    expect(configuration).toMatchObject({ file: "conf/signalbox.yaml", policies: "conf" });
  }
});

const good =
  "providers: { a: { kind: anthropic } }\ntargets: { c: { provider: a, model: claude-sonnet-5-5 } }\n";

test.each<[string, string[]]>([
  ["sever: {}", ["C0103 1:1 the configuration has no key `sever`"]],
  ["server: { prot: 1 }", ["C0103 1:11 `server` has no key `prot`"]],
  ["server: { port: 1, port: 2 }", ["C0104 1:20 `port` stands here twice"]],
  ["server: { port: 65536 }", ["C0106 1:17 `65536` is outside 0..65535"]],
  ["server: { port: 1.5 }", ["C0106 1:17 `1.5` is not a whole number such as 200, 8k or 32Ki"]],
  ["server: { drain: 30 }", ["C0106 1:18 `30` is not a duration such as 500ms, 10s or 5m"]],
  ["server: [1]", ["C0102 1:9 `server` takes a map"]],
  ["server: { routing-headers: yes }", ["C0102 1:28 `server.routing-headers` takes true or false"]],
  ["policies:", ["C0106 1:1 `policies` has no value"]],
  ["limits: {}", ["C0107 1:1 this version has no `limits` section yet"]],
  ["- a", ["C0102 1:1 the configuration takes a map"]],
  [
    "server: {",
    [
      "C0101 1:10 not valid YAML: flow map in block collection must be sufficiently indented and end with a }",
    ],
  ],
  ["a: 1\n---\nb: 2", ["C0101 2:1 the file holds more than one YAML document"]],
  ["server:\n\tport: 1", ["C0101 2:1 tabs cannot indent YAML; use spaces"]],
  ["server: { port: *up }", ["C0106 1:17 there is no `&up` above"]],
  ["providers: { p: { kind: opnai } }", ["C0106 1:25 `opnai` is not known here"]],
  ["providers: { p: {} }", ["C0105 1:14 `providers.p` has no `kind`"]],
  ["providers: { p: { kind: openai-compatible } }", ["C0204 1:14 provider `p` has no `url`"]],
  [
    "providers: { p: { kind: openai, url: api.openai.com } }",
    ["C0106 1:38 `api.openai.com` does not fit here"],
  ],
  ["providers: { p: { kind: openai, url: 'http://[/' } }", ["C0106 1:38 `http://[/` is not a URL"]],
  [
    "providers: { p: { kind: openai, key: sk-1 } }",
    ["C0201 1:38 `providers.p.key` holds the secret itself"],
  ],
  ["admin: { key: hunter2 }", ["C0201 1:15 `admin.key` holds the secret itself"]],
  [
    "providers: { p: { kind: openai, headers: { 'a b': x } } }",
    ["C0106 1:44 `a b` is not the name of a header"],
  ],
  ["targets: { t: { provider: p, model: m } }", ["C0202 1:27 there is no provider `p`"]],
  [`${good}  `.replace("provider: a", "provider: b"), ["C0202 2:27 there is no provider `b`"]],
  ["targets: { my one: {} }", ["C0109 1:12 a policy cannot name `my one`"]],
  [
    good.replace("claude-sonnet-5-5", "claude-sonet-5-5"),
    ["C0206 2:37 no price is known for `claude-sonet-5-5`"],
  ],
  [
    good.replace("model: claude-sonnet-5-5", "model: m, price: { input: 3 }"),
    [
      "C0206 2:37 no price is known for `m`",
      "C0105 2:40 `targets.c.price` has no `output`",
      "C0106 2:56 `3` is not a price per million tokens such as $3/M",
    ],
  ],
  [
    "facts: { tokens: { from: metadata.t, type: whole } }",
    ["C0207 1:10 `tokens` replaces the built-in fact"],
  ],
  ["facts: { x: { from: keys.x } }", ["C0106 1:21 `keys.x` does not fit here"]],
  [
    "facts: { x: { from: key.x, values: [a, b], default: c } }",
    ["C0106 1:53 the default `c` is not of the fact's type"],
  ],
  [
    "facts: { x: { from: key.x, type: whole, values: [1] } }",
    ["C0106 1:41 only a fact of type text has `values`"],
  ],
  [
    "facts: { x: { from: key.x, values: [] } }",
    ["C0106 1:36 `values` is empty, so the fact could only be unknown"],
  ],
  ["telemetry: { facts: [intnet] }", ["C0208 1:22 `intnet` is not a known fact"]],
  ["keys: { a: { key: 'file:k' }, b: { key: 'file:k' } }", []],
])("%j finds %j", (text, expected) => {
  expect(findings(text)).toEqual(expected);
});

test("every mistake of a file is reported at once, in the order of the file", () => {
  const text = "server: { prot: 1 }\nproviders: { p: { kind: x } }\nadmin: {}\nlimits: {}\n";
  expect(findings(text).map((each) => each.slice(0, 10))).toEqual([
    "C0103 1:11",
    "C0106 2:25",
    "C0105 3:1 ",
    "C0107 4:1 ",
  ]);
  expect(read(text).configuration).toBeNull();
});

test.each([
  ["providers: { p: { kind: opnai } }", "providers: { p: { kind: openai } }"],
  ["server: { prot: 1 }", "server: { port: 1 }"],
  ["server: { drain: 30 }", "server: { drain: 30s }"],
  [
    "providers: { p: { kind: openai, key: ${KEY} } }",
    'providers: { p: { kind: openai, key: "${KEY}" } }',
  ],
  [
    "providers: { p: { kind: openai, key: sk-1 } }",
    'providers: { p: { kind: openai, key: "${P_KEY}" } }',
  ],
  ["admin: { key: hunter2 }", 'admin: { key: "${SIGNALBOX_ADMIN_KEY}" }'],
])("the fix of %j gives %j, which reads without an error", (text, fixed) => {
  const edit = read(text).diagnostics[0]?.fix?.edits[0];
  const after = text.slice(0, edit?.span.start) + (edit?.text ?? "") + text.slice(edit?.span.end);
  expect(after).toBe(fixed);
  expect(read(fixed).configuration).not.toBeNull();
});

test("two keys of one secret are an error, since nobody could tell whose request it is", () => {
  const text = 'keys: { a: { key: "${K}" }, b: { key: "${K}" } }';
  const found = read(text, { variable: () => "same" }).diagnostics;
  expect(found.map((each) => shown(text, each))).toEqual([
    "C0104 1:29 keys `a` and `b` have the same secret",
  ]);
});

test("secrets come from variables and files, and what a key may do from the file", () => {
  const text = `keys:
  app: { key: { file: app.key }, user: u1, team: berlin, tier: pro, attributes: { region: eu, seats: 5 }, policy: tiers, models: [claude] }
admin: { key: "\${ADMIN}" }
`;
  const { configuration } = read(text, {
    variable: (name: string) => (name === "ADMIN" ? "root" : undefined),
    file: (path: string) => (path === "app.key" ? "k1\n" : undefined),
  });
  expect(configuration?.adminKey).toEqual({ kind: "value", value: "root", from: "ADMIN" });
  expect(configuration?.keys).toEqual([
    {
      name: "app",
      secret: { kind: "value", value: "k1", from: "file:app.key" },
      user: "u1",
      team: "berlin",
      attributes: { tier: "pro", region: "eu", seats: 5 },
      policy: "tiers",
      models: ["claude"],
      expiresAtMs: null,
      disabled: false,
    },
  ]);
});

test("headers have their variables filled in; one that is not set is left out with a warning", () => {
  const text = 'providers: { p: { kind: openai, headers: { X-A: "v${A}w", x-b: "${B}" } } }';
  const { configuration, diagnostics } = read(text, {
    variable: (name: string) => (name === "A" ? "1" : undefined),
  });
  expect(configuration?.providers.get("p")?.headers).toEqual({ "x-a": "v1w" });
  expect(diagnostics.map((each) => [each.code, each.severity])).toEqual([["C0209", "warning"]]);
});

test.each([
  ["providers: { p: { kind: openai, key: sk-live-12345678 } }"],
  ["providers: { p: { kind: openai, api-key: sk-live-12345678 } }"],
  ["providers: { p: { kind: openai, key: sk-live-12345678 }"],
  ["providers: { p: { kind: openai, headers: { authorization: 'Bearer sk-live-12345678' } } }"],
  ["providers: { p: { kind: openai, url: 'https://me:sk-live-12345678@h/v1' } }"],
  ["keys: { k: { key: sk-live-12345678 } }"],
])(
  "a secret in %j stands neither in a message nor in the source that diagnostics are shown with",
  (text) => {
    const { configuration, diagnostics, source } = read(text);
    expect(configuration).toBeNull();
    expect(JSON.stringify(diagnostics) + source.text).not.toContain("sk-live");
    expect(source.text).toHaveLength(text.length);
  },
);

test("merge keys bring in what an anchor holds, under what the entry says itself", () => {
  const { configuration, diagnostics } = read(`providers: { a: { kind: anthropic } }
targets:
  one: &base { provider: a, model: claude-sonnet-5-5, region: us }
  two: { <<: *base, region: eu }
`);
  expect(diagnostics).toEqual([]);
  expect(configuration?.targets.get("two")).toMatchObject({
    model: "claude-sonnet-5-5",
    region: "eu",
  });
});

test.each([
  ["ollama", null, "http://127.0.0.1:11434/v1", true],
  ["llamacpp", null, "http://127.0.0.1:8080/v1", true],
  ["vllm", "http://gpu:9000/", "http://gpu:9000/v1", true],
  ["vllm", "http://gpu:9000/openai/v1", "http://gpu:9000/openai/v1", true],
  ["lmstudio", null, "http://127.0.0.1:1234/v1", true],
  ["sglang", null, "http://127.0.0.1:30000/v1", true],
  ["openai", null, "https://api.openai.com/v1", false],
  ["anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com", false],
  ["mistral", "https://api.eu.mistral.ai", "https://api.eu.mistral.ai/v1", false],
  ["deepseek", null, "https://api.deepseek.com", false],
  ["qwen", null, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", false],
  ["openrouter", null, "https://openrouter.ai/api/v1", false],
  ["tokenmix", null, "https://api.tokenmix.ai/v1", false],
  ["openai-compatible", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1", false],
])("a provider of kind %s with URL %j is reached at %s", (kind, given, url, local) => {
  const { configuration } = read(
    `providers: { p: { kind: ${kind}${given === null ? "" : `, url: "${given}"`} } }
targets: { t: { provider: p, model: llama-3.3-70b-versatile } }`,
  );
  expect(configuration?.providers.get("p")?.url).toBe(url);
  expect(configuration?.targets.get("t")?.local).toBe(local);
});

test("prices hold where the catalog's seller sells, are nothing at home, and are unknown at a relay", () => {
  const { configuration, diagnostics } = read(`providers:
  groq: { kind: openai-compatible, url: https://api.groq.com/openai/v1 }
  relay: { kind: openai-compatible, url: https://relay.example.com }
  home: { kind: ollama }
targets:
  sold: { provider: groq, model: llama-3.3-70b-versatile }
  relayed: { provider: relay, model: claude-sonnet-5-5 }
  own: { provider: home, model: llama3.2 }
`);
  const inputs = ["sold", "relayed", "own"].map(
    (name) => configuration?.targets.get(name)?.prices[0]?.bands[0]?.input,
  );
  expect(inputs).toEqual([590_000, undefined, 0]);
  expect(configuration?.targets.get("relayed")?.contextTokens).toBe(1_000_000);
  expect([...(configuration?.targets.get("own")?.abilities ?? [])]).toEqual([
    "json",
    "json_schema",
    "streaming",
  ]);
  expect(diagnostics.map((each) => each.code)).toEqual(["C0206"]);
});

test("a client's key that is the operator's own is an error, since every client could then reload and explain", () => {
  const text = `keys:
  app: { key: "\${KEY}" }
admin: { key: "\${KEY}" }
`;
  const { diagnostics } = readConfiguration(
    { file: "signalbox.yaml", text },
    { variable: () => "one-secret", file: () => undefined },
  );
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["C0104", "key `app` has the secret of `admin`"],
  ]);
});
