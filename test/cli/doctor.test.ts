import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type Ran, signalbox } from "../support/command.ts";
import {
  type ModelServer,
  type ServerAnswers,
  serverAnswers,
  startModelServer,
} from "../support/model-server.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(answers: ServerAnswers): Promise<ModelServer> {
  const server = await startModelServer(answers);
  closing.push(server.close);
  return server;
}

interface Report {
  readonly ok: boolean;
  readonly node: string;
  readonly configuration: string | null;
  readonly providers: readonly Record<string, unknown>[];
  readonly servers: readonly Record<string, unknown>[];
  readonly found: readonly { kind: string | null; url: string; yaml: string[] }[];
  readonly findings: readonly { level: string; subject: string; message: string; help?: string }[];
}

function doctor(yaml: string, ...more: string[]): Promise<Ran> {
  const config = join(folder, "signalbox.yaml");
  writeFileSync(config, yaml);
  // No port is looked at that a test did not open.
  const ports = more.includes("--ports") ? [] : ["--ports", ""];
  return signalbox(["doctor", "--config", config, ...ports, ...more], {
    env: { HOME_KEY: "sk-home", GONE_KEY: "" },
  });
}

async function report(yaml: string, ...more: string[]): Promise<Report & { code: number }> {
  const { code, stdout } = await doctor(yaml, "--json", ...more);
  return { ...(JSON.parse(stdout) as Report), code };
}

const models: ServerAnswers = { "/v1/models": { object: "list", data: [] } };
const configured = (providers: string, targets: string): string =>
  `providers:\n  ${providers}\ntargets:\n  ${targets}\n`;

test("a configuration whose providers and servers are all there is fine: exit code 0", async () => {
  const cloud = await start(models);
  const home = await start(serverAnswers.vllm);
  const yaml = configured(
    `cloud: { kind: openai, url: "${cloud.url}/v1", key: "\${HOME_KEY}" }\n  home: { kind: vllm, url: "${home.url}" }`,
    "gpt: { provider: cloud, model: gpt-6-luna }\n  local: { provider: home, model: Qwen2.5-7B-Instruct, context: 32Ki }",
  );
  const { code, ok, findings, providers, servers, node } = await report(yaml);
  expect({ code, ok, findings }).toEqual({ code: 0, ok: true, findings: [] });
  expect(node).toBe(process.versions.node);
  expect(providers).toMatchObject([
    { name: "cloud", kind: "openai", key: "present", reachable: true, status: 200 },
  ]);
  expect(cloud.asked).toEqual(["GET /v1/models"]);
  expect(cloud.keys).toEqual(["Bearer sk-home"]);
  expect(servers).toMatchObject([
    {
      ...{ name: "home", kind: "vllm", health: "up", version: "0.14.1", running: 5, queued: 0 },
      ...{ kvUse: 0.5, speculative: { acceptance: 0.7 } },
      models: [{ id: "Qwen2.5-7B-Instruct", contextTokens: 32_768 }],
    },
  ]);
});

const dateAhead = (seconds: number): ServerAnswers => ({
  "/v1/models": {
    status: 200,
    headers: { date: new Date(Date.now() + seconds * 1000).toUTCString() },
  },
});

describe("what is to be mended is told, with exit code 1", () => {
  interface Case {
    readonly says: string;
    readonly answers?: ServerAnswers;
    readonly provider: (url: string) => string;
    readonly target?: string;
    readonly finds: object;
  }
  const cases: readonly Case[] = [
    {
      says: "a key that is not set",
      answers: models,
      provider: (url) => `{ kind: openai, url: "${url}/v1", key: "\${GONE_KEY}" }`,
      finds: { level: "error", subject: "p", message: "no key: GONE_KEY is not set" },
    },
    {
      says: "a key that is refused",
      answers: { "/v1/models": { status: 401 } },
      provider: (url) => `{ kind: openai, url: "${url}/v1", key: "\${HOME_KEY}" }`,
      finds: { level: "error", message: "the key from HOME_KEY is refused (401)" },
    },
    {
      says: "a provider where nobody answers",
      provider: () => `{ kind: openai-compatible, url: "http://127.0.0.1:9/v1" }`,
      finds: {
        level: "error",
        message: "no answer from http://127.0.0.1:9/v1: nothing listens there",
      },
    },
    {
      says: "a clock that is behind the provider's",
      answers: dateAhead(3_600),
      provider: (url) => `{ kind: openai-compatible, url: "${url}/v1" }`,
      finds: {
        level: "warning",
        subject: "clock",
        message: expect.stringMatching(/^this machine's clock is 3[56]\d\d s behind p's$/),
      },
    },
    {
      says: "a local server that is down",
      provider: () => `{ kind: ollama, url: "http://127.0.0.1:9" }`,
      finds: { level: "error", message: "http://127.0.0.1:9/v1 is down: nothing listens there" },
    },
    {
      says: "one that is loading",
      answers: { "/health": { status: 503 } },
      provider: (url) => `{ kind: llamacpp, url: "${url}" }`,
      finds: { level: "warning", message: "it is loading: the model is being loaded" },
    },
    {
      says: "one that wants a key",
      answers: { ...serverAnswers.vllm, "/v1/models": { status: 401 } },
      provider: (url) => `{ kind: vllm, url: "${url}" }`,
      finds: {
        level: "error",
        message: "/v1/models answers 401: the key is refused",
        help: "give provider `p` its `key`",
      },
    },
    {
      says: "another kind of server behind the URL",
      answers: {},
      provider: (url) => `{ kind: sglang, url: "${url}" }`,
      finds: { level: "warning", message: expect.stringMatching(/does not answer as sglang does/) },
    },
    {
      says: "a model that the server does not have",
      answers: serverAnswers.vllm,
      provider: (url) => `{ kind: vllm, url: "${url}" }`,
      target: "{ provider: p, model: Qwen2.5-7B-Instuct }",
      finds: {
        ...{ level: "error", subject: "t", message: "`p` has no model `Qwen2.5-7B-Instuct`" },
        help: "did you mean `Qwen2.5-7B-Instruct`?",
      },
    },
    {
      says: "a model that Ollama can fetch",
      answers: serverAnswers.ollama,
      provider: (url) => `{ kind: ollama, url: "${url}" }`,
      target: '{ provider: p, model: "llama3.3:70b" }',
      finds: {
        help: "it has qwen3:8b, nomic-embed-text:latest; `ollama pull llama3.3:70b` fetches it",
      },
    },
    {
      says: "a context that is larger than the server's",
      answers: serverAnswers.ollama,
      provider: (url) => `{ kind: ollama, url: "${url}" }`,
      target: '{ provider: p, model: "qwen3:8b", context: 32Ki }',
      finds: {
        level: "warning",
        message: "its context counts as 32768 tokens, and `p` runs qwen3:8b with 4096",
        help: expect.stringMatching(/longer prompts are cut without a word.*`context: 4096`/),
      },
    },
  ];
  test.each(cases)("$says", async ({ answers, provider, target, finds }) => {
    const server = answers === undefined ? null : await start(answers);
    const yaml = configured(
      `p: ${provider(server?.url ?? "")}`,
      `t: ${target ?? "{ provider: p, model: qwen3 }"}`,
    );
    const { code, ok, findings } = await report(yaml);
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(findings).toContainEqual(expect.objectContaining(finds));
  });
});

test("a provider that no target uses is worth a note, no more", async () => {
  const yaml = 'providers:\n  p: { kind: ollama, url: "http://127.0.0.1:9" }\ntargets: {}\n';
  const { code, findings } = await report(yaml);
  expect(code).toBe(0);
  expect(findings).toMatchObject([{ level: "note", subject: "p" }]);
});

test("servers that run and are not configured are listed with the lines that take them in", async () => {
  const home = await start(serverAnswers.vllm);
  const other = await start(serverAnswers.llamacpp);
  const yaml = configured(
    `home: { kind: vllm, url: "http://localhost:${home.port}" }`,
    "local: { provider: home, model: Qwen2.5-7B-Instruct }",
  );
  const { found } = await report(yaml, "--ports", `${home.port},${other.port}`);
  expect(found).toMatchObject([{ kind: "llamacpp", url: other.url, health: "up" }]);
  expect(found[0]?.yaml).toEqual([
    "providers:",
    `  llamacpp: { kind: llamacpp, url: ${other.url} }`,
    "targets:",
    '  qwen2-5-7b-instruct-q4-k-m: { provider: llamacpp, model: "/models/qwen2.5-7b-instruct-Q4_K_M.gguf" }',
  ]);
  // The lines are what they say: with them the server is configured and in order.
  const taken = await report(`${found[0]?.yaml.join("\n")}\n`, "--ports", String(other.port));
  expect(taken).toMatchObject({ code: 0, ok: true, found: [], servers: [{ health: "up" }] });
});

test("errors of the configuration are findings, and servers are looked for all the same", async () => {
  const home = await start(serverAnswers.ollama);
  const { code, findings, found } = await report(
    "providers:\n  p: { kind: olama }\n",
    "--ports",
    String(home.port),
  );
  expect(code).toBe(1);
  expect(findings[0]).toMatchObject({
    level: "error",
    subject: expect.stringMatching(/signalbox\.yaml:2$/),
  });
  expect(found).toMatchObject([{ kind: "ollama" }]);
});

test("for a person: marks, load, models, findings and help, without a server's control characters", async () => {
  const hostile = { id: "m\u001b[31m", owned_by: "vllm", max_model_len: 4096 };
  const home = await start({
    ...serverAnswers.vllm,
    "/v1/models": {
      data: [...(serverAnswers.vllm["/v1/models"] as { data: object[] }).data, hostile],
    },
  });
  const yaml = configured(
    `home: { kind: vllm, url: "${home.url}" }`,
    "local: { provider: home, model: nothing-like-it }",
  );
  const { code, stdout } = await doctor(yaml);
  expect(code).toBe(1);
  expect(stdout).not.toContain("\u001b");
  for (const line of [
    `✓ home  vllm 0.14.1 ${home.url}/v1  up, 5 running, 0 waiting, KV cache 50 %, speculative decoding (70 % accepted, 4.5 tokens a step)`,
    "    Qwen2.5-7B-Instruct  loaded, context 32768, path Qwen/Qwen2.5-7B-Instruct-AWQ",
    "✗ local: `home` has no model `nothing-like-it`",
    "  help: it has Qwen2.5-7B-Instruct, m\ufffd[31m",
    "1 finding",
  ]) {
    expect(stdout).toContain(`${line}\n`);
  }
});

test("colours come where they are asked for", async () => {
  const { stdout } = await signalbox(["doctor", "--ports", ""], {
    env: { FORCE_COLOR: "1", NO_COLOR: "" },
    cwd: folder,
  });
  expect(stdout).toContain("\u001b[");
});

test.each(["http", "0", "70000", "80,x"])(
  "--ports %s is wrong usage: exit code 2",
  async (ports) => {
    const { code, stderr } = await signalbox(["doctor", "--ports", ports]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--ports takes") });
  },
);
