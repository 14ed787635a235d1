import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";

/** One closed-loop run: so many connections, each sending its next request when the last is answered. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly requests: number;
  readonly streamed: boolean;
  /** Over how long the connections begin, one after the other; all at once when left out. */
  readonly spreadMs?: number;
  /** The body of each request; `benchBody` when left out. */
  readonly body?: Buffer;
  /** How `x-signalbox-cache` has to begin in each answer; anything when left out. */
  readonly cache?: string;
}

export interface LoadResult {
  /** Milliseconds from sending to the last byte, per request, in order of completion. */
  readonly latenciesMs: readonly number[];
  /** Milliseconds to the first byte of the body. */
  readonly firstByteMs: readonly number[];
}

const filler =
  "The quick brown fox jumps over the lazy dog near the river bank while it rains. ".repeat(10);

/** A chat request of 979 bytes, the size the floor figures were taken with (performance page). */
export function benchBody(streamed: boolean): Buffer {
  const body = {
    model: "bench",
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: filler },
    ],
    temperature: 0.2,
    ...(streamed ? { stream: true } : {}),
  };
  return Buffer.from(JSON.stringify(body));
}

/**
 * A chat request of about a thousand bytes whose prompt asks one thing in one of two wordings: 450 letters, of which the last forty
 * differ.
 */
export function wordedBody(wording: 0 | 1, streamed: boolean): Buffer {
  const question = [
    "How do I reset the password of my account?",
    "How can I reset my account's password?",
  ];
  const body = {
    model: "bench",
    messages: [
      { role: "system", content: filler.slice(0, 400) },
      { role: "user", content: `${account} ${question[wording]}` },
    ],
    temperature: 0.2,
    ...(streamed ? { stream: true } : {}),
  };
  return Buffer.from(JSON.stringify(body));
}

const account =
  "I opened an account with the shop last spring and have ordered from it since, mostly books and now and then a lamp. After the holidays I wanted to sign in again on the new computer, and the page tells me that the password is wrong, although I am sure that I typed it as always. The old computer is gone, so I cannot look it up there, and the browser has not kept it. I still read the mail that belongs to the account.";

function requestOnce(
  client: Client,
  { body, cache = "" }: { readonly body: Buffer; readonly cache?: string | undefined },
  times: { first: number[]; all: number[] },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let firstAt = 0;
    let [status, told] = [0, ""];
    client.dispatch(
      {
        path: "/v1/chat/completions",
        method: "POST",
        headers: ["content-type", "application/json"],
        body,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code, headers) {
          status = code;
          told = String(headers["x-signalbox-cache"] ?? "");
        },
        onResponseData() {
          if (firstAt === 0) firstAt = performance.now();
        },
        onResponseEnd() {
          if (status !== 200) {
            reject(new Error(`the bench got HTTP ${status}`));
            return;
          }
          if (!told.startsWith(cache)) {
            reject(new Error(`the bench was told ${told} of the cache, not ${cache}`));
            return;
          }
          times.first.push(firstAt - startedAt);
          times.all.push(performance.now() - startedAt);
          resolve();
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}

/** Runs a load to its end. Rejects on the first answer that is not a 200. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { body = benchBody(load.streamed), cache } = load;
  const times = { first: [] as number[], all: [] as number[] };
  let left = load.requests;
  const { connections, spreadMs = 0 } = load;
  const worker = async (number: number): Promise<void> => {
    const client = new Client(load.url, { pipelining: 1 });
    await delay((number * spreadMs) / connections);
    while (left > 0) {
      left -= 1;
      await requestOnce(client, { body, cache }, times);
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, (_, number) => worker(number)));
  return { latenciesMs: times.all, firstByteMs: times.first };
}
