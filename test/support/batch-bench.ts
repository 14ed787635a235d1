import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { toFile } from "openai";
import { type Gateway, startGateway } from "../../src/gateway/start.ts";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import { createTimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import type { StandInBatches } from "../../src/stand-in/batches.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { type StandIn, type StandInCall, startStandIn } from "../../src/stand-in/server.ts";
import { logInto } from "./gateway.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";

export const minute = 60_000;
export const hour = 60 * minute;

/** When the hand clock of a bench begins. */
export const benchStartMs = Date.parse("2026-11-27T12:00:00Z");

/** A gateway with a lane of batches over providers played by one stand-in, in a folder of its own, on a clock moved by hand. */
export interface BatchBench extends AsyncDisposable {
  readonly folder: string;
  readonly upstream: StandIn;
  readonly clock: HandClock;
  readonly logged: string[];
  readonly client: OpenAI;
  readonly gateway: Gateway;
  /** Lets time pass, and all that is due then be done. */
  pass(ms: number): Promise<void>;
  /** Lets time pass, a minute at a time, until a batch is over; the batch then. */
  finish(id: string, options?: FinishOptions): Promise<OpenAI.Batch>;
  /** Uploads lines and makes a batch of them. */
  order(lines: readonly string[], options?: BatchOptions): Promise<OpenAI.Batch>;
  /** The results of a batch by custom id. */
  results(batch: OpenAI.Batch, client?: OpenAI): Promise<Readonly<Record<string, Result>>>;
  /** The decision records so far. */
  records(): Promise<readonly DecisionRecord[]>;
  /** Ends the gateway at once and starts another on the same files, with what `between` makes of them. */
  restart(between?: () => void): Promise<void>;
  as(key: string): OpenAI;
}

export interface FinishOptions {
  readonly client?: OpenAI;
  readonly stepMs?: number;
}

export interface BatchOptions {
  readonly client?: OpenAI;
  readonly endpoint?: string;
}

/** A line of an output or error file. */
export interface Result {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    readonly body: OpenAI.ChatCompletion & { readonly error?: { readonly code: string } };
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface BatchSetup {
  readonly policy: string;
  readonly batches?: Omit<StandInBatches, "now">;
  readonly script?: (call: StandInCall) => Behaviour | null;
  /** Further lines of signalbox.yaml. */
  readonly yaml?: string;
}

/** Three targets: `gpt` and `claude` at providers with batch APIs, `home` at one without. */
export function batchConfiguration(url: string, yaml = ""): string {
  return `server: { host: 127.0.0.1, port: 0 }
default-policy: main
providers:
  oai: { kind: openai, url: "${url}/v1", key: "\${OAI_KEY}" }
  ant: { kind: anthropic, url: "${url}", key: "\${ANT_KEY}" }
  local: { kind: vllm, url: "${url}/local/v1" }
targets:
  gpt: { provider: oai, model: gpt-5.4-mini }
  claude: { provider: ant, model: claude-sonnet-5-5 }
  home: { provider: local, model: qwen }
telemetry: { decision-log: decisions.jsonl }
${yaml}`;
}

/** A folder with that configuration and one policy. */
export function batchFolder(
  url: string,
  { policy, yaml }: Pick<BatchSetup, "policy" | "yaml">,
): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-batch-"));
  writeFileSync(join(folder, "signalbox.yaml"), batchConfiguration(url, yaml));
  writeFileSync(join(folder, "main.policy"), `${policy}\n`);
  return folder;
}

export const batchVariables = { OAI_KEY: "sk-provider-one", ANT_KEY: "sk-provider-two" };

/** A stand-in that makes batches by a clock moved by hand, ten minutes each. */
export async function startBatchUpstream(
  clock: HandClock,
  { batches, script }: Pick<BatchSetup, "batches" | "script">,
): Promise<StandIn> {
  return await startStandIn({
    records: true,
    batches: { delayMs: 10 * minute, ...batches, now: () => clock.now() },
    ...(script === undefined ? {} : { script }),
  });
}

export async function startBatchBench(setup: BatchSetup): Promise<BatchBench> {
  const clock = createHandClock(benchStartMs);
  const upstream = await startBatchUpstream(clock, setup);
  const folder = batchFolder(upstream.url, setup);
  const logged: string[] = [];
  const start = (): Promise<Gateway> =>
    startGateway({
      configurationFile: join(folder, "signalbox.yaml"),
      variables: { ...batchVariables, KEY_A: "key-a-secret", KEY_B: "key-b-secret" },
      logger: logInto(logged),
      laneTime: { clock, timers: createTimerWheel(clock, clock) },
    });
  let gateway = await start();
  const clientFor = (key: string): OpenAI =>
    new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 });
  const over = new Set(["completed", "failed", "expired", "cancelled"]);
  const pass = async (ms: number): Promise<void> => {
    await gateway.batchesSettled();
    clock.pass(ms);
    await gateway.batchesSettled();
  };
  return {
    folder,
    upstream,
    clock,
    logged,
    get client() {
      return clientFor("none");
    },
    get gateway() {
      return gateway;
    },
    pass,
    async finish(id, { client = clientFor("none"), stepMs = minute } = {}) {
      for (let passed = 0; passed < 27 * hour; passed += stepMs) {
        await pass(stepMs);
        const batch = await client.batches.retrieve(id);
        if (over.has(batch.status)) return batch;
      }
      throw new Error("the batch is never over");
    },
    async order(lines, { client = clientFor("none"), endpoint = "/v1/chat/completions" } = {}) {
      const file = await client.files.create({
        file: await toFile(Buffer.from(lines.join("\n")), "requests.jsonl"),
        purpose: "batch",
      });
      return await client.batches.create({
        input_file_id: file.id,
        endpoint: endpoint as "/v1/chat/completions",
        completion_window: "24h",
      });
    },
    async results({ output_file_id, error_file_id }, client = clientFor("none")) {
      const found: Record<string, Result> = {};
      for (const id of [output_file_id, error_file_id]) {
        if (!id) continue;
        const text = await (await client.files.content(id)).text();
        for (const row of text.trimEnd().split("\n")) {
          const result = JSON.parse(row) as Result;
          if (result.custom_id in found) throw new Error(`${result.custom_id} has two results`);
          found[result.custom_id] = result;
        }
      }
      return found;
    },
    async records() {
      await gateway.kill();
      const text = readFileSync(join(folder, "decisions.jsonl"), "utf8");
      gateway = await start();
      return text
        .trimEnd()
        .split("\n")
        .map((row) => JSON.parse(row) as DecisionRecord);
    },
    async restart(between) {
      await gateway.kill();
      between?.();
      gateway = await start();
    },
    as: clientFor,
    async [Symbol.asyncDispose]() {
      await gateway.kill();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A line of an input file. */
export function line(
  customId: string,
  body: Readonly<Record<string, unknown>> = {},
  url = "/v1/chat/completions",
): string {
  return JSON.stringify({
    custom_id: customId,
    method: "POST",
    url,
    body: { model: "main", messages: [{ role: "user", content: `hello ${customId}` }], ...body },
  });
}
