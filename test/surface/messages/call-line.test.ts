import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { callStart, finish, start } from "../../support/answer-events.ts";
import { wholeOf } from "./support.ts";

describe("ids of calls that the provider gave none", () => {
  const idOf = (answer: string, created = 7): unknown => {
    const events = [{ ...start, id: answer, created } as AnswerEvent, callStart(0, { id: "" })];
    const content = wholeOf([...events, finish("tool_calls")])["content"];
    return (content as Fields[])[0]?.["id"];
  };

  test("are the same for one answer and others for another", () => {
    expect(idOf("x-1")).toBe(idOf("x-1"));
    expect(idOf("x-1")).not.toBe(idOf("x-2"));
    expect(idOf("", 7)).not.toBe(idOf("", 8));
  });

  test("and equal ids are told apart in a moment, however many there are", () => {
    const many = Array.from({ length: 30_000 }, (_, at) => callStart(at, { id: "same" }));
    const content = wholeOf([start, ...many, finish("tool_calls")])["content"] as Fields[];
    expect(new Set(content.map(({ id }) => id)).size).toBe(30_000);
  });
});
