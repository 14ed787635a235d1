import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../../src/gateway/start.ts";
import { besidePackages, isInstalled } from "../support/bridge-bench.ts";
import { cohereScripts } from "../support/cohere-wire.ts";
import { logInto } from "../support/gateway.ts";
import { startOtlpReceiver } from "../support/otlp-receiver.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "signalbox-bridge-"));
  open.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

interface Started {
  readonly gateway: Gateway;
  readonly client: OpenAI;
  readonly logged: string[];
}

/** A gateway of one provider and one target, `a`, in a folder of its own. */
async function start(
  provider: string,
  at: string,
  options: { readonly standIns?: boolean; readonly variables?: Record<string, string> } = {},
): Promise<Started> {
  writeFileSync(
    join(at, "signalbox.yaml"),
    `server: { host: 127.0.0.1, port: 0 }
default-policy: main
providers:
  p: ${provider}
targets:
  a: { provider: p, model: command-a, price: { input: $1/M, output: $2/M }, supports: [tools, streaming] }
`,
  );
  writeFileSync(join(at, "main.policy"), "otherwise a with retry 0\n");
  const logged: string[] = [];
  const gateway = await startGateway({
    configurationFile: join(at, "signalbox.yaml"),
    variables: { KEY: "sk-of-the-operator" },
    logger: logInto(logged),
    ...options,
  });
  open.push(() => gateway.kill());
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  return { gateway, client, logged };
}

/** Writes a package of the user's own make under an allowed name. */
function writePackage(at: string, name: string, code: string): void {
  const root = join(at, "node_modules", ...name.split("/"));
  mkdirSync(root, { recursive: true });
  const manifest = { name, version: "9.9.9", type: "module", exports: { ".": "./index.js" } };
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(root, "index.js"), code);
}

const ask = { model: "main", messages: [{ role: "user" as const, content: "hello" }] };
// biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a configuration holds
const cohere = '{ kind: ai-sdk, package: "@ai-sdk/cohere", key: "${KEY}" }';

describe.skipIf(!isInstalled("@ai-sdk/cohere"))("a package beside the configuration", () => {
  test("serves whole answers and streams to a real client", async () => {
    const upstream = await startScriptedUpstream((_, nth) =>
      nth === 0 ? cohereScripts.reply() : cohereScripts.stream(),
    );
    open.push(() => upstream.close());
    const at = folder();
    const modules = join(dirname(besidePackages), "node_modules");
    if (existsSync(modules)) symlinkSync(modules, join(at, "node_modules"));
    const provider = `{ kind: ai-sdk, package: "@ai-sdk/cohere", url: "${upstream.url}", options: { apiKey: "\${KEY}" } }`;
    const { client, gateway } = await start(provider, at);
    expect(gateway.targets()).toEqual([{ name: "a", state: "ready" }]);
    const whole = await client.chat.completions.create(ask);
    expect(whole.choices[0]?.message.content).toBe("hello");
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    let said = "";
    for await (const { choices } of stream) said += choices[0]?.delta.content ?? "";
    expect(said).toBe("hello");
  });
});

describe("a package that is not to be had", () => {
  test("is named with the command that installs it, and nothing starts", async () => {
    await expect(start(cohere.replace("cohere", "vercel"), folder())).rejects.toThrow(
      "provider `p`: package `@ai-sdk/vercel` is not installed: run `npm install @ai-sdk/vercel` beside signalbox.yaml",
    );
  });

  test("is played by a stand-in where those are asked for", async () => {
    const { client, gateway } = await start(cohere.replace("cohere", "vercel"), folder(), {
      standIns: true,
    });
    expect(gateway.targets()).toEqual([{ name: "a", state: "stand-in" }]);
    const { data, response } = await client.chat.completions.create(ask).withResponse();
    expect(response.headers.get("x-signalbox-stand-in")).toBe("true");
    expect(data.choices[0]?.message.content).not.toBe("");
  });

  test("is not even looked for while its secret is missing: that is said first", async () => {
    const provider =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a configuration holds
      '{ kind: ai-sdk, package: "@ai-sdk/vercel", options: { region: eu, secretAccessKey: "${AWS_KEY}" } }';
    await expect(start(provider, folder())).rejects.toThrow("AWS_KEY is not set");
  });

  test.each<[string, string, string]>([
    [
      "of an interface that is too old",
      'export const createCohere = () => ({ languageModel: () => ({ specificationVersion: "v1" }) });',
      "package `@ai-sdk/cohere` 9.9.9 speaks v1 of the language model interface, not one of v2, v3, v4: run `npm install @ai-sdk/cohere@latest`",
    ],
    ["without its factory", "export const other = 1;", "it has no `createCohere`"],
    [
      "that will not be set up",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a module holds
      "export const createCohere = ({ apiKey }) => { throw new Error(`bad key ${apiKey}`); };",
      "cannot be set up: bad key [secret]",
    ],
    [
      "without language models",
      "export const createCohere = () => ({});",
      "it makes no language models",
    ],
    ["that breaks when loaded", "throw new Error('broken');", "cannot be set up: broken"],
  ])("%s is refused with its reason", async (_, code, why) => {
    const at = folder();
    writePackage(at, "@ai-sdk/cohere", code);
    await expect(start(cohere, at)).rejects.toThrow(why);
  });
});

/** A package whose model does as the code says; `ask` posts to an address. */
const modelOf = (body: string): string => `
export const createCohere = ({ fetch }) => ({
  languageModel: () => ({
    specificationVersion: "v4",
    supportedUrls: {},
    doGenerate: async (options) => { ${body} },
    doStream: async (options) => { ${body} },
  }),
});
const ask = (fetch, url, init = { method: "POST", body: "{}" }) => fetch(url, init);
const parts = (...list) => ({ stream: new ReadableStream({
  start(controller) { for (const part of list) controller.enqueue(part); controller.close(); },
}) });
`;

describe("a package that misbehaves", () => {
  test.each<[string, string, number, string]>([
    [
      "throws",
      'throw new TypeError("oh no sk-of-the-operator");',
      503,
      "the provider's package failed",
    ],
    [
      "posts to this machine",
      'await ask(fetch, "http://127.0.0.1:1/x");',
      503,
      "the model's server is at an address that is not allowed for it",
    ],
    [
      "posts to a private network",
      'await ask(fetch, "https://10.0.0.1/x");',
      503,
      "the model's server is at an address that is not allowed for it",
    ],
    [
      "posts to a name that leads inwards",
      'await ask(fetch, "https://localhost/x");',
      503,
      "the model's server is at an address that is not allowed for it",
    ],
    [
      "asks for a page",
      'await ask(fetch, "https://example.com/", {});',
      503,
      "the provider's package asked for something that is not sent for it",
    ],
    ["gives nothing", "return {};", 502, "the provider"],
  ])("and %s fails its attempt alone", async (_, code, status, message) => {
    const at = folder();
    writePackage(at, "@ai-sdk/cohere", modelOf(code));
    const { client, logged } = await start(cohere, at);
    const failed = await client.chat.completions.create(ask).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OpenAI.APIError);
    expect((failed as InstanceType<typeof OpenAI.APIError>).status).toBe(status);
    expect(String(failed)).toContain(message);
    expect(logged.join("")).not.toContain("sk-of-the-operator");
    expect(logged.join("")).not.toContain("a fault of the gateway itself");
  });

  test("and words an error of its provider in its own way does not hide what came over the wire", async () => {
    const upstream = await startScriptedUpstream(() =>
      cohereScripts.error(429, "slow down", { "retry-after": "9" }),
    );
    open.push(() => upstream.close());
    const at = folder();
    const init = `{ method: "POST", body: '{"model":"m"}' }`;
    const code = `await (await ask(fetch, "${upstream.url}/x", ${init})).text(); throw new Error("?");`;
    writePackage(at, "@ai-sdk/cohere", modelOf(code));
    const provider = `{ kind: ai-sdk, package: "@ai-sdk/cohere", url: "${upstream.url}" }`;
    const { client, logged } = await start(provider, at);
    const failed = await client.chat.completions.create(ask).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OpenAI.RateLimitError);
    expect(logged.join("")).not.toContain("the package of a provider failed");
  });

  test("and throws is told in the log, without its secrets", async () => {
    const at = folder();
    writePackage(at, "@ai-sdk/cohere", modelOf('throw new TypeError("oh no sk-of-the-operator");'));
    const { client, logged } = await start(cohere, at);
    await client.chat.completions.create(ask).catch(() => undefined);
    expect(logged.map((line): unknown => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        provider: "p",
        name: "TypeError",
        message: "oh no [secret]",
        msg: "the package of a provider failed",
      }),
    );
  });

  test("warnings of weight refuse the answer; light ones are told", async () => {
    const at = folder();
    const answer = `return {
      content: [{ type: "text", text: "so" }], finishReason: { unified: "stop", raw: "end" },
      usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
      warnings: options.responseFormat ? [{ type: "unsupported", feature: "responseFormat" }]
        : [{ type: "unsupported", feature: "topK" }, { type: "unsupported", feature: "a b\\r\\nc" }],
    };`;
    writePackage(at, "@ai-sdk/cohere", modelOf(answer));
    const { client } = await start(cohere, at);
    const { response } = await client.chat.completions.create(ask).withResponse();
    expect(response.headers.get("x-signalbox-dropped")).toBe("top_k,a_b_c");
    const json = { ...ask, response_format: { type: "json_object" as const } };
    await expect(client.chat.completions.create(json)).rejects.toThrow("response_format");
  });
});

test("a copy of a package that is broken by half does not keep a reload from going on with the old one", async () => {
  const at = folder();
  const good = modelOf(
    'return { content: [{ type: "text", text: "so" }], finishReason: "stop", usage: { inputTokens: 1, outputTokens: 1 }, warnings: [] };',
  );
  writePackage(at, "@ai-sdk/cohere", good);
  const { client, gateway } = await start(cohere, at);
  cpSync(join(at, "signalbox.yaml"), join(at, "kept.yaml"));
  writeFileSync(
    join(at, "signalbox.yaml"),
    `server: { host: 127.0.0.1, port: 0 }
default-policy: main
providers: { p: { kind: ai-sdk, package: "@ai-sdk/vercel" } }
targets: { a: { provider: p, model: m, price: { input: $1/M, output: $2/M } } }
`,
  );
  const event = await gateway.reload();
  expect(event.result).toBe("refused");
  expect(event.problems.map(({ summary }) => summary).join()).toContain(
    "npm install @ai-sdk/vercel",
  );
  const { choices } = await client.chat.completions.create(ask);
  expect(choices[0]?.message.content).toBe("so");
});

test("an attempt by a package bears its trace upstream, and is a span like any other", async () => {
  await using receiver = await startOtlpReceiver();
  const at = folder();
  const told =
    'return { content: [{ type: "text", text: JSON.stringify(options.headers) }], finishReason: "stop", usage: { inputTokens: 1, outputTokens: 1 }, warnings: [] };';
  writePackage(at, "@ai-sdk/cohere", modelOf(told));
  const traced = `${cohere}\ntelemetry: { otlp: "${receiver.url}" }`;
  const { client, gateway } = await start(traced, at);
  const { choices } = await client.chat.completions.create(ask);
  await gateway.close(100);
  const [attempt] = receiver.spans.filter(({ kind }) => kind === 3);
  const sent = JSON.parse(choices[0]?.message.content ?? "") as unknown;
  expect(sent).toEqual({ traceparent: `00-${attempt?.traceId}-${attempt?.spanId}-01` });
  expect(attempt?.attributes).toMatchObject({
    "gen_ai.request.model": "command-a",
    "gen_ai.provider.name": "cohere",
  });
});
