import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "./gateway.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";

const startMs = Date.UTC(2026, 10, 27, 12);
const adminKey = "sk-admin-0123456789";

export interface CachedAnswer {
  readonly status: number;
  /** What `x-signalbox-cache` says. */
  readonly cache: string | null;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A gateway whose policy keeps answers, on a clock of its own. */
export interface CacheStage extends AsyncDisposable {
  readonly box: TestGateway;
  readonly clock: HandClock;
  ask(body?: object, headers?: Record<string, string>): Promise<CachedAnswer>;
  /** How often a target was asked. */
  asked(target: string): number;
  report(): Promise<Record<string, unknown>>;
  purge(order: object): Promise<[number, unknown]>;
  /** The records, once there are so many. */
  records(count: number): Promise<readonly DecisionRecord[]>;
  metrics(): Promise<string>;
  /** Fulfilled once so many requests are being answered. */
  inFlight(count: number): Promise<void>;
}

export interface CacheSetup extends TestSetup {
  readonly variables?: Readonly<Record<string, string>>;
}

export async function openCacheStage(main: string, setup: CacheSetup = {}): Promise<CacheStage> {
  const clock = createHandClock(startMs);
  const box = await startTestGateway({
    ...setup,
    policies: { main, ...setup.policies },
    yaml: `admin: { key: "\${OPERATOR}" }
telemetry: { decision-log: log.jsonl }
${setup.yaml ?? ""}`,
    options: {
      ...{ clock, timerHost: clock },
      variables: { UP_KEY: "sk-upstream-secret", OPERATOR: adminKey, ...setup.variables },
      ...setup.options,
    },
  });
  const url = box.gateway.url;
  const keyed = { "x-signalbox-admin-key": adminKey };
  const metrics = async () => (await fetch(`${url}/metrics`, { headers: keyed })).text();
  return {
    ...{ box, clock, metrics },
    async ask(body = {}, headers = {}) {
      const response = await box.chat(body as Record<string, unknown>, headers);
      const text = await response.text();
      const isJson = response.headers.get("content-type") === "application/json";
      const json = isJson ? (JSON.parse(text) as CachedAnswer["body"]) : {};
      return {
        ...{ status: response.status, headers: response.headers, body: json },
        cache: response.headers.get("x-signalbox-cache"),
        text: isJson ? textOf(json) : textOfStream(text),
      };
    },
    asked: (target) =>
      box.upstream.calls.filter(({ body }) => body["model"] === `model-${target}`).length,
    async report() {
      const response = await fetch(`${url}/admin/cache`, { headers: keyed });
      return (await response.json()) as Record<string, unknown>;
    },
    async purge(order) {
      const response = await fetch(`${url}/admin/cache`, {
        ...{ method: "POST", headers: keyed, body: JSON.stringify(order) },
      });
      return [response.status, await response.json()];
    },
    async records(count) {
      for (;;) {
        const lines = readFileSync(join(box.folder, "log.jsonl"), "utf8").split("\n").slice(0, -1);
        if (lines.length >= count) return lines.map((line) => JSON.parse(line) as DecisionRecord);
        await metrics();
      }
    },
    async inFlight(count) {
      const line = `\nsignalbox_requests_in_flight ${count}\n`;
      while (!(await metrics()).includes(line));
    },
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

/** What the first choice of a chat completion says. */
export function textOf(body: unknown): string {
  const { choices } = body as { readonly choices?: readonly { message?: { content?: string } }[] };
  return choices?.[0]?.message?.content ?? "";
}

/** What a stream of chat completions says. */
export function textOfStream(text: string): string {
  return [...text.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json = "{}"]) => JSON.parse(json) as { choices?: { delta?: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta?.content ?? "")
    .join("");
}

/** The age that a header tells, in seconds; NaN where it tells none. */
export function ageOf(header: string | null): number {
  return Number(/age=(\d+)/.exec(header ?? "")?.[1]);
}

/** A whole chat completion, of so many tokens. */
export function answering(content: string, outputTokens = 1): Behaviour {
  return {
    body: JSON.stringify({
      ...{ id: "c", object: "chat.completion", created: 1, model: "m" },
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: {
        ...{ prompt_tokens: 0, completion_tokens: outputTokens },
        total_tokens: outputTokens,
      },
    }),
  };
}
