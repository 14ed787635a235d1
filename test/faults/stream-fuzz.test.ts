import { afterAll, beforeAll, expect, test } from "vitest";
import { createRandom, type Random } from "../../src/base/random.ts";
import { type ConnectionFaults, type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { createHandClock } from "../support/hand-clock.ts";
import { type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";
import { completion, done, event, patient, readStream } from "./stage.ts";

/** 2,000 beside the other tests, 20,000 where CI says so, a million in the long profile; a number that is set goes before. */
const faultCount = Number(
  process.env["SIGNALBOX_STREAM_FAULTS"] ??
    (process.env["SIGNALBOX_LONG"] === "1" ? 1_000_000 : 2_000),
);

/** Answers asked for side by side: they share one row of faults, so that a run may begin with any of them. */
const batchSize = 100;

/** The seed to begin with: a long run is taken up again, or cut into several, at a multiple of the batch. */
const firstSeed = Number(process.env["SIGNALBOX_STREAM_FAULTS_FROM"] ?? 0);

/** A long run tells where it is, so often. */
const tellEvery = 20_000;

/** How an answer ended, as far as its client can tell. */
type Ending = "whole" | "error event" | "http error" | "unclassified";

/** What one seed makes an upstream say: so many words, and an error in place of the rest where it says so. */
interface Script {
  readonly words: readonly string[];
  readonly fails: boolean;
}

const alphabet = ["plain ", "größer ", "漢字 ", "🚂 ", '"quoted" ', "\\n ", "data: "];

function scriptOf(seed: string): Script {
  const random = createRandom(`script:${seed}`);
  const words = Array.from({ length: 1 + random.integer(12) }, () => random.pick(alphabet) ?? "");
  return { words, fails: random.integer(8) === 0 };
}

function bytesOf({ words, fails }: Script, streamed: boolean): string {
  if (!streamed) return completion(words.join(""));
  const said = words.map((content) => event({ content }));
  if (fails) said.push('data: {"error":{"type":"server_error","message":"gone"}}\n\n');
  return [event({ role: "assistant", content: "" }), ...said, event({}, "stop"), done].join("");
}

/** One answer in chunks of HTTP, after which the connection is closed. */
function httpBytes(body: string, streamed: boolean, random: Random): string {
  const type = streamed ? "text/event-stream" : "application/json";
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n`;
  const bytes = Buffer.from(body);
  if (random.integer(2) === 0)
    return `${head}content-length: ${bytes.length}\r\n\r\n${bytes.toString("latin1")}`;
  let chunks = "";
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + 1 + random.integer(400));
    chunks += `${chunk.length.toString(16)}\r\n${chunk.toString("latin1")}\r\n`;
    at += chunk.length;
  }
  return `${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

const kinds = ["none", "cut", "reset", "stall", "split", "late reset", "refused"] as const;

/** A random fault; `altering` ones turn over a bit, all others leave what they let through as it was. */
function faultsOf(random: Random, altering: boolean): ConnectionFaults {
  const at = random.integer(3_000);
  const split = random.integer(8) === 0 ? ({ splitEvery: "random" } as const) : {};
  if (altering) return { down: { corruptAt: random.integer(1_500), ...split } };
  switch (random.pick(kinds)) {
    case "cut":
      return { down: { cutAfter: at, ...split } };
    case "reset":
      return { down: { resetAfter: at, ...split } };
    case "late reset":
      return { up: { resetAfter: random.integer(600) } };
    case "stall":
      return { down: { stallAfter: random.integer(1_200), ...split } };
    case "split":
      return { down: { splitEvery: 1 + random.integer(100) } };
    case "refused":
      return { refused: true };
    default:
      return { down: split };
  }
}

const clock = createHandClock(1_000_000);
let proxy: FaultProxy;
let upstream: RawUpstream;
let box: TestGateway;
let altering = false;
let faults = createRandom("");
/** Bits turned over before this batch: where there are more by now, a text may differ from what was sent. */
let corruptedBefore = 0;

beforeAll(async () => {
  upstream = await startRawUpstream((socket, _nth, request) => {
    const seed = /seed (\d+)/.exec(request)?.[1] ?? "";
    const streamed = request.includes('"stream":true');
    const body = bytesOf(scriptOf(seed), streamed);
    socket.end(httpBytes(body, streamed, createRandom(`http:${seed}`)), "latin1");
  });
  proxy = await startFaultProxy({
    target: upstream.url,
    faults: () => faultsOf(faults, altering),
  });
  box = await startTestGateway({
    policies: {
      main: "otherwise f with retry 0\n",
      both: "otherwise f fallback g with retry 1\n",
    },
    providers: () =>
      `  faulty: { kind: openai-compatible, url: "${proxy.url}/v1", connections: 256 }`,
    targets: "  f: { provider: faulty, model: f }\n  g: { provider: faulty, model: g }\n",
    yaml: patient,
    options: { clock, timerHost: clock },
  });
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await proxy.close();
  await upstream.close();
});

/** Asks once and tells how the answer ended; nothing that a client could take for whole may be anything less. */
async function ask(seed: number): Promise<Ending> {
  const { ending, text } = await answerOf(seed);
  if (ending === "unclassified")
    console.warn(`stream faults: seed ${seed} ended as nothing: ${text}`);
  return ending;
}

async function answerOf(seed: number): Promise<{ ending: Ending; text: string }> {
  const stream = seed % 5 !== 0;
  const response = await box.chat({
    model: seed % 3 === 0 ? "both" : "main",
    stream,
    messages: [{ role: "user", content: `seed ${seed}` }],
  });
  const text = await response.text();
  const said = scriptOf(String(seed)).words.join("");
  try {
    return { ending: endingOf(response.status, text, stream, said), text };
  } catch {
    return { ending: "unclassified", text };
  }
}

function endingOf(status: number, text: string, streamed: boolean, expected: string): Ending {
  if (status !== 200) return isError(text) ? "http error" : "unclassified";
  const right = (said: string): boolean => proxy.corrupted > corruptedBefore || said === expected;
  if (!streamed) {
    const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] };
    return right(choices[0]?.message.content ?? "") ? "whole" : "unclassified";
  }
  const { said, last, ends } = readStream(text);
  if (ends === 0 && isError(last)) return "error event";
  const isWhole = ends === 1 && last === "[DONE]" && text.endsWith(done) && right(said);
  return isWhole && !text.includes('{"error":') ? "whole" : "unclassified";
}

function isError(text: string): boolean {
  const { error } = JSON.parse(text) as { error?: { message?: unknown; code?: unknown } };
  return typeof error?.message === "string" && typeof error.code === "string";
}

/** Asks for a batch; once nothing moves but what stands still, time passes until that has ended too. */
async function askBatch(first: number, endings: Map<Ending, number>): Promise<void> {
  let pending = batchSize;
  const asking = Array.from({ length: batchSize }, async (_, at) => {
    const ending = await ask(first + at);
    pending -= 1;
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
  });
  while (pending > 0) {
    const moved = `${pending} ${proxy.accepted}`;
    for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // What still waits then waits for time: a retry for its pause, a stream for its limits.
    if (pending > 0 && moved === `${pending} ${proxy.accepted}`) clock.pass(62_000);
  }
  await Promise.all(asking);
}

test(`rows 39 to 46: after ${faultCount} random faults every answer is whole, ends in an error event, or is an HTTP error`, {
  timeout: 120_000 + faultCount * 20,
}, async () => {
  expect(firstSeed % batchSize).toBe(0);
  const endings = new Map<Ending, number>();
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(1);
  const bugs: string[] = [];
  for (let done = 0; done < faultCount; done += batchSize) {
    const first = firstSeed + done;
    corruptedBefore = proxy.corrupted;
    altering = (first / batchSize) % 4 === 3;
    faults = createRandom(`stream faults:${first}`);
    await askBatch(first, endings);
    bugs.push(...box.logged.filter((line) => line.includes("fault of the gateway")));
    // A million lines would be most of what the process holds.
    box.logged.length = 0;
    if (faultCount > tellEvery && (done + batchSize) % tellEvery === 0)
      console.info(
        `stream faults: to seed ${first + batchSize - 1} in ${seconds()} s, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB, ${proxy.open} connections: ${JSON.stringify(Object.fromEntries(endings))}`,
      );
  }
  console.info(`stream faults: ${JSON.stringify(Object.fromEntries(endings))} in ${seconds()} s`);
  expect(endings.get("unclassified") ?? 0).toBe(0);
  for (const ending of ["whole", "error event", "http error"] as const)
    expect(endings.get(ending) ?? 0).toBeGreaterThan(faultCount / 20);
  expect(bugs).toEqual([]);
});
