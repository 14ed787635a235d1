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

function requestOnce(
  client: Client,
  body: Buffer,
  times: { first: number[]; all: number[] },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let firstAt = 0;
    let status = 0;
    client.dispatch(
      {
        path: "/v1/chat/completions",
        method: "POST",
        headers: ["content-type", "application/json"],
        body,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code;
        },
        onResponseData() {
          if (firstAt === 0) firstAt = performance.now();
        },
        onResponseEnd() {
          if (status !== 200) {
            reject(new Error(`the bench got HTTP ${status}`));
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
  const body = benchBody(load.streamed);
  const times = { first: [] as number[], all: [] as number[] };
  let left = load.requests;
  const { connections, spreadMs = 0 } = load;
  const worker = async (number: number): Promise<void> => {
    const client = new Client(load.url, { pipelining: 1 });
    await delay((number * spreadMs) / connections);
    while (left > 0) {
      left -= 1;
      await requestOnce(client, body, times);
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, (_, number) => worker(number)));
  return { latenciesMs: times.all, firstByteMs: times.first };
}
