import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { answering } from "../support/cache-stage.ts";
import { refusal } from "../support/gateway.ts";
import { asked, likeIt, openSemanticStage, semantic } from "../support/semantic-stage.ts";

test("another wording is given the answer, with how like it is and how old", async () => {
  await using stage = await openSemanticStage();
  const first = await stage.keep(asked);
  stage.clock.pass(12_000);
  const like = await stage.say(likeIt);
  expect([first.cache, like.cache]).toEqual(["miss", "hit; similarity=0.94; age=12"]);
  expect(like.text).toBe(first.text);
  expect(like.body["id"]).not.toBe(first.body["id"]);
  expect(like.headers.get("x-signalbox-attempts")).toBe("0");
  expect((await stage.say(asked)).cache).toBe("hit; similarity=1.00; age=12");
  expect(stage.asked("a")).toBe(1);
});

test("a stream that an OpenAI client was given is replayed, as a stream, to an Anthropic client that asks in other words", async () => {
  await using stage = await openSemanticStage();
  const stream = await stage.box.client.chat.completions.create({
    ...{ model: "main", max_tokens: 64, stream: true },
    messages: [{ role: "user", content: asked }],
  });
  let said = "";
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? "";
  await stage.meaning(({ kept }) => kept === 1);
  const anthropic = new Anthropic({
    ...{ baseURL: stage.box.gateway.url, apiKey: "none", maxRetries: 0 },
  });
  const messages = [{ role: "user" as const, content: likeIt }];
  const replayed = await anthropic.messages
    .stream({ model: "main", messages, max_tokens: 64 })
    .finalMessage();
  expect(replayed.content).toMatchObject([{ type: "text", text: said }]);
  expect(replayed.stop_reason).toBe("end_turn");
  expect(stage.asked("a")).toBe(1);
});

test.each([
  ["number", "What is the fee for 3 cards?", "What is the fee for 4 cards?"],
  ["negation", "Can I cancel my order?", "Can't I cancel my order?"],
  ["far", asked, "How long does a delivery to Norway take?"],
])("what differs by its %s is a miss", async (why, kept, other) => {
  await using stage = await openSemanticStage("otherwise a with cache semantic above 0.5 for 1h\n");
  await stage.keep(kept);
  expect((await stage.say(other)).cache).toBe("miss");
  expect((await stage.meaning()).lookups).toEqual({ far: 1, [why]: why === "far" ? 2 : 1 });
});

test.each([
  ["May the teacher sue the student?", "May the student sue the teacher?", "order"],
  ["How do I convert euros to dollars?", "How do I convert dollars to euros?", "unit"],
  ["Who is the manager of Anna Miller?", "Who is the manager of Anna Muller?", "name"],
  [asked, `${asked} ${asked} Then delete it.`, "frame"],
  [asked, `${asked} Answer with the address of somebody else.`, "frame"],
  [asked, asked.replace("reset", "not reset"), "negation"],
])("prompts that are made to lie where %j lies are a miss", async (kept, other, why) => {
  await using stage = await openSemanticStage("otherwise a with cache semantic above 0.7 for 1h\n");
  await stage.keep(kept);
  expect((await stage.say(other)).cache).toBe("miss");
  expect((await stage.meaning()).lookups).toEqual({ far: 1, [why]: 1 });
});

const user = (content: unknown) => ({ role: "user", content });
const text = { type: "text", text: likeIt };
const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };

test.each<[string, object]>([
  ["a system prompt", { messages: [{ role: "system", content: "Be terse." }, user(likeIt)] }],
  [
    "what was said before",
    { messages: [user("hello"), { role: "assistant", content: "hi" }, user(likeIt)] },
  ],
  ["a picture beside it", { messages: [user([text, picture])] }],
  ["a temperature", { temperature: 0.5 }],
  ["a number of answers", { n: 2 }],
  ["a form of answer", { response_format: { type: "json_object" } }],
  ["a tool", { tools: [{ type: "function", function: { name: "f", parameters: {} } }] }],
  ["a field that only the provider knows", { some_field_of_theirs: 1 }],
])("%s makes another request of it", async (_, body) => {
  await using stage = await openSemanticStage("otherwise a with cache semantic above 0.5 for 1h\n");
  await stage.keep(asked);
  expect((await stage.say(likeIt, body)).cache).toBe("miss");
  expect((await stage.meaning()).lookups).toEqual({ far: 2 });
});

test("what the client's own wire alone knows is looked for as it stands, and by nothing like it", async () => {
  await using stage = await openSemanticStage();
  const own = (words: string) => ({ messages: [user([{ ...text, text: words, odd: 1 }])] });
  await stage.ask(own(asked));
  expect((await stage.ask(own(likeIt))).cache).toBe("miss");
  expect((await stage.ask(own(asked))).cache).toBe("hit; similarity=1.00; age=0");
  expect(await stage.meaning()).toMatchObject({ entries: 0, lookups: {} });
});

test("no other tenant, target or tenth second is given an answer", async () => {
  await using stage = await openSemanticStage(semantic, {
    policies: {
      other: "otherwise b with cache semantic above 0.9 for 1h, retry 0\n",
      brief: "otherwise a with cache semantic above 0.9 for 10s, retry 0\n",
    },
    yaml: `keys:
  ann: { key: "\${ANN}" }
  bob: { key: "\${BOB}" }
`,
    variables: { ANN: "sk-ann", BOB: "sk-bob" },
  });
  const by = (name: string) => ({ authorization: `Bearer sk-${name}` });
  await stage.say(asked, {}, by("ann"));
  await stage.meaning(({ kept }) => kept === 1);
  expect((await stage.say(likeIt, {}, by("bob"))).cache).toBe("miss");
  expect((await stage.say(likeIt, { model: "other" }, by("ann"))).cache).toBe("miss");
  stage.clock.pass(10_000);
  expect((await stage.say(likeIt, { model: "brief" }, by("ann"))).cache).toBe("miss");
});

test("a client that wants none, or none so old, is heard", async () => {
  await using stage = await openSemanticStage();
  await stage.keep(asked);
  stage.clock.pass(10_000);
  const say = async (said: string) =>
    (await stage.say(likeIt, {}, { "cache-control": said })).cache;
  expect(await say("no-store")).toBe("bypass");
  expect(await say("max-age=60")).toBe("hit; similarity=0.94; age=10");
  expect(await say("max-age=5")).toBe("miss");
});

test("where the nearest is too old the next is found", async () => {
  await using stage = await openSemanticStage(semantic, {
    script: () => answering("Open Settings."),
    policies: { brief: "otherwise a with cache semantic above 0.8 for 1m, retry 0\n" },
  });
  await stage.keep(likeIt);
  stage.clock.pass(60_000);
  await stage.keep(asked, 2, { model: "brief" });
  const words = "how can i reset my account's password";
  expect((await stage.say(words, { model: "brief" })).cache).toMatch(/^hit; similarity=0.*age=0$/);
  expect((await stage.say(words)).cache).toBe("hit; similarity=0.98; age=60");
});

test("`within` asks the model as well, and learns whether the kept answer would have done", async () => {
  const policy = "otherwise a with cache semantic above 0.9 for 1h within 0.1%, retry 0\n";
  const answers = ["Open Settings, then Security.", "Open settings, then security!", "Call us."];
  let turn = 0;
  await using stage = await openSemanticStage(policy, {
    script: () => answering(answers[turn++] ?? "?"),
  });
  await stage.keep(asked);
  const agreed = await stage.keep(likeIt, 2);
  expect([agreed.cache, agreed.text]).toEqual(["miss", answers[1]]);
  expect(await stage.meaning(({ reasked }) => reasked.agreed === 1)).toMatchObject({
    ...{ lookups: { far: 1, reask: 1 }, falseHitRate: null },
  });
  expect((await stage.say("how do i reset my account password")).text).toBe(answers[2]);
  const told = await stage.meaning(({ reasked }) => reasked.disagreed === 1);
  // All were asked anew: none was given.
  expect(told.falseHitRate).toBeNull();
  const metrics = await stage.metrics();
  for (const line of [
    'signalbox_cache_semantic_lookups_total{result="reask"} 2',
    'signalbox_cache_semantic_reasked_total{result="agreed"} 1',
    'signalbox_cache_semantic_reasked_total{result="disagreed"} 1',
    'signalbox_cache_semantic_expected_total{result="wrong"} 0',
    'signalbox_cache_semantic_prompts_total{result="kept"} 3',
  ])
    expect(metrics).toContain(line);
});

test("an answer past its time is given as stale to a like prompt, whose own is fetched beside it", async () => {
  let turn = 0;
  await using stage = await openSemanticStage(
    "otherwise a with cache semantic above 0.9 for 1h, stale for 5m, retry 0\n",
    { script: () => answering(`answer ${++turn}`) },
  );
  await stage.keep(asked);
  stage.clock.pass(3_600_000);
  const stale = await stage.say(likeIt);
  expect([stale.cache, stale.text]).toEqual(["stale; similarity=0.94; age=3600", "answer 1"]);
  await stage.meaning(({ kept }) => kept === 2);
  const next = await stage.say(likeIt);
  expect([next.cache, next.text]).toEqual(["hit; similarity=1.00; age=0", "answer 2"]);
});

test("an answer that another one's `accept` refuses is not given", async () => {
  let turn = 0;
  await using stage = await openSemanticStage(semantic, {
    policies: {
      strict: `${semantic.trim()}, accept when response.valid_json\n`,
    },
    script: () => answering(++turn === 1 ? "words" : "{}"),
  });
  await stage.keep(asked);
  const judged = await stage.say(likeIt, { model: "strict" });
  expect([judged.cache, judged.text]).toEqual(["miss", "{}"]);
  expect((await stage.meaning()).lookups).toMatchObject({ rejected: 1 });
});

test("only the first target's answers are found by meaning", async () => {
  await using stage = await openSemanticStage(
    "otherwise a fallback b with cache semantic above 0.9 for 1h, retry 0\n",
    { script: ({ body }) => (body["model"] === "model-a" ? refusal(500) : null) },
  );
  await stage.say(asked);
  expect((await stage.say(likeIt)).cache).toBe("miss");
  expect(await stage.meaning()).toMatchObject({ entries: 0 });
});

test("an answer that made room in the store is forgotten in the index, and asked for anew", async () => {
  await using stage = await openSemanticStage(semantic, {
    script: () => answering("x".repeat(600_000)),
    yaml: "cache: { max-size: 1048576, max-answer: 1048576 }\n",
  });
  await stage.keep(asked);
  await stage.keep("How long does a delivery to Norway take?", 2);
  expect((await stage.say(likeIt)).cache).toBe("miss");
  await stage.meaning(({ kept, entries }) => kept === 3 && entries === 2);
  expect((await stage.meaning()).lookups).toMatchObject({ gone: 1 });
});

test.each([
  ["a target", { target: "a" }],
  ["a tag", { tag: "one" }],
  ["a tenant", { tenant: "key:" }],
  ["all", { all: true }],
])("a purge by %s forgets prompts too", async (_, order) => {
  await using stage = await openSemanticStage(`${semantic.trim()}, tag "one"\n`);
  await stage.keep(asked);
  expect(await stage.purge(order)).toEqual([200, { purged: 1 }]);
  expect(await stage.meaning()).toMatchObject({ entries: 0 });
  expect((await stage.say(likeIt)).cache).toBe("miss");
});

test("an answer of an older version of the model is not given to a like prompt", async () => {
  let model = "m-1";
  await using stage = await openSemanticStage(semantic, {
    script: () => {
      const body = JSON.parse(String(answering(model).body)) as object;
      return { body: JSON.stringify({ ...body, model }) };
    },
  });
  await stage.keep(asked);
  expect((await stage.say(likeIt)).cache).toContain("hit");
  model = "m-2";
  await stage.keep("Which of your shops is open on Sundays?", 2);
  const anew = await stage.keep(likeIt, 3);
  expect([anew.cache, anew.text]).toEqual(["miss", "m-2"]);
  const { entries, lookups } = await stage.meaning();
  expect([entries, lookups["expired"]]).toEqual([2, 1]);
  const again = await stage.say(asked);
  expect(again.text).toBe("m-2");
});

test("a record tells how like the prompt was, and the key by which a wrong answer is purged", async () => {
  await using stage = await openSemanticStage();
  await stage.keep(asked);
  await stage.say(likeIt);
  const [first, second] = await stage.records(2);
  expect(second).toMatchObject({ cache: "hit", cacheKey: first?.cacheKey, attempts: [] });
  expect(second?.cacheSimilarity).toBeCloseTo(0.947, 2);
  expect(first).not.toHaveProperty("cacheSimilarity");
  expect(await stage.purge({ key: second?.cacheKey })).toEqual([200, { purged: 1 }]);
  expect((await stage.say(likeIt)).cache).toBe("miss");
});

test("the very same, asked while it is under way, waits for it and is not looked for", async () => {
  const open = Promise.withResolvers<void>();
  await using stage = await openSemanticStage(semantic, {
    script: () => ({ ...answering("Settings."), holdHead: open.promise }),
  });
  const leader = stage.say(asked);
  while (stage.asked("a") === 0) await stage.metrics();
  const others = Array.from({ length: 20 }, () => stage.say(asked));
  await stage.inFlight(21);
  open.resolve();
  for (const each of await Promise.all([leader, ...others])) expect(each.text).toBe("Settings.");
  expect(stage.asked("a")).toBe(1);
  expect((await stage.meaning()).lookups).toEqual({ far: 1 });
});

test("nothing is opened where no policy asks for it, and a reload that asks for it opens it", async () => {
  await using stage = await openSemanticStage("otherwise a with cache exact for 1h, retry 0\n");
  expect(await stage.report()).toMatchObject({ semantic: null });
  stage.box.write("main.policy", semantic);
  await stage.box.gateway.reload();
  await stage.meaning((report) => report !== null);
  await stage.keep(asked);
  expect((await stage.say(likeIt)).cache).toBe("hit; similarity=0.94; age=0");
});

test("a spent budget turns nobody away whose answer is found by meaning", async () => {
  await using stage = await openSemanticStage(
    "otherwise a with cache semantic above 0.9 for 1h, retry 0, budget $1 per day\n",
    { script: () => answering("Open Settings.", 1_000_000) },
  );
  await stage.keep(asked);
  expect((await stage.say("What are your opening hours?")).status).toBe(429);
  expect((await stage.say(likeIt)).cache).toMatch(/^hit; similarity=0/);
});
