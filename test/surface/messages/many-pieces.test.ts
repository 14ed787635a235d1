import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { chatWriter } from "../../../src/surface/chat/write-chat.ts";
import { finish, start, text } from "../../support/answer-events.ts";
import { least, requestOf, wholeOf } from "./support.ts";

const count = 150_000;
const citation: AnswerEvent = { kind: "citation", choice: 0, citation: { type: "page", x: 1 } };
const events = [start, text("a"), ...Array.from({ length: count }, () => citation), finish("stop")];

test("an answer with very many citations is written whole", () => {
  const [block] = wholeOf(events)["content"] as readonly Fields[];
  expect(block?.["citations"]).toHaveLength(count);
});

test("also for clients of chat completions, and with as many likelihoods in one piece", () => {
  const logprobs = Array.from({ length: count }, () => ({ token: "a" }));
  const likely = { ...text("b"), logprobs } as AnswerEvent;
  const body = chatWriter.whole(requestOf(least), [start, likely, ...events.slice(1)]);
  const [choice] = JSON.parse(String(body)).choices;
  expect(choice.message.annotations).toHaveLength(count);
  expect(choice.logprobs.content).toHaveLength(count);
});
