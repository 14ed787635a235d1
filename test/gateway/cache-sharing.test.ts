import { expect, test, vi } from "vitest";
import { MemoryCacheStore } from "../../src/runtime/store/memory-cache-store.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import {
  answering,
  type CacheStage,
  openCacheStage,
  textOfStream,
} from "../support/cache-stage.ts";
import { chunk, eventStream, hello, refusal } from "../support/gateway.ts";

const cached = "otherwise a with cache exact for 1h, retry 0\n";
const finish =
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

/** A door that a test opens. */
const door = () => Promise.withResolvers<void>();

const streaming = (pieces: readonly string[], more: Partial<Behaviour> = {}): Behaviour => ({
  ...{ headers: eventStream, body: [...pieces.map(chunk), finish], ...more },
});

/** Begins a stream, and reads on until what came holds some words. */
async function begin({ box }: CacheStage, signal?: AbortSignal) {
  const response = await fetch(`${box.gateway.url}/v1/chat/completions`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify({ ...hello, stream: true }),
    ...(signal === undefined ? {} : { signal }),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    cache: response.headers.get("x-signalbox-cache"),
    async until(words: string): Promise<void> {
      while (!textOfStream(text).includes(words)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended with ${textOfStream(text)}`);
        text += decoder.decode(value, { stream: true });
      }
    },
    async rest(): Promise<string> {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

test("hundreds of requests that ask the same at the same time are sent once, whole or streamed, and all are answered", async () => {
  const open = door();
  await using stage = await openCacheStage(cached, {
    script: () => streaming(["one ", "two"], { holdHead: open.promise }),
  });
  const leader = begin(stage);
  await stage.inFlight(1);
  const others = Array.from({ length: 200 }, (_, at) => stage.ask({ stream: at % 2 === 0 }));
  await stage.inFlight(201);
  open.resolve();
  expect(textOfStream(await (await leader).rest())).toBe("one two");
  for (const each of await Promise.all(others)) {
    expect([each.cache, each.text]).toEqual(["miss; collapsed", "one two"]);
    expect(each.headers.get("x-signalbox-attempts")).toBe("0");
  }
  expect(stage.asked("a")).toBe(1);
  expect((await stage.ask()).cache).toBe("hit; age=0");
  const verdicts = (await stage.records(202)).map(({ cache }) => cache);
  expect(verdicts.filter((each) => each === "collapsed")).toHaveLength(200);
});

test("of requests whose answer is beyond `max-answer` none waits for the other to be answered first", async () => {
  const [first, all] = [door(), door()];
  let asked = 0;
  await using stage = await openCacheStage(cached, {
    yaml: "cache: { max-answer: 1024 }\n",
    script: () => {
      asked += 1;
      if (asked === 8) all.resolve();
      return { ...answering("x".repeat(5_000)), holdHead: (asked === 1 ? first : all).promise };
    },
  });
  const waiting = Array.from({ length: 8 }, () => stage.ask());
  await stage.inFlight(8);
  first.resolve();
  for (const { status, cache } of await Promise.all(waiting))
    expect([status, cache]).toEqual([200, "miss"]);
  expect(asked).toBe(8);
});

test("a purge forgets what a fallback is answering", async () => {
  const open = door();
  let asked = 0;
  await using stage = await openCacheStage(cached.replace(" with", " fallback b with"), {
    script: ({ body }) => {
      if (body["model"] === "model-a") return refusal(500);
      asked += 1;
      return { ...answering(`answer ${asked}`), holdHead: open.promise };
    },
  });
  const first = stage.ask();
  while (asked === 0) await stage.inFlight(1);
  expect(await stage.purge({ target: "b" })).toEqual([200, { purged: 0 }]);
  const second = stage.ask();
  while (asked === 1) await stage.inFlight(2);
  open.resolve();
  expect([(await first).text, (await second).text]).toEqual(["answer 1", "answer 2"]);
  expect(await stage.metrics()).toContain('signalbox_cache_answers_total{result="purged"} 1');
  expect(await stage.report()).toMatchObject({ entries: 1, underWay: 0 });
});

test("a fault while an answer is kept holds up nobody who asks the same", async () => {
  const open = door();
  await using stage = await openCacheStage(cached, {
    script: () => streaming(["one"], { holdHead: open.promise }),
  });
  using put = vi.spyOn(MemoryCacheStore.prototype, "put").mockImplementationOnce(() => {
    throw new Error("a fault of ours");
  });
  const both = [stage.ask({ stream: true }), stage.ask()];
  await stage.inFlight(2);
  open.resolve();
  expect((await Promise.all(both)).map(({ text }) => text)).toEqual(["one", "one"]);
  expect(put).toHaveBeenCalledTimes(1);
  expect((await stage.ask({ stream: true })).cache).toBe("miss");
  expect((await stage.ask()).cache).toBe("hit; age=0");
});

test("who comes in the middle of a stream gets what was said so far, and then what is said", async () => {
  const more = door();
  await using stage = await openCacheStage(cached, {
    script: () =>
      streaming(["one ", "two ", "three"], {
        hold: (piece) => (piece === 2 ? more.promise : undefined),
      }),
  });
  const leader = await begin(stage);
  await leader.until("one two ");
  const follower = await begin(stage);
  expect([leader.cache, follower.cache]).toEqual(["miss", "miss; collapsed"]);
  await follower.until("one two ");
  more.resolve();
  for (const each of [leader, follower]) {
    const text = await each.rest();
    expect(textOfStream(text)).toBe("one two three");
    expect(text).toContain("data: [DONE]");
  }
  expect(stage.asked("a")).toBe(1);
});

test("when the one that is sent fails the others go on, one at a time", async () => {
  const open = door();
  let asked = 0;
  await using stage = await openCacheStage(cached, {
    script: () => {
      asked += 1;
      if (asked === 1) return { ...refusal(500), holdHead: open.promise };
      return asked === 2 ? refusal(500) : streaming(["done"]);
    },
  });
  const all = [1, 2, 3, 4, 5].map(() => stage.ask({ stream: true }));
  await stage.inFlight(5);
  open.resolve();
  const told = await Promise.all(all);
  expect(told.filter(({ text }) => text === "done")).toHaveLength(3);
  expect(told.filter(({ status }) => status >= 500)).toHaveLength(2);
  expect(asked).toBe(3);
});

test("a stream that breaks breaks for those who have its beginning; who waited for the whole goes on", async () => {
  const cut = door();
  let asked = 0;
  await using stage = await openCacheStage(cached, {
    script: () => {
      asked += 1;
      return asked === 1
        ? {
            ...streaming([]),
            body: [chunk("one "), chunk("two")],
            hold: (piece) => (piece === 1 ? cut.promise : undefined),
            after: "reset",
          }
        : {
            body: JSON.stringify({
              id: "c",
              object: "chat.completion",
              created: 1,
              model: "m",
              choices: [
                {
                  index: 0,
                  message: { role: "assistant", content: "anew" },
                  finish_reason: "stop",
                },
              ],
            }),
          };
    },
  });
  const leader = await begin(stage);
  await leader.until("one ");
  const follower = await begin(stage);
  await follower.until("one ");
  const waiting = stage.ask();
  await stage.inFlight(3);
  cut.resolve();
  for (const each of [leader, follower]) {
    const text = await each.rest();
    expect(text).toContain('"error"');
    expect(text).not.toContain("[DONE]");
  }
  const { status, text, cache } = await waiting;
  expect([status, text, cache]).toEqual([200, "anew", "miss"]);
  expect(asked).toBe(2);
});

test("the one that is sent goes on without its client while others wait, and is kept", async () => {
  const more = door();
  await using stage = await openCacheStage(cached, {
    script: () =>
      streaming(["one ", "two"], { hold: (piece) => (piece === 1 ? more.promise : undefined) }),
  });
  const leaving = new AbortController();
  const leader = await begin(stage, leaving.signal);
  await leader.until("one ");
  const follower = await begin(stage);
  await follower.until("one ");
  leaving.abort();
  await expect(leader.rest()).rejects.toThrow();
  const waiting = stage.ask();
  await stage.inFlight(3);
  more.resolve();
  expect(textOfStream(await follower.rest())).toBe("one two");
  expect((await waiting).text).toBe("one two");
  expect((await stage.ask()).cache).toBe("hit; age=0");
  expect(stage.asked("a")).toBe(1);
  const records = await stage.records(4);
  expect(records.find(({ cache }) => cache === "miss")).toMatchObject({
    outcome: "client-gone",
    attempts: [{ outcome: "ok" }],
  });
});

test("when nobody waits any more what was sent is stopped", async () => {
  await using stage = await openCacheStage(cached, {
    script: () =>
      streaming(["one "], { hold: (piece) => (piece === 1 ? new Promise(() => {}) : undefined) }),
  });
  const [one, two] = [new AbortController(), new AbortController()];
  const leader = await begin(stage, one.signal);
  await leader.until("one ");
  const follower = await begin(stage, two.signal);
  await follower.until("one ");
  one.abort();
  two.abort();
  await stage.inFlight(0);
  const records = await stage.records(2);
  const told = records.map(({ outcome, attempts }) => [outcome, attempts[0]?.outcome ?? "none"]);
  expect(told.sort()).toEqual([
    ["client-gone", "aborted"],
    ["client-gone", "none"],
  ]);
  expect(await stage.report()).toMatchObject({ underWay: 0, entries: 0 });
});

test("who waits for another's answer waits no longer than its own deadline", async () => {
  await using stage = await openCacheStage(cached, {
    policies: { hasty: "otherwise a with cache exact for 1h, retry 0, deadline 5s\n" },
    script: () => ({ neverAnswers: true }),
  });
  const leader = stage.ask();
  await stage.inFlight(1);
  const hasty = stage.ask({ model: "hasty" });
  await stage.inFlight(2);
  stage.clock.pass(5_000);
  expect((await hasty).status).toBe(504);
  await stage.inFlight(1);
  stage.clock.pass(600_000);
  expect((await leader).status).toBe(504);
});

test("an answer of a target that its own plan does not name is none for a request", async () => {
  const open = door();
  await using stage = await openCacheStage(
    "otherwise a fallback b with cache exact for 1h, retry 0\n",
    {
      policies: { alone: "otherwise a with cache exact for 1h, retry 0\n" },
      script: ({ body }) =>
        body["model"] === "model-a" ? { ...refusal(500), holdHead: open.promise } : null,
    },
  );
  const leader = stage.ask();
  await stage.inFlight(1);
  const alone = stage.ask({ model: "alone" });
  await stage.inFlight(2);
  open.resolve();
  expect((await leader).headers.get("x-signalbox-target")).toBe("b");
  expect((await alone).status).toBeGreaterThanOrEqual(500);
  expect(stage.asked("b")).toBe(1);
});

test("what is purged while it is under way is given to who waits, and not kept", async () => {
  const open = door();
  await using stage = await openCacheStage(cached, {
    script: () => streaming(["one"], { holdHead: open.promise }),
  });
  const asking = stage.ask({ stream: true });
  await stage.inFlight(1);
  await stage.purge({ target: "a" });
  open.resolve();
  expect((await asking).text).toBe("one");
  expect((await stage.ask({ stream: true })).cache).toBe("miss");
});

test("a stop of the gateway tells those who wait for another's answer", async () => {
  await using stage = await openCacheStage(cached, { script: () => ({ neverAnswers: true }) });
  const both = [stage.ask(), stage.ask()];
  await stage.inFlight(2);
  await stage.box.gateway.close(0);
  for (const { status } of await Promise.all(both)) expect(status).toBe(503);
});
