import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { CacheEntry } from "../../../src/runtime/cache/cache-store.ts";
import { readAnswer, readEntry } from "../../../src/runtime/cache/read-kept.ts";

const start: AnswerEvent = { kind: "start", id: "c", model: "m", created: 1 };
const finish: AnswerEvent = {
  ...{ kind: "finish", choice: 0, reason: "stop", native: null, stopSequence: null },
};
const usage = {
  ...{ inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens: 1 },
  ...{ reasoningTokens: 0, estimated: false, model: "m-2" },
};
const reasoning = {
  ...{ text: "hm", summary: false, signature: "s", encrypted: null, id: null, model: null },
};

/** One of each kind that is kept. */
const events: readonly AnswerEvent[] = [
  start,
  { kind: "text", choice: 0, text: "hello", logprobs: [{ token: "hello" }] },
  { kind: "reasoning", choice: 0, text: "hm", summary: true, id: "r" },
  { kind: "reasoning_end", choice: 0, reasoning },
  { kind: "refusal", choice: 0, text: "no" },
  { kind: "citation", choice: 0, citation: { url: "https://x.example" } },
  { kind: "call_start", choice: 0, call: 0, id: "t", name: "f", custom: false, signature: "s" },
  { kind: "call_args", choice: 0, call: 0, text: "{}" },
  { kind: "media", choice: 0, mediaType: "image/png", data: "AA==", about: { a: 1 } },
  finish,
  { kind: "usage", usage, tier: null },
];

test("an answer is read as it was written", () => {
  expect(readAnswer(JSON.stringify(events))).toEqual(events);
});

const needed = events.flatMap((event, at) =>
  Object.keys(event)
    .filter((name) => !["logprobs", "about", "signature"].includes(name))
    .filter((name) => !(event.kind === "reasoning" && name === "id"))
    .map((name) => [event.kind, name, at] as const),
);

test.each(needed)("a %s whose `%s` is missing or no such thing is no event", (_, name, at) => {
  for (const other of [undefined, [], { is: "another" }, true, -1.5]) {
    const changed = { ...events[at], [name]: other };
    if (name === "created" && other === -1.5) continue;
    if (name === "custom" || name === "summary") if (other === true) continue;
    if (name === "citation" && !Array.isArray(other) && typeof other === "object") continue;
    const text = JSON.stringify(events.with(at, changed as AnswerEvent));
    expect(readAnswer(text), text).toBeNull();
  }
});

describe("what is no whole answer is none", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no list", { 0: start, length: 1 }],
    ["an empty list", []],
    ["nulls", [null]],
    ["a kind that nobody knows", [start, { kind: "toString" }, finish]],
    ["a sign of life", [start, { kind: "ping" }, finish]],
    ["no begin", [finish]],
    ["a begin in the middle", [start, start, finish]],
    ["a begin at the end", [finish, start]],
    ["no end", [start]],
    ["no end of its second choice", [start, { kind: "text", choice: 1, text: "x" }, finish]],
  ])("%s", (_, value) => {
    expect(readAnswer(JSON.stringify(value) ?? "")).toBeNull();
  });
});

const entry: CacheEntry = {
  ...{ key: "k", tenant: "t", target: "a", tags: ["x"], storedAtMs: 1, expiresAtMs: 2 },
  ...{ answer: "[]", cost: null },
};

test("an entry is read under its own key alone", () => {
  const text = JSON.stringify(entry);
  expect(readEntry(text, "k")).toEqual(entry);
  expect(readEntry(text, "other")).toBeNull();
  for (const broken of ["", "null", "[]", text.slice(1), `[${text}]`])
    expect(readEntry(broken, "k")).toBeNull();
});

test.each(Object.keys(entry))("an entry whose `%s` is missing or no such thing is none", (name) => {
  for (const other of [undefined, {}, true])
    expect(readEntry(JSON.stringify({ ...entry, [name]: other }), "k")).toBeNull();
});
