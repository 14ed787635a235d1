import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { pino } from "pino";
import { type Gateway, type GatewayOptions, startGateway } from "../../src/gateway/start.ts";
import type { Logger } from "../../src/runtime/telemetry/logger.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { type StandIn, type StandInCall, startStandIn } from "../../src/stand-in/server.ts";

/** A gateway over one scripted upstream, in a folder of its own; disposed of as a whole. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly folder: string;
  readonly upstream: StandIn;
  readonly client: OpenAI;
  /** What the gateway logged, as JSON lines. */
  readonly logged: string[];
  write(name: string, text: string): void;
  chat(body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Response>;
}

export interface TestSetup {
  readonly policies?: Readonly<Record<string, string>>;
  /** Further settings of the server. */
  readonly server?: string;
  /** Further settings of the provider, and further targets. */
  readonly provider?: string;
  readonly targets?: string;
  /** Further lines of signalbox.yaml; indented ones are further targets. */
  readonly yaml?: string;
  /** Further providers, indented, at the upstream's URL. */
  readonly providers?: (url: string) => string;
  readonly defaultPolicy?: string;
  readonly script?: (call: StandInCall) => Behaviour | null;
  readonly connections?: number;
  readonly options?: Partial<GatewayOptions>;
}

/** Three targets at one OpenAI-like upstream, `a`, `b` and `c` with models of the same names, and one that refuses connections. */
export function configurationText(url: string, setup: TestSetup): string {
  return `server: { host: 127.0.0.1, port: 0${setup.server === undefined ? "" : `, ${setup.server}`} }
default-policy: ${setup.defaultPolicy ?? "main"}
providers:
  up: { kind: openai-compatible, url: "${url}/v1", key: "\${UP_KEY}", connections: ${setup.connections ?? 64}${setup.provider === undefined ? "" : `, ${setup.provider}`} }
  dead: { kind: openai-compatible, url: "http://127.0.0.1:9/v1" }
${setup.providers?.(url) ?? ""}
targets:
  a: { provider: up, model: model-a, price: { input: $1/M, output: $2/M }, context: 128k }
  b: { provider: up, model: model-b, price: { input: $3/M, output: $4/M }, context: 128k }
  c: { provider: up, model: model-c, price: { input: $1/M, output: $2/M } }
  lost: { provider: dead, model: model-lost, price: { input: $1/M, output: $2/M } }
${setup.targets ?? ""}
${setup.yaml ?? ""}`;
}

export const logInto = (lines: string[]): Logger =>
  pino({ base: null }, { write: (line: string) => void lines.push(line) });

export async function startTestGateway(setup: TestSetup = {}): Promise<TestGateway> {
  const upstream = await startStandIn({
    records: true,
    ...(setup.script === undefined ? {} : { script: setup.script }),
  });
  const folder = mkdtempSync(join(tmpdir(), "signalbox-gateway-"));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("signalbox.yaml", configurationText(upstream.url, setup));
  const policies = setup.policies ?? { main: "otherwise a fallback b with retry 0\n" };
  for (const [name, text] of Object.entries(policies)) write(`${name}.policy`, text);
  const logged: string[] = [];
  const release = async (gateway: Gateway | null): Promise<void> => {
    await gateway?.kill();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const gateway = await startGateway({
    configurationFile: join(folder, "signalbox.yaml"),
    variables: { UP_KEY: "sk-upstream-secret" },
    logger: logInto(logged),
    ...setup.options,
  }).catch(async (error: unknown) => {
    await release(null);
    throw error;
  });
  return {
    gateway,
    folder,
    upstream,
    logged,
    write,
    client: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 }),
    chat: (body = {}, headers = {}) =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ ...hello, ...body }),
      }),
    [Symbol.asyncDispose]: () => release(gateway),
  };
}

export const hello = { model: "main", messages: [{ role: "user", content: "hello" }] };

/** One event of an OpenAI stream. */
export const chunk = (content: string): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`;

export const eventStream = { "content-type": "text/event-stream" };

/** An OpenAI error answer. */
export const refusal = (status: number, headers: Record<string, string> = {}): Behaviour => ({
  status,
  headers,
  body: JSON.stringify({ error: { message: "no", type: null, param: null, code: null } }),
});
