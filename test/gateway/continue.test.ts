import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { eventStream, startTestGateway } from "../support/gateway.ts";

const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

/** A stream of these words, whole or cut after them. */
function speaks(words: readonly string[], after: "finish" | "cut") {
  return ({ body }: StandInCall): Behaviour => {
    const event = (fields: object): string =>
      `data: ${JSON.stringify({
        ...{ id: `chatcmpl-${String(body["model"])}`, created: 1, model: body["model"] },
        ...{ object: "chat.completion.chunk", ...fields },
      })}\n\n`;
    const delta = (part: object, reason: string | null = null): string =>
      event({ choices: [{ index: 0, delta: part, finish_reason: reason }] });
    const said = words.map((content) => delta({ content }));
    const ending = [delta({}, "stop"), event({ choices: [], usage }), "data: [DONE]\n\n"];
    return {
      headers: eventStream,
      body: [
        delta({ role: "assistant", content: "" }),
        ...said,
        ...(after === "cut" ? [] : ending),
      ],
      after,
    };
  };
}

const cutThen = (next: (call: StandInCall) => Behaviour) => (call: StandInCall) =>
  call.body["model"] === "model-a" ? speaks(["One, ", "two, "], "cut")(call) : next(call);

const main = "otherwise a fallback b fallback c with retry 0, continue once\n";
const ask = { model: "main", messages: [{ role: "user" as const, content: "count to four" }] };

test("the openai client sees one clean answer where a provider dies in the middle of it", async () => {
  await using box = await startTestGateway({
    policies: { main },
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
    script: cutThen(speaks(["three, ", "four."], "finish")),
  });
  const { data: stream, response } = await box.client.chat.completions
    .create({ ...ask, stream: true })
    .withResponse();
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(
    "One, two, three, four.",
  );
  // One answer: one id, one model, one role, one finish.
  expect(new Set(chunks.map(({ id, model }) => `${id} ${model}`)).size).toBe(1);
  expect(chunks.filter(({ choices }) => choices[0]?.delta.role !== undefined)).toHaveLength(1);
  expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === "stop")).toHaveLength(1);
  expect(response.headers.get("x-signalbox-target")).toBe("a");
  // The next one is told what the client has, and to go on from there.
  const asked = box.upstream.calls[1]?.body["messages"] as { role: string; content: string }[];
  expect(asked.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(asked[1]?.content).toBe("One, two, ");
  await box.gateway.close();
  const record = JSON.parse(
    readFileSync(`${box.folder}/decisions.jsonl`, "utf8"),
  ) as DecisionRecord;
  expect(record).toMatchObject({
    outcome: "ok",
    attempts: [
      { target: "a", outcome: "cut_stream" },
      { target: "b", outcome: "ok" },
    ],
  });
});

test("where the second one breaks too the client hears of it, and no end is feigned", async () => {
  await using box = await startTestGateway({
    policies: { main },
    script: cutThen(speaks(["three, "], "cut")),
  });
  const text = await (await box.chat({ stream: true })).text();
  expect(text).toContain("three, ");
  expect(text).toContain('"error"');
  expect(text).not.toContain("[DONE]");
  expect(box.upstream.calls).toHaveLength(2);
});

test("a client of another wire gets one message too", async () => {
  await using box = await startTestGateway({
    policies: { main },
    script: cutThen(speaks(["three, ", "four."], "finish")),
  });
  const client = new Anthropic({ baseURL: box.gateway.url, apiKey: "none", maxRetries: 0 });
  const message = await client.messages.stream({ ...ask, max_tokens: 100 }).finalMessage();
  expect(message.content).toMatchObject([{ type: "text", text: "One, two, three, four." }]);
  expect(message.stop_reason).toBe("end_turn");
});

test.each([
  ["tools", { tools: [{ type: "function", function: { name: "f", parameters: {} } }] }],
  ["a schema", { response_format: { type: "json_object" } }],
  ["several answers", { n: 2 }],
  ["log probabilities", { logprobs: true }],
])("a stream with %s is not gone on with: it ends with an error", async (_what, fields) => {
  await using box = await startTestGateway({
    policies: { main },
    script: cutThen(speaks(["three, ", "four."], "finish")),
  });
  const text = await (await box.chat({ stream: true, ...fields })).text();
  expect(text).toContain('"error"');
  expect(text).not.toContain("[DONE]");
  expect(box.upstream.calls).toHaveLength(1);
});

test("a failure before the first word leaves nothing of itself in the stream", async () => {
  await using box = await startTestGateway({
    policies: { main },
    script: (call) =>
      call.body["model"] === "model-a"
        ? speaks([], "cut")(call)
        : speaks(["All ", "well."], "finish")(call),
  });
  let text = "";
  for await (const chunk of await box.client.chat.completions.create({ ...ask, stream: true }))
    text += chunk.choices[0]?.delta.content ?? "";
  expect(text).toBe("All well.");
  expect(box.upstream.calls[1]?.body["messages"]).toEqual(ask.messages);
});

test("where a hedge was outrun the answer of the first is gone on with, and not the hedge's", async () => {
  const begun = Promise.withResolvers<void>();
  const hedged = Promise.withResolvers<void>();
  await using box = await startTestGateway({
    policies: {
      main: "otherwise a fallback b fallback c with retry 0, hedge after 30ms, continue once\n",
    },
    script: (call) => {
      const model = call.body["model"];
      if (model === "model-b") {
        // It shows its head and a role, but never a word.
        const hold = (piece: number): Promise<void> | undefined => {
          if (piece === 1) hedged.resolve();
          return piece === 0 ? undefined : begun.promise;
        };
        return { ...speaks([], "finish")(call), hold };
      }
      if (model === "model-c") return speaks(["three, ", "four."], "finish")(call);
      const hold = (piece: number): Promise<void> | undefined =>
        piece === 1 ? hedged.promise : undefined;
      return { ...speaks(["One, ", "two, "], "cut")(call), hold };
    },
  });
  const chunks = [];
  for await (const chunk of await box.client.chat.completions.create({ ...ask, stream: true }))
    chunks.push(chunk);
  begun.resolve();
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(
    "One, two, three, four.",
  );
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  const asked = box.upstream.calls[2]?.body["messages"];
  expect(asked).toMatchObject([{ role: "user" }, { content: "One, two, " }, { role: "user" }]);
});
