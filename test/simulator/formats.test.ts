import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogFormat } from "../../src/simulator/log-format.ts";
import { createLogTargets } from "../../src/simulator/log-targets.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { logSamples } from "../support/log-samples.ts";
import { type Read, read } from "../support/read-requests.ts";
import { configuration, nowMs, programOf } from "../support/simulation.ts";

/** Requests with their outcomes told, so that they can be compared. */
const told = ({ requests, skipped }: Read): unknown => ({
  skipped,
  requests: requests.map((request) => ({
    ...request,
    outcome: request.outcome(),
    answer: request.answer?.(),
  })),
});

describe.each(logSamples.map((sample) => [`${sample.format}, ${sample.what}`, sample] as const))(
  "%s",
  (_, sample) => {
    const bytes = Buffer.from(sample.text);

    test("is told by what stands in it, and gives what it holds", async () => {
      const { requests, skipped } = await read([bytes]);
      expect(requests.map(({ format }) => format)).toEqual(sample.lines.map(() => sample.format));
      expect(requests.map(({ line }) => line)).toEqual(sample.lines);
      expect(skipped.map(([line]) => line)).toEqual(sample.skipped ?? []);
      const first = requests[0];
      expect(first).toMatchObject(sample.first);
      expect(first?.outcome()).toMatchObject(sample.outcome);
    });

    test("gives the same when its format is named", async () => {
      const named = await read([bytes], sample.format);
      const found = await read([bytes]);
      const alike = named.requests.filter(({ line }) => sample.lines.includes(line));
      expect(told({ ...named, requests: alike })).toMatchObject({
        requests: (told(found) as Read).requests,
      });
    });

    test("gives the same however its bytes are cut, and however it is packed", async () => {
      const whole = told(await read([bytes]));
      for (const packed of [gzipSync(bytes), zstdCompressSync(bytes)]) {
        expect(told(await read([packed]))).toEqual(whole);
      }
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      expect(told(await read(single))).toEqual(whole);
      // As rotated and joined logs are: a second member, a second frame.
      const [before, after] = [bytes.subarray(0, 40), bytes.subarray(40)];
      for (const pack of [gzipSync, zstdCompressSync]) {
        expect(told(await read([Buffer.concat([pack(before), pack(after)])]))).toEqual(whole);
      }
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(bytes.length), { maxLength: 12 }),
          fc.constantFrom<(all: Buffer) => Buffer>((all) => all, gzipSync, zstdCompressSync),
          async (cuts, pack) => {
            const packed = pack(bytes);
            const places = [
              0,
              ...cuts.map((cut) => cut % (packed.length + 1)),
              packed.length,
            ].toSorted((a, b) => a - b);
            const chunks = places.slice(1).map((end, at) => packed.subarray(places[at], end));
            expect(told(await read(chunks))).toEqual(whole);
          },
        ),
        { numRuns: 40 },
      );
    });
  },
);

const samples = (format: LogFormat) => logSamples.filter((sample) => sample.format === format);
const textOf = (format: LogFormat, at = 0): Buffer => Buffer.from(samples(format)[at]?.text ?? "");

test("bodies in exports of other gateways are read with their parameters, and what stands beside them is told", async () => {
  const { requests } = await read([textOf("litellm")]);
  expect(requests[0]?.chat).toMatchObject({
    body: { model: "cheap", max_tokens: 64, stream: true, metadata: { case: "triage" } },
    endpoint: "chat",
    headers: undefined,
    caller: undefined,
    known: { key: "search-prod", user: "u-3", team: "search", "metadata.case": "triage" },
  });
  // Redacted messages leave the facts beside them; a cached answer says nothing of its target.
  expect(requests[1]).toMatchObject({
    chat: null,
    facts: { key: "search-prod", tokens: 120, model: "cheap" },
    latency: null,
  });
  expect(requests[1]?.outcome()).toMatchObject({
    ...{ ok: false, status: 429, cause: "rate_limited" },
    attempts: [{ target: "gpt-mini", outcome: "rate_limited", status: 429 }],
  });
  expect(requests[2]).toMatchObject({ latency: null, usage: { input: 120, served: null } });
  expect(requests[2]?.outcome()).toMatchObject({ cacheHit: true, attempts: [] });
  const langfuse = await read([textOf("langfuse")]);
  expect(langfuse.requests[0]?.chat?.body).toMatchObject({
    model: "gpt-6-luna",
    max_tokens: 64,
    temperature: 0,
  });
  for (const format of ["portkey", "helicone"] as const) {
    const [first, second] = (await read([textOf(format)])).requests;
    expect(first?.chat).toMatchObject({
      endpoint: "chat",
      known: { user: "u-3", "metadata.case": "triage" },
    });
    expect(second?.outcome().ok).toBe(false);
  }
});

test("the spend log keeps whole bodies where the proxy was told to", async () => {
  const row = JSON.parse(textOf("litellm-spend", 1).toString())[0];
  const body = { model: "cheap", messages: [{ role: "user", content: "Hi" }], stream: true };
  const line = Buffer.from(JSON.stringify({ ...row, proxy_server_request: body }));
  expect((await read([line])).requests[0]?.chat?.body).toEqual(body);
});

test("bodies of Messages and Responses give the conversation that the gateway reads", async () => {
  const messages = (await read([textOf("messages")])).requests[0]?.chat;
  expect(messages).toMatchObject({
    endpoint: "messages",
    body: { model: "claude", max_completion_tokens: 64 },
  });
  expect(messages?.body.messages.map(({ role }) => role)).toEqual(["system", "user"]);
  const responses = (await read([textOf("responses")])).requests;
  expect(
    responses.map(({ id, chat }) => [id, chat?.endpoint, chat?.body.messages.at(-1)?.role]),
  ).toEqual([
    ["line 1", "responses", "user"],
    ["b-1", "responses", "user"],
  ]);
});

test.each([
  ["no markers: read as chat", { max_tokens: 5 }, [{ role: "user", content: "hi" }], "chat"],
  [
    "a system at the top",
    { system: "x", max_tokens: 5 },
    [{ role: "user", content: "hi" }],
    "messages",
  ],
  [
    "tools with an input schema",
    { max_tokens: 5, tools: [{ name: "t", input_schema: { type: "object" } }] },
    [{ role: "user", content: "hi" }],
    "messages",
  ],
  [
    "a result of a tool",
    { max_tokens: 5 },
    [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "t", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }] },
    ],
    "messages",
  ],
])("the API of a bare body, %s", async (_, more, messages, format) => {
  const line = Buffer.from(JSON.stringify({ model: "m", ...more, messages }));
  const { requests, skipped } = await read([line]);
  expect(skipped).toEqual([]);
  expect(requests[0]?.format).toBe(format);
});

test("a map reads JSON of any shape: paths, texts that hold JSON, a body, and what was measured", async () => {
  const row = {
    ts: 1_763_892_000,
    who: { name: "u1" },
    usage: '{"prompt_tokens": 12, "completion_tokens": "7"}',
    payload: { request: '{"model":"auto","messages":[{"role":"user","content":"hi"}]}' },
    "a.b": { c: 200 },
    ms: 512.5,
    price: 0.001,
    by: "gpt-6-luna",
    hit: "false",
    said: '{"choices":[{"message":{"content":"Hello."}}]}',
  };
  const map =
    "time=ts,user=who.name,input=usage.prompt_tokens,output=usage.completion_tokens,body=payload.request,status=a.b.c,duration=ms,cost=price,target=by,cache_hit=hit,answer=said";
  const { requests, skipped } = await read([Buffer.from(JSON.stringify(row))], null, map);
  expect(skipped).toEqual([]);
  expect(requests[0]).toMatchObject({
    ...{ format: "json", atMs: 1_763_892_000_000, usage: { input: 12, output: 7 } },
    chat: { endpoint: "chat", body: { model: "auto" }, known: { user: "u1" } },
    latency: { target: "gpt-mini", totalMs: 512.5, firstTokenMs: null },
  });
  expect(requests[0]?.outcome()).toMatchObject({
    ok: true,
    status: 200,
    cost: 1e9,
    cacheHit: false,
  });
  expect(requests[0]?.answer?.()).toBe("Hello.");
  const lacking = await read([Buffer.from('{"x":1}\n')], null, "tokens=usage.prompt_tokens");
  expect(lacking.skipped).toEqual([[1, "nothing stands where --map looks"]]);
});

test("JSON lines whose fields bear the names of facts need no map when their format is named", async () => {
  const { requests } = await read([Buffer.from('{"tokens":5,"user":"u","x":1}\n')], "json");
  expect(requests[0]).toMatchObject({ format: "json", facts: { tokens: 5, user: "u" } });
});

test("formats may stand in one log beside each other, line by line", async () => {
  const all = ["records", "litellm", "mooncake", "chat"] as const;
  const { requests } = await read(all.map((format) => textOf(format)));
  expect(new Set(requests.map(({ format }) => format))).toEqual(new Set(all));
});

test("a target is told by its own name, by its model at the provider, or by its model", () => {
  const { served } = createLogTargets(configuration);
  expect(served("claude", null)).toBe("claude");
  expect(served("gpt-6-luna", "openai")).toBe("gpt-mini");
  expect(served("openai/gpt-6-luna", null)).toBe("gpt-mini");
  expect(served("no-such-model", "openai")).toBeNull();
});

test.each([
  ["a date", "gpt-6-luna-2026-03-01", "gpt-mini"],
  ["a date without dashes", "gpt-6-luna-20260301", "gpt-mini"],
  ["a month", "gpt-6-luna-2026-03", "gpt-mini"],
  ["a day without its year", "gpt-6-luna-0301", "gpt-mini"],
  ["a date after @", "gpt-6-luna@20260301", "gpt-mini"],
  ["a number", "gpt-6-luna-001", "gpt-mini"],
  ["latest", "gpt-6-luna-latest", "gpt-mini"],
  ["a date and a version", "gpt-6-luna-20260301-v1:0", "gpt-mini"],
  ["a date, after its provider", "openai/gpt-6-luna-2026-03-01", "gpt-mini"],
  ["a date after a target's own name", "claude-20260301", "claude"],
  ["another size of it", "gpt-6-luna-mini", null],
  ["a date after nothing known", "no-such-model-2026-03-01", null],
])("a model that served under a name with its version is that model: %s", (_, model, target) => {
  expect(createLogTargets(configuration).served(model, "openai")).toBe(target);
});

test("a target of the very version goes before one of the model", () => {
  const targets = new Map(configuration.targets);
  const mini = targets.get("gpt-mini");
  if (mini === undefined) throw new Error("no such target");
  targets.set("dated", { ...mini, name: "dated", model: "gpt-6-luna-2026-03-01" });
  targets.set("newest", { ...mini, name: "newest", model: "gpt-7-latest" });
  const { served } = createLogTargets({ ...configuration, targets });
  expect(served("gpt-6-luna-2026-03-01", "openai")).toBe("dated");
  expect(served("gpt-6-luna-2026-05-01", "openai")).toBe("gpt-mini");
  expect(served("gpt-7-2026-05-01", "openai")).toBe("newest");
});

test("a policy decides on what stands beside a body in the log, and misses what the log does not tell", async () => {
  const reportOf = (policy: string) =>
    simulate({
      log: [textOf("litellm")],
      configuration,
      nowMs,
      programs: { a: programOf(policy) },
    });
  const told = await reportOf("if team is search and user is u-3 then gpt else claude");
  expect(told.missing).toEqual([]);
  expect(told.targets.map(({ target, requests }) => [target, requests])).toEqual([["gpt", 3]]);
  const untold = await reportOf("if tier is free then gpt else claude");
  expect(untold.missing).toMatchObject([{ fact: "tier", requests: 3 }]);
  expect(untold.incomplete.requests).toBe(3);
});

test.each([
  [
    "mooncake",
    '{"timestamp":1e300,"input_length":1,"output_length":1}',
    "`timestamp` is no moment",
  ],
  [
    "burstgpt",
    "Timestamp,Model,Request tokens,Response tokens\n1e300,m,1,1",
    "`Timestamp` is no moment",
  ],
] as const)("a line of %s that came beyond all dates is skipped", async (_, text, reason) => {
  const { requests, skipped } = await read([Buffer.from(`${text}\n`)]);
  expect(requests).toEqual([]);
  expect(skipped.map(([, why]) => why)).toEqual([reason]);
});

test("the very name of a model goes before a target that is named as the model is without its version", () => {
  const targets = new Map(configuration.targets);
  const mini = targets.get("gpt-mini");
  if (mini === undefined) throw new Error("the example has a small model");
  targets.set("gpt-9", { ...mini, name: "gpt-9", model: "gpt-9-2024-11-20" });
  targets.set("old", { ...mini, name: "old", model: "gpt-9-2024-08-06" });
  const { served } = createLogTargets({ ...configuration, targets });
  expect(served("gpt-9-2024-08-06", "openai")).toBe("old");
  expect(served("gpt-9-2024-11-20", "openai")).toBe("gpt-9");
  expect(served("gpt-9-2024-05-13", "openai")).toBe("gpt-9");
});
