import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { ageOf, answering, openCacheStage, textOf } from "../support/cache-stage.ts";
import { hello, refusal, startTestGateway } from "../support/gateway.ts";

const cached = "otherwise a with cache exact for 1h, retry 0\n";

test("a request that asks the same again is answered without asking the model, under an id of its own", async () => {
  await using stage = await openCacheStage(cached);
  const first = await stage.ask();
  const second = await stage.ask();
  expect([first.cache, second.cache]).toEqual(["miss", "hit; age=0"]);
  expect(second.headers.get("x-signalbox-attempts")).toBe("0");
  expect(second.headers.get("x-signalbox-target")).toBe("a");
  expect(second.text).toBe(first.text);
  const { prompt_tokens, completion_tokens } = first.body["usage"] as Record<string, number>;
  expect(second.body["usage"]).toMatchObject({ prompt_tokens, completion_tokens });
  expect(second.body["id"]).not.toBe(first.body["id"]);
  expect(stage.asked("a")).toBe(1);
});

test("a stream that an OpenAI client was given first is replayed to an Anthropic client, as a stream and whole", async () => {
  await using stage = await openCacheStage(cached);
  const messages = [{ role: "user" as const, content: "hello" }];
  const stream = await stage.box.client.chat.completions.create({
    ...{ model: "main", messages, max_tokens: 64, stream: true },
  });
  let said = "";
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? "";
  const anthropic = new Anthropic({
    ...{ baseURL: stage.box.gateway.url, apiKey: "none", maxRetries: 0 },
  });
  const asked = { model: "main", messages, max_tokens: 64 };
  const replayed = await anthropic.messages.stream(asked).finalMessage();
  const whole = await anthropic.messages.create(asked);
  for (const each of [replayed, whole]) {
    expect(each.content).toMatchObject([{ type: "text", text: said }]);
    expect(each.stop_reason).toBe("end_turn");
    expect(each.usage.output_tokens).toBeGreaterThan(0);
  }
  expect(stage.asked("a")).toBe(1);
});

test.each([
  ["/v1/responses", { model: "main", input: "hello" }, ["output", 0, "content", 0, "text"]],
  [
    "/v1beta/models/main:generateContent",
    { contents: [{ role: "user", parts: [{ text: "hello" }] }] },
    ["candidates", 0, "content", "parts", 0, "text"],
  ],
  [
    "/v1/chat/completions",
    { ...hello, messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }] },
    ["choices", 0, "message", "content"],
  ],
])("what was asked over chat completions is found over %s", async (path, body, place) => {
  await using stage = await openCacheStage(cached);
  const first = await stage.ask();
  const response = await fetch(`${stage.box.gateway.url}${path}`, {
    ...{ method: "POST", headers: { "content-type": "application/json" } },
    body: JSON.stringify(body),
  });
  let found: unknown = await response.json();
  expect(response.headers.get("x-signalbox-cache")).toBe("hit; age=0");
  for (const step of place) found = (found as Record<string, unknown>)[step];
  expect(found).toBe(first.text);
});

test("a stream is replayed at the pace that is set, in pieces that are the same text", async () => {
  await using stage = await openCacheStage(cached, { yaml: "cache: { pace: 100ms }\n" });
  const first = await stage.ask();
  const stream = await stage.box.client.chat.completions.create({
    ...{ model: "main", messages: [{ role: "user", content: "hello" }], stream: true },
  });
  const pieces: string[] = [];
  const reading = (async () => {
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? "");
  })();
  let over = false;
  void reading.then(() => {
    over = true;
  });
  while (!over) {
    stage.clock.pass(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(5);
  expect(pieces.join("")).toBe(first.text);
});

test("an answer stands for its time, and the time is that of the policy that asks", async () => {
  await using stage = await openCacheStage(cached);
  await stage.ask();
  stage.clock.pass(3_599_000);
  expect((await stage.ask()).cache).toBe("hit; age=3599");
  stage.box.write("main.policy", "otherwise a with cache exact for 10m, retry 0\n");
  await stage.box.gateway.reload();
  expect((await stage.ask()).cache).toBe("miss");
  stage.clock.pass(600_000);
  expect((await stage.ask()).cache).toBe("miss");
  expect(stage.asked("a")).toBe(3);
});

test("the policy decides before the cache is looked up", async () => {
  await using stage = await openCacheStage(cached);
  await stage.ask();
  stage.box.write("main.policy", `if messages > 0 then reject 403\n${cached}`);
  await stage.box.gateway.reload();
  expect((await stage.ask()).status).toBe(403);
  stage.box.write("main.policy", "otherwise b with cache exact for 1h, retry 0\n");
  await stage.box.gateway.reload();
  expect((await stage.ask()).cache).toBe("miss");
  expect([stage.asked("a"), stage.asked("b")]).toEqual([1, 1]);
});

const content = (message: object, finish_reason: string, more: object = {}) => ({
  ...{ id: "c", object: "chat.completion", created: 1, model: "m", ...more },
  choices: [{ index: 0, message: { role: "assistant", content: "x", ...message }, finish_reason }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const body = (value: object): Behaviour => ({ body: JSON.stringify(value) });

test.each<[string, Behaviour, object]>([
  ["an error", refusal(400), {}],
  ["a refused answer", body(content({ content: null, refusal: "no" }, "stop")), {}],
  ["a filtered answer", body(content({}, "content_filter")), {}],
  ["an answer cut by its length", body(content({}, "length")), {}],
  ["one answer of the two that were asked for", body(content({}, "stop")), { n: 2 }],
  ["an answer beyond the bound", body(content({ content: "x".repeat(2_000) }, "stop")), {}],
  ["an answer that the provider keeps", answering("ok"), { store: true }],
  [
    "what tools of the provider brought",
    answering("ok"),
    { web_search_options: {}, tools: [{ type: "web_search" }] },
  ],
])("%s is not kept", async (_, behaviour, more) => {
  await using stage = await openCacheStage(cached, {
    script: () => behaviour,
    yaml: "cache: { max-answer: 1024 }\n",
  });
  for (const stream of [false, false]) await stage.ask({ ...more, stream });
  expect(stage.asked("a")).toBe(2);
  expect(await stage.report()).toMatchObject({ entries: 0 });
});

test.each([
  [
    "calls of the client's tools",
    content(
      {
        content: null,
        tool_calls: [{ id: "t", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      "tool_calls",
    ),
    {},
  ],
  [
    "two whole answers",
    {
      ...content({}, "stop"),
      choices: [0, 1].map((index) => ({
        index,
        message: { role: "assistant", content: `n${index}` },
        finish_reason: "stop",
      })),
    },
    { n: 2 },
  ],
  ["what a high temperature brought", content({}, "stop"), { temperature: 1.5 }],
])("%s are kept where the policy says so", async (_, answer, more) => {
  await using stage = await openCacheStage(cached, { script: () => body(answer) });
  const first = await stage.ask(more);
  const second = await stage.ask(more);
  expect(second.cache).toBe("hit; age=0");
  expect(JSON.stringify(second.body["choices"])).toContain(first.text);
});

test.each([
  ["no-store", ["miss", "bypass", "hit; age=0"], 2],
  ["no-cache", ["miss", "miss", "hit; age=0"], 2],
  ["max-age=5", ["miss", "miss", "hit; age=0"], 2],
  ["max-age=60", ["miss", "hit; age=10", "hit; age=10"], 1],
  ["only-if-cached", ["miss", "hit; age=10", "hit; age=10"], 1],
])("a client that says cache-control: %s is heard", async (said, verdicts, asked) => {
  await using stage = await openCacheStage(cached);
  const told = [(await stage.ask()).cache];
  stage.clock.pass(10_000);
  told.push((await stage.ask({}, { "cache-control": said })).cache);
  const last = (await stage.ask()).cache;
  told.push(said === "no-store" ? "hit; age=0" : last);
  expect(told).toEqual(verdicts);
  expect(ageOf(last)).toBe(said === "no-store" ? 10 : ageOf(verdicts[2] ?? ""));
  expect(stage.asked("a")).toBe(asked);
  // Of what a client says its record holds the words that are heard, where `bypass` does not tell.
  const records = await stage.records(3);
  const isTold = said === "no-cache" || said.startsWith("max-age");
  expect(records.map(({ cacheControl }) => cacheControl)).toEqual([
    ...[undefined, isTold ? said : undefined, undefined],
  ]);
});

test("a client opts out, never in", async () => {
  await using stage = await openCacheStage("otherwise a with retry 0\n");
  for (const said of ["max-age=60", "no-cache", "only-if-cached"]) {
    const { cache } = await stage.ask({}, { "cache-control": said });
    expect(cache).toBeNull();
  }
  expect(stage.asked("a")).toBe(3);
});

test.each([
  ["key", ["ann", "bob"], "miss"],
  ["key", ["ann", "ann"], "hit; age=0"],
  ["team", ["ann", "bob"], "hit; age=0"],
  ["team", ["ann", "eve"], "miss"],
  ["team", ["eve", "kim"], "miss"],
  ["all", ["ann", "kim"], "hit; age=0"],
] as const)(
  "of scope %s, what the keys %s ask is a %s",
  async (scope, [first, second], verdict) => {
    await using stage = await openCacheStage(cached, {
      yaml: `cache: { scope: ${scope} }
keys:
  ann: { key: "\${ANN}", team: north }
  bob: { key: "\${BOB}", team: north }
  eve: { key: "\${EVE}", team: south }
  kim: { key: "\${KIM}" }
`,
      variables: { ANN: "sk-ann", BOB: "sk-bob", EVE: "sk-eve", KIM: "sk-kim" },
    });
    const by = (name: string) => ({ authorization: `Bearer sk-${name}` });
    await stage.ask({}, by(first));
    expect((await stage.ask({}, by(second))).cache).toBe(verdict);
  },
);

test("a limit turns a request away whose answer is kept, a spent budget does not; a hit counts as a request and costs nothing", async () => {
  const price = answering("ok", 1_000_000);
  await using spent = await openCacheStage(
    "otherwise a with cache exact for 1h, retry 0, budget $1 per day\n",
    { script: () => price },
  );
  expect((await spent.ask()).status).toBe(200);
  expect((await spent.ask()).cache).toBe("hit; age=0");
  expect((await spent.ask({ temperature: 0.5 })).status).toBe(429);
  await using limited = await openCacheStage(
    "otherwise a with cache exact for 1h, retry 0, limit 2 per minute\n",
  );
  expect((await limited.ask()).cache).toBe("miss");
  expect((await limited.ask()).cache).toBe("hit; age=0");
  expect((await limited.ask()).status).toBe(429);
});

test("a fallback's answer is kept for its own target, not for the one that failed", async () => {
  await using stage = await openCacheStage(
    "otherwise a fallback b with cache exact for 1h, retry 0\n",
    {
      policies: { second: "otherwise b with cache exact for 1h\n" },
      script: ({ body: asked }) => (asked["model"] === "model-a" ? refusal(500) : null),
    },
  );
  expect((await stage.ask()).headers.get("x-signalbox-target")).toBe("b");
  expect((await stage.ask()).cache).toBe("miss");
  expect((await stage.ask({ model: "second" })).cache).toBe("hit; age=0");
  expect(stage.asked("b")).toBe(2);
});

test("an answer is judged anew by the policy that would be given it", async () => {
  await using stage = await openCacheStage(cached, {
    policies: {
      strict: "otherwise a with cache exact for 1h, retry 0, accept when response.valid_json\n",
    },
    script: () => answering(stage.asked("a") === 1 ? "words" : "{}"),
  });
  expect((await stage.ask()).text).toBe("words");
  const judged = await stage.ask({ model: "strict" });
  expect([judged.cache, judged.text]).toEqual(["miss", "{}"]);
  expect((await stage.ask({ model: "strict" })).cache).toBe("hit; age=0");
  expect((await stage.ask()).text).toBe("{}");
});

test("no cache beside an also keeps nothing, and tells nothing", async () => {
  await using stage = await openCacheStage(
    "otherwise a with no cache\nalso if messages > 0 with cache exact for 1h\n",
  );
  await stage.ask();
  expect((await stage.ask()).cache).toBeNull();
  expect(stage.asked("a")).toBe(2);
});

test("records, metrics and the operator's page tell what became of requests, and what was saved", async () => {
  await using stage = await openCacheStage(cached, { script: () => answering("ok", 1_000) });
  await stage.ask();
  stage.clock.pass(12_345);
  await stage.ask();
  const [first, second] = (await stage.records(2)) as [DecisionRecord, DecisionRecord];
  expect(first).toMatchObject({ cache: "miss", outcome: "ok" });
  expect(second).toMatchObject({ cache: "hit", cacheAgeMs: 12_345, attempts: [], status: 200 });
  expect(second.cacheKey).toBe(first.cacheKey);
  expect(second.cacheKey).toMatch(/^[0-9a-f]{64}$/);
  const metrics = await stage.metrics();
  for (const line of [
    'signalbox_cache_requests_total{policy="main",result="hit"} 1',
    'signalbox_cache_requests_total{policy="main",result="miss"} 1',
    'signalbox_cache_answers_total{result="kept"} 1',
    'signalbox_cache_saved_dollars_total{target="a"} 0.002',
    'signalbox_cost_dollars_total{target="a"} 0.002',
  ])
    expect(metrics).toContain(line);
  expect(await stage.report()).toMatchObject({
    ...{ store: "memory", scope: "key", entries: 1, mostBytes: 67_108_864, kept: 1 },
    requests: { hit: 1, miss: 1, stale: 0, collapsed: 0, bypass: 0 },
    savedDollars: 0.002,
  });
});

test.each([
  ["a target", { target: "a" }, 2],
  ["a tag", { tag: "one" }, 1],
  ["a tenant", { tenant: "key:" }, 2],
  ["a tenant that is not there", { tenant: "key:ann" }, 0],
  ["all", { all: true }, 2],
])("a purge by %s makes requests ask again", async (_, order, purged) => {
  await using stage = await openCacheStage(cached, {
    policies: { tagged: 'otherwise a with cache exact for 1h, tag "one", set temperature 0\n' },
  });
  for (const model of ["main", "tagged"]) await stage.ask({ model });
  expect(await stage.purge(order)).toEqual([200, { purged }]);
  const left = [await stage.ask(), await stage.ask({ model: "tagged" })].filter(({ cache }) =>
    cache?.startsWith("hit"),
  );
  expect(left).toHaveLength(2 - purged);
});

test("a purge by the key that a record tells forgets that answer", async () => {
  await using stage = await openCacheStage(cached);
  await stage.ask();
  const [record] = await stage.records(1);
  expect(await stage.purge({ key: record?.cacheKey })).toEqual([200, { purged: 1 }]);
  expect((await stage.ask()).cache).toBe("miss");
});

test.each([
  [{}, "all"],
  [{ all: true, tag: "x" }, "all"],
  [{ all: "yes" }, "all"],
  [{ tag: 5 }, "tag"],
  [{ tags: "x" }, "tags"],
])("a purge of %j is refused, and says why", async (order, param) => {
  await using stage = await openCacheStage(cached);
  const [status, answer] = await stage.purge(order);
  expect(status).toBe(400);
  expect(answer).toMatchObject({ error: { param } });
});

test("without a cache in the policy nothing is told of one", async () => {
  await using box = await startTestGateway();
  const response = await box.chat();
  expect(response.headers.has("x-signalbox-cache")).toBe(false);
  expect(textOf(await response.json())).toContain("stand-in");
});
