// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables look like that
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import type { CacheSetup } from "../support/cache-stage.ts";
import { type EmbeddingServer, startEmbeddingServer } from "../support/embedding-server.ts";
import { serverAnswers, startModelServer } from "../support/model-server.ts";
import { asked, likeIt, openSemanticStage, semantic } from "../support/semantic-stage.ts";

/** A gateway whose prompts are placed by a server in the United States. */
const placedBy = (server: Pick<EmbeddingServer, "url">, setup: CacheSetup = {}): CacheSetup => ({
  ...setup,
  providers: () =>
    `  placing: { kind: openai-compatible, url: "${server.url}", key: "\${PLACE}", headers: { x-of: us } }`,
  targets: "  places: { provider: placing, model: table, region: us }",
  yaml: `cache: { embeddings: places }\n${setup.yaml ?? ""}`,
  variables: { PLACE: "sk-placing", ...setup.variables },
});

test("prompts and answers are placed by the model that the configuration names", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(semantic, placedBy(server));
  const { text } = await stage.keep(asked);
  const like = await stage.say(likeIt);
  expect([like.cache, like.text]).toEqual(["hit; similarity=0.94; age=0", text]);
  expect((await stage.say(asked)).cache).toBe("hit; similarity=1.00; age=0");
  expect(server.texts).toEqual([asked, text, likeIt]);
  expect([...server.keys, ...server.models]).toEqual(["Bearer sk-placing", "table"]);
  expect(await stage.meaning()).toMatchObject({ embeddings: "places", entries: 1 });
});

const guarded = `never target.region is us when pii
otherwise mine with cache semantic above 0.9 for 1h, retry 0
`;
const european = (server: EmbeddingServer): CacheSetup => {
  const { targets = "", ...setup } = placedBy(server, {
    yaml: "facts: { pii: { from: [metadata.pii, detector.pii], type: boolean } }\n",
  });
  return { ...setup, targets: `  mine: { provider: up, model: model-a, region: eu }\n${targets}` };
};

test.each([
  ["of which it is known", "My card is 4111 1111 1111 1111. How do I reset my password?", {}],
  ["of which the client says so", asked, { metadata: { pii: "true" } }],
])(
  "a text with personal data, %s, is never sent to a server that a guard forbids; the very same is found",
  async (_, text, body) => {
    await using server = await startEmbeddingServer();
    await using stage = await openSemanticStage(guarded, european(server));
    expect((await stage.say(text, body)).cache).toBe("miss");
    expect((await stage.say(`${text} Please.`, body)).cache).toBe("miss");
    // Of an exact cache, which is all that the guard leaves, no likeness is told.
    expect((await stage.say(text, body)).cache).toBe("hit; age=0");
    await stage.box.gateway.close();
    expect([server.connections, server.texts]).toEqual([0, []]);
    expect(stage.asked("a")).toBe(2);
  },
);

test("where the guard does not hold the same policy has prompts placed there", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(guarded, european(server));
  const body = { metadata: { pii: "false" } };
  await stage.keep(asked, 1, body);
  expect((await stage.say(likeIt, body)).cache).toBe("hit; similarity=0.94; age=0");
  expect(server.texts).toContain(likeIt);
});

test("what is not known of a request counts as forbidden", async () => {
  await using server = await startEmbeddingServer();
  const setup = european(server);
  const yaml = (setup.yaml ?? "").replace("[metadata.pii, detector.pii]", "metadata.pii");
  await using stage = await openSemanticStage(guarded, { ...setup, yaml });
  await stage.say(asked);
  await stage.box.gateway.close();
  expect(server.connections).toBe(0);
});

test("a server that a reload names is held to the guards that were proved without it", async () => {
  await using server = await startEmbeddingServer();
  const setup = european(server);
  const named = "cache: { embeddings: places }";
  const yaml = (setup.yaml ?? "").replace(named, "");
  await using stage = await openSemanticStage(guarded, { ...setup, yaml });
  const file = join(stage.box.folder, "signalbox.yaml");
  stage.box.write("signalbox.yaml", `${readFileSync(file, "utf8")}${named}\n`);
  const { result } = await stage.box.gateway.reload();
  expect(result).toBe("swapped");
  await stage.say(asked, { metadata: { pii: "true" } });
  expect(server.connections).toBe(0);
  await stage.keep(asked, 1, { metadata: { pii: "false" } });
  expect(server.connections).toBeGreaterThan(0);
});

test("an explanation says that the prompt is kept from the server, and what is left", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(guarded, european(server));
  const { body } = await stage.say(
    asked,
    { metadata: { pii: "true" } },
    { "x-signalbox-explain": "true", "x-signalbox-admin-key": "sk-admin-0123456789" },
  );
  const text = JSON.stringify(body);
  expect(text).toContain('"cache":{"kind":"exact"');
  expect(text).toMatch(/"target":"places","why":"[^"]*region/);
});

test("a stop does not wait for a lookup", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(semantic, placedBy(server));
  server.mood = "silent";
  const asking = stage.say(asked);
  while (server.texts.length === 0) await stage.metrics();
  const closed = stage.box.gateway.close(1);
  expect((await asking).status).toBe(503);
  await closed;
  expect(stage.box.logged.filter((line) => line.includes("by meaning"))).toEqual([]);
});

test.each([
  [
    "answers 500",
    (server: EmbeddingServer) => {
      server.mood = "ill";
    },
  ],
  ["is gone", (server: EmbeddingServer) => server.kill()],
])(
  "where the server of the embeddings %s requests are answered, and equal ones found",
  async (_, break_) => {
    await using server = await startEmbeddingServer();
    await using stage = await openSemanticStage(semantic, placedBy(server));
    await stage.keep(asked);
    await break_(server);
    const { cache, status } = await stage.say(likeIt);
    expect([status, cache]).toEqual([200, "miss"]);
    expect((await stage.say(likeIt)).cache).toBe("hit; similarity=1.00; age=0");
    expect((await stage.meaning()).lookups).toMatchObject({ failed: 1 });
    const told = stage.box.logged.filter((line) => line.includes("looked for by meaning"));
    // Looking and keeping fail alike: one a second is told, and never the key.
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/the embeddings of table at http/);
    expect(told[0]).not.toContain("sk-placing");
  },
);

test("a server that says nothing holds a request for a second and no longer", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(semantic, placedBy(server));
  server.mood = "silent";
  const asking = stage.say(asked);
  while (server.texts.length === 0) await stage.metrics();
  expect(stage.asked("a")).toBe(0);
  stage.clock.pass(1_000);
  expect((await asking).cache).toBe("miss");
  expect((await stage.meaning()).lookups).toMatchObject({ late: 1 });
});

test("a client that leaves while its prompt is looked up leaves nothing behind", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(semantic, placedBy(server));
  server.mood = "silent";
  const leaving = new AbortController();
  const asking = fetch(`${stage.box.gateway.url}/v1/chat/completions`, {
    ...{ method: "POST", signal: leaving.signal },
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", messages: [{ role: "user", content: asked }] }),
  });
  while (server.texts.length === 0) await stage.metrics();
  leaving.abort();
  await expect(asking).rejects.toThrow();
  const [record] = await stage.records(1);
  expect(record).toMatchObject({ outcome: "client-gone", status: 499, cache: "miss" });
  // It is over at once, while the server is still waited for.
  expect((await stage.meaning()).lookups).toEqual({});
  await stage.inFlight(0);
  expect(stage.asked("a")).toBe(0);
});

test("places of another model are not compared", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(semantic, placedBy(server));
  await stage.keep(asked);
  const file = join(stage.box.folder, "signalbox.yaml");
  stage.box.write(
    "signalbox.yaml",
    readFileSync(file, "utf8").replace("model: table", "model: new"),
  );
  await stage.box.gateway.reload();
  expect((await stage.say(likeIt)).cache).toBe("miss");
  expect([...server.models]).toEqual(["table", "new"]);
});

test("of a server at home that tells its weights, other weights are another place", async () => {
  const answers = (numbers: readonly number[]) => ({
    ...serverAnswers.ollama,
    "/v1/embeddings": { data: [{ index: 0, embedding: numbers }] },
  });
  const server = await startModelServer(answers([1, 0]));
  await using stage = await openSemanticStage(semantic, {
    providers: () => `  home: { kind: ollama, url: "${server.url}" }`,
    targets: '  places: { provider: home, model: "nomic-embed-text:latest" }',
    yaml: "cache: { embeddings: places }\n",
  });
  try {
    await stage.keep(asked);
    expect((await stage.say(likeIt)).cache).toBe("hit; similarity=1.00; age=0");
    const changed = JSON.stringify(answers([1, 0])).replaceAll("cd34", "ef56");
    server.set(JSON.parse(changed) as ReturnType<typeof answers>);
    await stage.box.gateway.askServers();
    expect((await stage.say("how can i reset the password of my account")).cache).toBe("miss");
  } finally {
    await server.close();
  }
});

test("a server that is late again and again is left alone for a while, then asked to see", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(
    semantic,
    placedBy(server, { yaml: "health: { failures: 3, open: 10s }\n" }),
  );
  server.mood = "silent";
  for (const [n, text] of ["one", "two", "three"].entries()) {
    const asking = stage.say(`${text} thing`);
    while (!server.texts.includes(`${text} thing`)) await stage.metrics();
    stage.clock.pass(1_000);
    expect((await asking).cache).toBe("miss");
    // The server is told that nobody waits any more.
    while (server.left <= n) await stage.metrics();
  }
  expect((await stage.say("four things")).cache).toBe("miss");
  expect((await stage.meaning()).lookups).toEqual({ late: 3, unhealthy: 1 });
  // It is none that others should avoid it for.
  const [state] = stage.box.gateway.targets().filter(({ name }) => name === "places");
  expect(state).toMatchObject({ state: "ready" });
  stage.clock.pass(15_000);
  server.mood = "well";
  await stage.keep(asked);
  expect((await stage.say(likeIt)).cache).toBe("hit; similarity=0.94; age=0");
  expect(server.texts).not.toContain("four things");
});

test("one that fails again and again is left alone as any other target is", async () => {
  await using server = await startEmbeddingServer();
  await using stage = await openSemanticStage(
    semantic,
    placedBy(server, { yaml: "health: { failures: 2, open: 1h }\n" }),
  );
  server.mood = "ill";
  await stage.say(asked);
  await stage.meaning(({ lookups }) => lookups["failed"] === 1);
  while (server.texts.length < 2) await stage.metrics();
  while ((await stage.say(asked)).cache === "miss");
  const sent = server.texts.length;
  expect((await stage.say(likeIt)).cache).toBe("miss");
  expect(server.texts).toHaveLength(sent);
  expect((await stage.meaning()).lookups).toMatchObject({ unhealthy: 1 });
});

test("what its calls used is charged to its target, in a lane of their own, under the request's id", async () => {
  await using server = await startEmbeddingServer();
  const { targets = "", ...setup } = placedBy(server, { yaml: "ledger: { path: rows.sqlite }\n" });
  await using stage = await openSemanticStage(semantic, {
    ...setup,
    targets: targets.replace(" }", ", price: { input: $2/M, output: $0/M } }"),
  });
  await stage.keep(asked);
  // The prompt once, and its answer; then the other prompt.
  expect((await stage.say(likeIt)).cache).toBe("hit; similarity=0.94; age=0");
  const told = await stage.metrics();
  expect(told).toContain('signalbox_attempts_total{target="places",outcome="ok"} 3');
  expect(told).toContain('signalbox_tokens_total{target="places",direction="input"} 3000');
  expect(told).toContain('signalbox_cost_dollars_total{target="places"} 0.006');
  await stage.box.gateway.close(0);
  const path = join(stage.box.folder, "rows.sqlite");
  const file = openLedgerFile(path, {
    ...{ later: setImmediate, survives: "process", atMs: 0 },
    failed: (error) => expect(error).toBeNull(),
  });
  const sums = file.ledger.sums("lane", 0, Date.now() * 2, 10);
  file.close();
  expect(sums.find(({ name }) => name === "embeddings")).toMatchObject({
    ...{ attempts: 3, inputTokens: 3_000, costMicrodollars: 6_000 },
  });
  const rows = new DatabaseSync(path);
  const of = rows
    .prepare("SELECT DISTINCT request, policy, rule FROM attempts WHERE lane = 'embeddings'")
    .all();
  rows.close();
  const records = await stage.records(2);
  expect(of).toEqual(
    records.map(({ id, policy, rule }) => ({ request: id, policy, rule: String(rule) })),
  );
});

test("vectors that are remembered are those of the weights that placed them", async () => {
  const answers = {
    ...serverAnswers.ollama,
    "/v1/embeddings": { data: [{ index: 0, embedding: [1, 0] }] },
  };
  const server = await startModelServer(answers);
  await using stage = await openSemanticStage(semantic, {
    providers: () => `  home: { kind: ollama, url: "${server.url}" }`,
    targets: '  places: { provider: home, model: "nomic-embed-text:latest" }',
    yaml: "cache: { embeddings: places }\n",
  });
  try {
    await stage.keep(asked);
    const changed = JSON.stringify(answers).replaceAll("cd34", "ef56").replace("[1,0]", "[0,1]");
    server.set(JSON.parse(changed) as typeof answers);
    await stage.box.gateway.askServers();
    await stage.purge({ all: true });
    // The same text, which the old weights placed elsewhere.
    await stage.keep(asked, 2);
    expect((await stage.say(likeIt)).cache).toBe("hit; similarity=1.00; age=0");
  } finally {
    await server.close();
  }
});
