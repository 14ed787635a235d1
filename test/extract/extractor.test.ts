import { expect, test } from "vitest";
import type { RequestContext } from "../../src/extract/context.ts";
import { decide } from "../../src/extract/decide.ts";
import { createExtractor, type Extractor } from "../../src/extract/extractor.ts";
import { createFactsByName } from "../../src/extract/facts-by-name.ts";
import { createNamedFacts } from "../../src/extract/named-facts.ts";
import { createFrame, type FactFrame, frameState } from "../../src/language/program/frame.ts";
import type { ChatBody } from "../../src/protocol/chat-request.ts";
import { aFact, vocabulary as plain } from "../support/checking.ts";
import { aContext, aProgram, aPrompt } from "../support/extraction.ts";

const vocabulary = {
  ...plain,
  facts: new Map([
    ...plain.facts,
    ...[
      aFact(
        "plan",
        { kind: "text", values: ["free", "pro"] },
        { from: ["key.plan"], default: "free" },
      ),
      aFact(
        "secret",
        { kind: "boolean" },
        {
          from: ["detector.pii", "metadata.secret"],
          costClass: 2,
          mayBeUnknown: false,
          default: false,
        },
      ),
      aFact("desk", { kind: "text" }, { from: ["metadata.desk", "header.x-desk"] }),
    ].map((fact) => [fact.name, fact] as const),
  ]),
};

/** Fills a frame and reads every operand, as if a walk asked for all. */
async function readAll(
  condition: string,
  context: RequestContext,
): Promise<{ extractor: Extractor; frame: FactFrame; facts: Readonly<Record<string, unknown>> }> {
  const { policy } = aProgram(`if ${condition} then claude\notherwise qwen`, vocabulary);
  const extractor = createExtractor(policy, vocabulary);
  const frame = createFrame(policy.operands.length);
  extractor.fill(frame, context);
  for (let operand = 0; operand < policy.operands.length; operand += 1) {
    const state = frame.state[operand];
    if (state !== frameState.unasked && state !== frameState.bounded) continue;
    await extractor.read(operand, frame, context);
  }
  return { extractor, frame, facts: extractor.snapshot(frame) };
}

const picture = { type: "image_url", image_url: { url: "data:," } };
const bodies: readonly (readonly [condition: string, body: Partial<ChatBody>, value: unknown])[] = [
  ["messages > 1", { messages: [{ role: "system" }, { role: "user" }] }, 2],
  ["turns > 1", { messages: [{ role: "user" }, { role: "assistant" }, { role: "user" }] }, 2],
  ["max_tokens > 1", { max_tokens: 5 }, 5],
  ["max_tokens > 1", { max_tokens: 5, max_completion_tokens: 7 }, 7],
  ["max_tokens > 1", {}, null],
  ["stream", {}, false],
  ["stream", { stream: true }, true],
  ["tools > 1", { tools: [{ type: "function" }] }, 1],
  ["tools > 1", { tools: null }, 0],
  ["tool_choice is named", { tool_choice: { type: "function" } }, "named"],
  ["tool_choice is named", { tools: [{ type: "function" }] }, "auto"],
  ["json is object", { response_format: { type: "json_schema" } }, "schema"],
  ["json is object", {}, "none"],
  ["images > 1", { messages: [{ role: "user", content: [picture, picture] }] }, 2],
  ["reasoning is high", { reasoning_effort: "high" }, "high"],
  ["reasoning is high", {}, null],
  ["model is x", {}, "auto"],
  ["language is de", aPrompt("Wie ist das Wetter und was kann ich für dich tun?"), "de"],
  ["code", aPrompt("```js\nlet x = 1;\n```"), true],
  ["pii", aPrompt("write to ann@example.com"), true],
  ["pii", aPrompt(`${"word ".repeat(8_000)}ann@example.com`), true],
  [
    "intent is classify",
    aPrompt("Classify this review as positive or negative: great!"),
    "classify",
  ],
  ["prompt matches /gr[ea]y/", aPrompt("a gray cat"), true],
  ['prompt contains "GRAY"', aPrompt("a gray cat"), true],
  ["metadata.desk is fx", { metadata: { desk: "fx" } }, "fx"],
  ["desk is fx", { metadata: { desk: "fx" } }, "fx"],
  ["desk is fx", {}, null],
  ["plan is pro", {}, "free"],
  ["secret", {}, false],
  ["secret", { metadata: { secret: "true" } }, true],
  ["secret", aPrompt("my card is 4111 1111 1111 1111"), true],
  ["weekday is mon", {}, "mon"],
  ["time in 09:00..17:00 Europe/Berlin", {}, "10:00"],
  ["claude.region is eu", {}, "us"],
  ["claude.healthy", {}, true],
  ["claude.queue > 1", {}, null],
];

test.each(bodies)("`%s` reads %o as %o", async (condition, body, value) => {
  const { facts } = await readAll(condition, aContext(body));
  expect(Object.values(facts)).toEqual([value]);
});

test("facts of the caller and of headers are read, secret headers never", async () => {
  const context = aContext(
    {},
    {
      caller: { name: "ci", user: "ann", team: null, attributes: { tier: "pro", plan: "gold" } },
      headers: { authorization: "Bearer x", "x-goog-api-key": "x", "x-team": ["a", "b"] },
    },
  );
  const condition =
    'key is x and user is x and team is x and tier is x and plan is pro and header.x-team is a and header.authorization is "Bearer x" and header.x-goog-api-key is x';
  const { facts } = await readAll(condition, context);
  expect(facts).toEqual({
    ...{ key: "ci", user: "ann", team: null, tier: "pro", plan: "free" },
    ...{ "header.x-team": "a", "header.authorization": null, "header.x-goog-api-key": null },
  });
});

test("a value outside a fact's declared ones is counted", () => {
  const { policy } = aProgram("if plan is pro then claude\notherwise qwen", vocabulary);
  const strange: string[] = [];
  const extractor = createExtractor(policy, vocabulary, {
    strangeValue: (name) => strange.push(name),
  });
  const caller = { name: "ci", user: null, team: null, attributes: { plan: "gold" } };
  extractor.fill(createFrame(1), aContext({}, { caller }));
  expect(strange).toEqual(["plan"]);
});

test("no snapshot holds the text of a prompt, only what tests of it said", async () => {
  const condition = 'prompt is "my secret" and system is "be good" and prompt contains "secret"';
  const { extractor, frame, facts } = await readAll(condition, aContext(aPrompt("my secret")));
  expect(facts).toEqual({ 'prompt contains "secret"': true });
  expect(extractor.snapshotJson(frame)).toBe(JSON.stringify(facts));
});

test("tokens far from every constant are never counted exactly, and near one they are", async () => {
  const { policy, program } = aProgram("if tokens < 200 then claude\notherwise qwen", vocabulary);
  const extractor = createExtractor(policy, vocabulary);
  const frame = createFrame(policy.operands.length);
  expect(decide(program, extractor, frame, aContext(aPrompt("hi")))).toBe(0);
  expect(frame.state[0]).toBe(frameState.bounded);
  const near = await decide(program, extractor, frame, aContext(aPrompt("夏天的风".repeat(30))));
  expect(frame.state[0]).toBe(frameState.known);
  expect(near).toBe(frame.numbers[0]! < 200 ? 0 : 1);
});

test("a sum with tokens is bounded, and exact together with tokens once either is asked for", async () => {
  const { facts } = await readAll(
    "tokens + max_tokens > 100 and tokens > 1",
    aContext(aPrompt("The quick brown fox", { max_tokens: 100 })),
  );
  expect(facts).toEqual({ tokens: 11, "tokens + max_tokens": 111 });
});

test("facts at hand decide without a dear one being read", () => {
  const { policy, program } = aProgram(
    "if stream then claude\nif intent is classify then local-gpu\notherwise qwen",
    vocabulary,
  );
  const extractor = createExtractor(policy, vocabulary);
  const frame = createFrame(policy.operands.length);
  expect(decide(program, extractor, frame, aContext({ stream: true }))).toBe(0);
  expect(extractor.snapshot(frame)).toEqual({ stream: true });
});

test("a decision from facts by name is that of the request they were read from", async () => {
  const condition =
    "tokens + max_tokens > 100 and intent is classify and language is en and plan is free and weekday is mon and time in 09:00..17:00 Asia/Tokyo and messages < 3 and prompt matches /review/ and secret";
  const { policy } = aProgram(`if ${condition} then claude\notherwise qwen`, vocabulary);
  const context = aContext(
    aPrompt("Classify this review: it is the best of all", { max_tokens: 5 }),
  );
  const { frame } = await readAll(condition, context);
  const missing: string[] = [];
  const named = createNamedFacts(policy, vocabulary, { lacks: (name) => missing.push(name) });
  const record = await createFactsByName(named.names, policy.intents, vocabulary)(context);
  const byName = createFrame(policy.operands.length);
  named.fill(byName, record);
  expect(missing).toEqual([]);
  expect([...byName.state]).toEqual([...frame.state]);
  expect([...byName.numbers]).toEqual([...frame.numbers]);
  expect(byName.texts).toEqual(frame.texts);
});
