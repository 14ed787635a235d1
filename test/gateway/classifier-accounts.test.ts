import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";
import { trainIntents } from "../../src/training/train-intents.ts";
import { line, startBatchBench } from "../support/batch-bench.ts";
import {
  asked,
  classified,
  factsOf,
  judge,
  metricsOf,
  parcel,
  policy,
  prompt,
  says,
  startClassified,
  targetOf,
} from "../support/classifying.ts";
import { signalbox } from "../support/command.ts";
import { configurationText, startTestGateway } from "../support/gateway.ts";
import { ticketTexts } from "../support/ticket-texts.ts";

test("what it used is charged once, to the classifier's target, beside the request", async () => {
  await using box = await startClassified(() => says("refund"), {
    yaml: `${classified()}ledger: { path: rows.sqlite }\n`,
  });
  for (let turn = 0; turn < 3; turn += 1) expect(await targetOf(box, parcel)).toBe("a");
  const told = await metricsOf(box);
  expect(told).toContain('signalbox_attempts_total{target="judge",outcome="ok"} 1');
  expect(told).toContain('signalbox_tokens_total{target="judge",direction="input"} 1000');
  // 1,000 × $1 and 500 × $2 a million.
  expect(told).toContain('signalbox_cost_dollars_total{target="judge"} 0.002');
  await box.gateway.close(0);
  const file = openLedgerFile(join(box.folder, "rows.sqlite"), {
    ...{ later: setImmediate, survives: "process", atMs: 0 },
    failed: (error) => expect(error).toBeNull(),
  });
  const sums = file.ledger.sums("lane", 0, Date.now() * 2, 10);
  expect(sums.find(({ name }) => name === "classifier")).toMatchObject({
    ...{ attempts: 1, inputTokens: 1_000, outputTokens: 500, costMicrodollars: 2_000 },
  });
  expect(sums.find(({ name }) => name === "live")).toMatchObject({ attempts: 3 });
  file.close();
});

test("an explanation of a request asks nobody, and is billed nothing", async () => {
  await using box = await startClassified(() => says("refund"), {
    yaml: `${classified()}admin: { key: "\${ADMIN}" }\n`,
    options: { variables: { UP_KEY: "k", ADMIN: "an-admin-key" } },
  });
  const headers = { "x-signalbox-explain": "true", "x-signalbox-admin-key": "an-admin-key" };
  const explained = await box.chat(prompt(parcel), headers);
  expect(await explained.json()).toMatchObject({
    decision: { targets: ["c"] },
    facts: { intent: null },
  });
  expect(box.upstream.calls).toHaveLength(0);
});

test("a fact that is only recorded for later asks nobody", async () => {
  await using box = await startClassified(() => says("refund"), {
    policies: { main: "otherwise a\n" },
    yaml: `telemetry: { decision-log: decisions.jsonl, facts: [intent] }\nintents: { classifier: { target: judge, timeout: 1m } }\n`,
  });
  expect(await targetOf(box, parcel)).toBe("a");
  expect(await factsOf(box, 1)).toMatchObject([{ intent: null }]);
  expect(asked(box)).toHaveLength(0);
});

test("counting a prompt's tokens is free, and asks nobody", async () => {
  await using box = await startClassified(() => says("refund"));
  const counted = await fetch(`${box.gateway.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", ...prompt(parcel) }),
  });
  expect(await counted.json()).toMatchObject({ input_tokens: expect.any(Number) });
  expect(asked(box)).toHaveLength(0);
});

test("a test that is decided without the intent asks nobody", async () => {
  await using box = await startClassified(() => says("refund"), {
    policies: { main: "if tokens < 1k or intent is code then a else b\n" },
  });
  expect(await targetOf(box, parcel)).toBe("a");
  expect(asked(box)).toHaveLength(0);
});

test("both facts of an intent, and every test of them, are one question", async () => {
  await using box = await startClassified(() => ({ status: 500, body: "{}" }), {
    policies: {
      main: "if intent is chat then a else if confidence > 0.5 then b else if intent is code then b else c\n",
    },
  });
  expect(await targetOf(box, parcel)).toBe("c");
  expect(asked(box)).toHaveLength(1);
});

test("a trained model that is sure is not asked over; where it is not, its label stands in for no answer", async () => {
  const { bytes } = trainIntents(ticketTexts, {
    ...{ seed: 1, heldOut: 0.2, givenUp: 0.05, embedder: null },
  });
  const answers = ["repair", "nonsense"];
  await using box = await startClassified(() => says(answers.shift() ?? ""), {
    policies: { main: "otherwise a\n" },
  });
  writeFileSync(join(box.folder, "tickets.model"), bytes);
  const swapped = (): Promise<unknown> =>
    box.gateway.nextReload(({ result }) => result === "swapped");
  const configure = async (askBelow: string): Promise<void> => {
    const reloaded = swapped();
    const yaml = `telemetry: { decision-log: decisions.jsonl }\nintents: { model: tickets.model, classifier: { target: judge, timeout: 1m, ask-below: ${askBelow} } }\n`;
    box.write("signalbox.yaml", configurationText(box.upstream.url, { targets: judge, yaml }));
    await reloaded;
  };
  await configure("0.3");
  const reloaded = swapped();
  box.write("main.policy", "if intent is billing then a else if intent is repair then b else c\n");
  await reloaded;
  const bill = "the bill was paid twice";
  expect(await targetOf(box, bill)).toBe("a");
  expect(asked(box)).toHaveLength(0);
  await configure("1");
  expect(await targetOf(box, bill)).toBe("b");
  expect(asked(box)).toHaveLength(1);
  expect(await targetOf(box, `${bill}!`)).toBe("a");
  expect(await factsOf(box, 3)).toMatchObject([
    { intent: "billing", "intent.from": "model" },
    { intent: "repair", "intent.from": "classifier", "intent.classifier": "answered" },
    { intent: "billing", "intent.from": "model", "intent.classifier": "no-label" },
  ]);
});

test("the section takes effect as it is edited, and what was remembered before counts no more", async () => {
  await using box = await startClassified(() => says("refund"));
  expect(await targetOf(box, parcel)).toBe("a");
  const edit = async (yaml: string): Promise<void> => {
    const reloaded = box.gateway.nextReload(({ result }) => result === "swapped");
    const text = configurationText(box.upstream.url, { targets: judge, yaml });
    box.write("signalbox.yaml", text);
    await reloaded;
  };
  await edit("telemetry: { decision-log: decisions.jsonl }\n");
  expect(await targetOf(box, parcel)).toBe("b");
  await edit(classified(", timeout: 2s"));
  expect(await targetOf(box, parcel)).toBe("a");
  expect(asked(box)).toHaveLength(2);
});

test("an edit that names a target that is not there is refused, and what stood stays", async () => {
  await using box = await startClassified(() => says("refund"));
  const refused = box.gateway.nextReload(({ result }) => result === "refused");
  const yaml = "intents: { classifier: { target: jugde } }\n";
  box.write("signalbox.yaml", configurationText(box.upstream.url, { targets: judge, yaml }));
  expect((await refused).problems[0]?.text).toMatch(/C0214.*there is no target `jugde`/s);
  expect(await targetOf(box, parcel)).toBe("a");
});

test("what a stand-in says is taken for no answer", async () => {
  await using box = await startTestGateway({
    policies: { main: policy },
    targets: "  judge: { provider: openai, model: gpt-5.4-mini }",
    providers: () => `  openai: { kind: openai, key: "\${OPENAI}" }`,
    yaml: classified(),
    options: { standIns: true, watchLoad: () => () => {} },
  });
  expect(await targetOf(box, parcel)).toBe("c");
  expect(await factsOf(box, 1)).toMatchObject([{ "intent.classifier": "nobody" }]);
});

test("a question under way does not hold a stop of the gateway back", async () => {
  const arrived = Promise.withResolvers<void>();
  await using box = await startClassified(
    () => {
      arrived.resolve();
      return { neverAnswers: true };
    },
    { yaml: classified(", timeout: 1m") },
  );
  const answer = box.chat(prompt(parcel)).catch(() => null);
  await arrived.promise;
  await box.gateway.kill();
  await answer;
});

test("a line of a batch is asked about like a request of its own", async () => {
  await using bench = await startBatchBench({
    policy: `intent refund contains "money back"
if intent is refund then gpt else if intent is unknown then home else claude`,
    yaml: "intents: { classifier: { target: claude, timeout: 1m } }\n",
    script: ({ path }) =>
      path.endsWith("/messages")
        ? {
            body: JSON.stringify({
              ...{ id: "m1", type: "message", role: "assistant", model: "claude-sonnet-5-5" },
              content: [{ type: "text", text: "refund" }],
              ...{ stop_reason: "end_turn", stop_sequence: null },
              usage: { input_tokens: 50, output_tokens: 3 },
            }),
          }
        : null,
  });
  await bench.finish((await bench.order([line("one")])).id);
  expect(await bench.records()).toMatchObject([
    { lane: "batch", plan: ["gpt"], facts: { intent: "refund", "intent.from": "classifier" } },
  ]);
});

test("a client that leaves meanwhile leaves nothing behind, and what was asked is remembered", async () => {
  const hold = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using box = await startClassified(() => {
    arrived.resolve();
    return { ...says("refund"), holdHead: hold.promise };
  });
  const leaving = new AbortController();
  const gone = fetch(`${box.gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", ...prompt(parcel) }),
    signal: leaving.signal,
  }).catch(() => "gone");
  await arrived.promise;
  leaving.abort();
  expect(await gone).toBe("gone");
  hold.resolve();
  expect(await factsOf(box, 1)).toMatchObject([{ intent: "refund" }]);
  expect(await targetOf(box, parcel)).toBe("a");
  expect(asked(box)).toHaveLength(1);
  expect(box.upstream.calls.filter(({ body }) => body["model"] === "model-a")).toHaveLength(1);
});

test("a log is replayed by what it holds, and nobody is asked again", async () => {
  await using box = await startClassified(() => says("refund"));
  expect(await targetOf(box, parcel)).toBe("a");
  expect(await targetOf(box, "my parcel arrived")).toBe("a");
  await factsOf(box, 2);
  const calls = box.upstream.calls.length;
  const [log, main] = ["decisions.jsonl", "main.policy"].map((name) => join(box.folder, name));
  const replayed = await signalbox(["simulate", String(log), "--policy", String(main), "--json"]);
  expect(JSON.parse(replayed.stdout)).toMatchObject({
    missing: [],
    targets: [{ target: "a", requests: 2 }],
  });
  expect(box.upstream.calls).toHaveLength(calls);
});

test("labels of another model behind the same name are not taken for its own", async () => {
  let version = "2026-10";
  await using box = await startClassified(() => {
    const { body = "" } = says("refund");
    return { body: String(body).replace('"model":"model-judge"', `"model":"judge-${version}"`) };
  });
  const ask = async (text: string): Promise<number> => {
    await targetOf(box, text);
    return asked(box).length;
  };
  expect([await ask(parcel), await ask(parcel)]).toEqual([1, 1]);
  version = "2026-11";
  expect(await ask(`${parcel} indeed`)).toBe(2);
  expect([await ask(parcel), await ask(parcel)]).toEqual([3, 3]);
  // The same name at another place is another model.
  const file = join(box.folder, "signalbox.yaml");
  box.write(
    "signalbox.yaml",
    readFileSync(file, "utf8").replace("model-judge,", "model-judge, region: eu,"),
  );
  expect((await box.gateway.reload()).result).toBe("swapped");
  expect([await ask(parcel), await ask(parcel)]).toEqual([4, 4]);
});
