import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { eventStream, startTestGateway } from "../support/gateway.ts";

const usage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

/** An answer of OpenAI's wire, whole or streamed as it was asked for. */
function says(content: string, finish = "stop") {
  return ({ body }: StandInCall): Behaviour => {
    const head = { id: "chatcmpl-1", created: 1, model: String(body["model"]) };
    if (body["stream"] !== true) {
      const message = { role: "assistant", content, refusal: null };
      const choices = [{ index: 0, message, finish_reason: finish, logprobs: null }];
      return { body: JSON.stringify({ ...head, object: "chat.completion", choices, usage }) };
    }
    const event = (fields: object): string =>
      `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...fields })}\n\n`;
    const delta = (part: object, reason: string | null = null): string =>
      event({ choices: [{ index: 0, delta: part, finish_reason: reason }] });
    return {
      headers: eventStream,
      body: [
        delta({ role: "assistant", content: "" }),
        ...[...content].map((letter) => delta({ content: letter })),
        delta({}, finish),
        event({ choices: [], usage }),
        "data: [DONE]\n\n",
      ],
    };
  };
}

const byModel =
  (answers: Readonly<Record<string, (call: StandInCall) => Behaviour>>) => (call: StandInCall) =>
    answers[String(call.body["model"])]?.(call) ?? null;

const policy = (accept: string): string =>
  `otherwise a fallback b on retryable or bad_output with retry 0, accept when ${accept}\n`;

const answers = byModel({ "model-a": says("Sure! {}"), "model-b": says('{"ok": true}') });

test.each([false, true])(
  "an answer that is not accepted is never seen, and the next target is asked (streamed: %j)",
  async (stream) => {
    await using box = await startTestGateway({
      policies: { main: policy("response.valid_json") },
      yaml: "telemetry: { decision-log: decisions.jsonl }\n",
      script: answers,
    });
    const ask = { model: "main", messages: [{ role: "user" as const, content: "hi" }] };
    let said = "";
    if (stream) {
      for await (const chunk of await box.client.chat.completions.create({ ...ask, stream }))
        said += chunk.choices[0]?.delta.content ?? "";
    } else {
      const answer = await box.client.chat.completions.create(ask);
      said = answer.choices[0]?.message.content ?? "";
    }
    expect(said).toBe('{"ok": true}');
    await box.gateway.close();
    const record = JSON.parse(
      readFileSync(`${box.folder}/decisions.jsonl`, "utf8"),
    ) as DecisionRecord;
    // What was thrown away was paid for all the same.
    expect(record.attempts).toMatchObject([
      { target: "a", outcome: "bad_output", code: "not_accepted", usage: { output: 3 } },
      { target: "b", outcome: "ok" },
    ]);
    expect(record.attempts[0]?.costPicodollars).toBeGreaterThan(0);
  },
);

test("where nothing else is left the client hears that the answer was not accepted", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a with retry 0, accept when response.valid_json\n" },
    script: answers,
  });
  for (const stream of [false, true]) {
    const answer = await box.chat({ stream });
    expect(answer.status).toBe(502);
    const { error } = (await answer.json()) as { error: { code: string } };
    expect(error.code).toBe("bad_output");
  }
});

test("a retry asks the same target again", async () => {
  let asked = 0;
  await using box = await startTestGateway({
    policies: { main: "otherwise a with retry 1, accept when response.complete\n" },
    script: (call) => {
      asked += 1;
      return says("x", asked === 1 ? "length" : "stop")(call);
    },
  });
  const answer = await box.chat();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-signalbox-attempts")).toBe("2");
  await answer.arrayBuffer();
});

test("what nobody tells is accepted, and facts of the request and the target may be asked beside", async () => {
  await using box = await startTestGateway({
    policies: {
      main: policy("response.logprob < 5 and (response.tokens < 100 or target is b) and tools = 0"),
    },
    script: answers,
  });
  const answer = await box.chat();
  expect(answer.headers.get("x-signalbox-target")).toBe("a");
  await answer.arrayBuffer();
  const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
  const refused = await box.chat({ tools });
  expect(refused.status).toBe(502);
  await refused.arrayBuffer();
});

test.each(["response.logprob >= 0 - 1.5", "response.logprob + 1.5 >= 0"])(
  "a log probability, which is negative, is compared by a difference: %s",
  async (condition) => {
    const told = (logprob: number) => () => ({
      body: JSON.stringify({
        ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m", usage },
        choices: [
          {
            ...{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "x" } },
            logprobs: { content: [{ token: "x", logprob, bytes: null, top_logprobs: [] }] },
          },
        ],
      }),
    });
    await using box = await startTestGateway({
      policies: { main: policy(condition) },
      script: byModel({ "model-a": told(-2.5), "model-b": told(-0.5) }),
    });
    const answer = await box.chat({ logprobs: true });
    expect([answer.status, answer.headers.get("x-signalbox-target")]).toEqual([200, "b"]);
    await answer.arrayBuffer();
  },
);

test("an answer to a client of another wire is judged too, and what is only handed on is not", async () => {
  await using box = await startTestGateway({
    policies: { main: policy("response.valid_json") },
    script: (call) =>
      call.path.endsWith("/embeddings")
        ? { body: JSON.stringify({ object: "list", data: [], model: "m", usage }) }
        : answers(call),
  });
  const message = await fetch(`${box.gateway.url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ model: "main", max_tokens: 50 },
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  expect(message.headers.get("x-signalbox-target")).toBe("b");
  expect(await message.json()).toMatchObject({ content: [{ text: '{"ok": true}' }] });
  const embedded = await fetch(`${box.gateway.url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", input: "hi" }),
  });
  expect(embedded.status).toBe(200);
  expect(embedded.headers.get("x-signalbox-target")).toBe("a");
  await embedded.arrayBuffer();
});
