import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { createRandom, type Random } from "../../base/random.ts";
import { startGateway } from "../../gateway/start.ts";
import { startStandIn } from "../../stand-in/server.ts";
import type { StandInModel } from "../../stand-in/speed.ts";

/** Traffic through a gateway on real sockets. */
export interface LiveTraffic {
  readonly policy: string;
  /** How the stand-ins behave; whoever predicts does not see it. */
  readonly models: Readonly<Record<"near" | "far" | "spare", StandInModel>>;
  readonly requests: number;
  readonly perSecond: number;
  readonly seed: string;
  /** Requests ask one of so many questions, the first ones most often; null for one of its own each. */
  readonly questions: number | null;
}

/** What is left of it: the files of the gateway, to be read while `use` runs. */
export interface LiveTrace {
  readonly configurationFile: string;
  readonly policyFile: string;
  readonly decisionLog: string;
}

const configurationText = (url: string): string => `server: { host: 127.0.0.1, port: 0 }
default-policy: live
telemetry: { log-level: error, decision-log: decisions.jsonl, facts: [tokens, stream] }
providers:
  up: { kind: openai-compatible, url: "${url}/v1", connections: 256 }
targets:
  near: { provider: up, model: near, price: { input: $1/M, output: $2/M } }
  far: { provider: up, model: far, price: { input: $3/M, output: $15/M } }
  spare: { provider: up, model: spare, price: { input: $2/M, output: $8/M } }
`;

const filler = "the quick brown fox jumps over the lazy dog ";

/** Sends the traffic, waits for its records, and hands them to `use`; everything is gone afterwards. */
export async function withLiveTraffic<Result>(
  traffic: LiveTraffic,
  use: (trace: LiveTrace) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-fidelity-"));
  const standIn = await startStandIn({ seed: traffic.seed, models: traffic.models });
  const configurationFile = join(folder, "signalbox.yaml");
  const policyFile = join(folder, "live.policy");
  writeFileSync(configurationFile, configurationText(standIn.url));
  writeFileSync(policyFile, traffic.policy);
  try {
    const gateway = await startGateway({ configurationFile });
    try {
      await send(gateway.url, traffic);
    } finally {
      await gateway.close(5_000);
    }
    return await use({
      ...{ configurationFile, policyFile, decisionLog: join(folder, "decisions.jsonl") },
    });
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Requests that know nothing of each other, at a rate: a Poisson process. Resolves when all are over, however they ended. */
async function send(url: string, traffic: LiveTraffic): Promise<void> {
  const { requests, perSecond, seed } = traffic;
  const random = createRandom(`traffic/${seed}`);
  const pool = new Pool(url, { connections: 256 });
  const open: Promise<void>[] = [];
  let dueMs = performance.now();
  for (let sent = 0; sent < requests; sent += 1) {
    dueMs += (-Math.log(1 - random.next()) * 1_000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await delay(waitMs);
    open.push(sendOne(pool, bodyOf(random, traffic)));
  }
  await Promise.all(open);
  await pool.close();
}

/** Prompts from a dozen words to a few thousand, answers from ten words to some hundred; half of them streamed. */
function bodyOf(random: Random, { questions, seed }: LiveTraffic): string {
  const stream = random.next() < 0.5;
  // The square of a lot: a quarter of the questions are half of the traffic.
  const question = questions === null ? null : Math.floor(random.next() ** 2 * questions);
  const of = question === null ? random : createRandom(`question/${seed}/${question}`);
  const prompt = filler.repeat(1 + Math.floor(2 ** (of.next() * 9)));
  const words = 10 + Math.floor(of.next() ** 2 * 150);
  const content = `${question ?? ""} Write ${words} words about this: ${prompt}`;
  return JSON.stringify({ model: "live", stream, messages: [{ role: "user", content }] });
}

async function sendOne(pool: Pool, body: string): Promise<void> {
  const answer = await pool.request({
    path: "/v1/chat/completions",
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  // A failure is part of what is to be predicted.
  await answer.body.dump({ limit: Number.POSITIVE_INFINITY });
}
