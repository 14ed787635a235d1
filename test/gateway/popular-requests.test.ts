import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServerSettings } from "../../src/configuration/configuration.ts";
import { defaultConfiguration } from "../../src/configuration/default-configuration.ts";
import { PopularRequests } from "../../src/gateway/popular-requests.ts";
import { type Surface, surfaceAt } from "../../src/gateway/surfaces.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { openCacheStage } from "../support/cache-stage.ts";

const limits: ServerSettings = defaultConfiguration().server;
const surfaceOf = (path: string): Surface => surfaceAt(path, "") as Surface;
const chat = surfaceOf("/v1/chat/completions");

const bodyOf = (content: string, more = {}): Buffer =>
  Buffer.from(JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...more }));

function read(bytes: Uint8Array, surface = chat): ModelRequest {
  const made = surface.read(bytes, limits, {});
  if (!made.ok) throw new Error(made.problem.message);
  return made.request;
}

test("a request that was noted is found by its bytes alone, whatever shares its place", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 3, maxLength: 4 }), { minLength: 1, maxLength: 20 }),
      fc.string({ minLength: 3, maxLength: 4 }),
      (contents, asked) => {
        const popular = new PopularRequests();
        for (const each of contents) popular.note(chat, limits, read(bodyOf(each)));
        const found = popular.find(chat, limits, bodyOf(asked));
        if (found !== null) expect(found.body.messages[0]?.content).toBe(asked);
        const last = contents.at(-1) as string;
        expect(popular.find(chat, limits, bodyOf(last))?.body.messages[0]?.content).toBe(last);
      },
    ),
  );
});

test("bodies that are alike where places are told apart are told apart all the same", () => {
  const popular = new PopularRequests();
  const [one, other] = [bodyOf(`${"a".repeat(64)}b`), bodyOf(`${"a".repeat(63)}ba`)];
  popular.note(chat, limits, read(one));
  expect(popular.find(chat, limits, other)).toBeNull();
  expect(popular.find(chat, limits, one)).not.toBeNull();
});

const messages = surfaceOf("/v1/messages");
const message = bodyOf("hello", { max_tokens: 9 });

test.each<[string, () => ModelRequest | null]>([
  [
    "read by another API",
    () => {
      const popular = new PopularRequests();
      popular.note(chat, limits, read(message));
      return popular.find(messages, limits, message);
    },
  ],
  [
    "read under other limits",
    () => {
      const popular = new PopularRequests();
      popular.note(chat, limits, read(message));
      return popular.find(chat, { ...limits, maxDepth: 3 }, message);
    },
  ],
  [
    "read by an API that reads headers too",
    () => {
      const popular = new PopularRequests();
      popular.note(messages, limits, read(message, messages));
      return popular.find(messages, limits, message);
    },
  ],
  [
    "longer than those that are held",
    () => {
      const popular = new PopularRequests();
      const long = bodyOf("a".repeat(17_000));
      popular.note(chat, limits, read(long));
      return popular.find(chat, limits, long);
    },
  ],
  [
    "held no more, since so many others were noted",
    () => {
      const popular = new PopularRequests();
      popular.note(chat, limits, read(message));
      for (let size = 1; size <= 64; size += 1)
        popular.note(chat, limits, read(bodyOf("x".repeat(40 + size))));
      return popular.find(chat, limits, message);
    },
  ],
  [
    "purged",
    () => {
      const popular = new PopularRequests();
      popular.note(chat, limits, read(message));
      popular.clear();
      return popular.find(chat, limits, message);
    },
  ],
])("the same bytes are read anew where they are %s", (_name, found) => {
  expect(found()).toBeNull();
});

test("what is recorded of a request is the same whether it was read anew or not", async () => {
  await using stage = await openCacheStage(
    "if tokens > 5000 then a\notherwise a with cache exact for 1h, retry 0\n",
  );
  for (let count = 0; count < 4; count += 1) await stage.ask();
  const [first, ...others] = await stage.records(4);
  expect(others.map(({ cache }) => cache)).toEqual(["hit", "hit", "hit"]);
  for (const { facts, rule, cacheKey } of others) {
    expect(facts).toEqual(first?.facts);
    expect([rule, cacheKey]).toEqual([first?.rule, first?.cacheKey]);
  }
});
