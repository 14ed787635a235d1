import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import type { Fields, Reasoning } from "../../../src/protocol/conversation.ts";
import { openSeal, sealCall, sealThought } from "../../../src/surface/seal.ts";
import { callStart, finish, start, text } from "../../support/answer-events.ts";
import { least, requestOf, thought, wholeOf } from "./support.ts";

const told = (text: string, summary = false): AnswerEvent => ({
  kind: "reasoning",
  choice: 0,
  text,
  summary,
});
const ended = (reasoning: Partial<Reasoning>): AnswerEvent => ({
  kind: "reasoning_end",
  choice: 0,
  reasoning: { ...nothing, ...reasoning },
});
const nothing: Reasoning = {
  text: "",
  summary: false,
  signature: null,
  encrypted: null,
  id: null,
  model: null,
};

/** The next request of a client that sends the answer back as it came. */
function nextOf(...events: AnswerEvent[]) {
  const content = wholeOf([start, ...events, finish("stop")])["content"];
  const user = { role: "user", content: "And?" };
  const request = requestOf({ ...least, messages: [user, { role: "assistant", content }, user] });
  const messages = request.native["messages"] as Fields[];
  return {
    request,
    content: content as Fields[],
    parts: request.conversation().turns[1]?.parts ?? [],
    /** What a maker of this wire would be sent. */
    native: messages.length === 3 ? messages[1]?.["content"] : null,
  };
}
const reasoningOf = (parts: readonly { kind: string }[]) =>
  parts.flatMap((part) => ("reasoning" in part ? [part.reasoning] : []));

describe("thinking comes back as it was given", () => {
  test.each<[string, AnswerEvent[], object]>([
    [
      "with its signature",
      [told("h"), told("m"), thought("hm", "sig")],
      { text: "hm", signature: "sig", model: "maker-1", dialect: "messages" },
    ],
    ["told all at once", [thought("hm", "sig")], { text: "hm", signature: "sig" }],
    ["signed without a text", [thought("", "sig")], { text: "", signature: "sig" }],
    ["hidden", [ended({ encrypted: "e" })], { text: "", encrypted: "e", model: "maker-1" }],
    [
      "summed up, with the maker's id",
      [
        told("sum", true),
        ended({ text: "sum", summary: true, encrypted: "e", id: "rs_1", model: "x" }),
      ],
      { text: "sum", summary: true, encrypted: "e", id: "rs_1", model: "x" },
    ],
    [
      "without any proof",
      [told("hm"), text("a")],
      { text: "hm", signature: null, model: "maker-1" },
    ],
  ])("%s", (_name, events, reasoning) => {
    expect(reasoningOf(nextOf(...events).parts)).toMatchObject([
      { ...nothing, model: "maker-1", ...reasoning },
    ]);
  });

  test("and what says nothing at all leaves no block", () => {
    expect(nextOf(ended({}), text("a")).content).toHaveLength(1);
  });

  test("a proof of a call stands before it, and comes back in it", () => {
    const { content, parts } = nextOf({
      ...callStart(0, { id: "c.1" }),
      signature: "sig",
    } as AnswerEvent);
    expect(content.map((block) => block["type"])).toEqual(["redacted_thinking", "tool_use"]);
    expect(parts).toMatchObject([{ kind: "call", id: "c_1", signature: "sig" }]);
  });
});

describe("a maker of this wire", () => {
  const answer = { type: "text", text: "a", citations: null };
  test.each<[string, AnswerEvent[], unknown]>([
    [
      "is sent its own thinking bare",
      [told("hm"), thought("hm", "sig"), text("a")],
      [{ type: "thinking", thinking: "hm", signature: "sig" }, answer],
    ],
    [
      "is sent its own hidden thinking bare",
      [ended({ encrypted: "e", dialect: "messages" }), text("a")],
      [{ type: "redacted_thinking", data: "e" }, answer],
    ],
    ["is sent no thinking without proof", [told("hm"), text("a")], [answer]],
    [
      "is sent no thinking of others",
      [ended({ text: "hm", signature: "s", dialect: "generate" }), text("a")],
      [answer],
    ],
    [
      "is sent no proof of others' calls",
      [{ ...callStart(0, { id: "c" }), signature: "s" } as AnswerEvent],
      [{ type: "tool_use", id: "c", name: "f", input: {} }],
    ],
    ["is sent no message that would be empty", [told("hm")], null],
    [
      "is sent no citations that its search did not find",
      [text("a"), { kind: "citation", choice: 0, citation: { type: "url_citation", url: "u" } }],
      [answer],
    ],
  ])("%s", (_name, events, native) => {
    const next = nextOf(...events);
    expect(next.native).toEqual(native);
    expect(next.request.modelSpan).toBeNull();
  });

  test("is sent the client's bytes where nothing was sealed", () => {
    const content = [{ type: "thinking", thinking: "hm", signature: "sig" }];
    const { native, modelSpan } = requestOf({
      ...least,
      messages: [...least.messages, { role: "assistant", content }],
    });
    expect(native["messages"]).toMatchObject([{}, { content }]);
    expect(modelSpan).not.toBeNull();
  });
});

describe("a seal", () => {
  const word = fc.option(fc.string());
  test("opens to what was sealed", () => {
    const reasoning = fc.record({
      summary: fc.boolean(),
      signature: word,
      encrypted: word,
      id: word,
      model: word,
      dialect: fc.constantFrom("messages" as const, "generate" as const),
    });
    fc.assert(
      fc.property(reasoning, (value) => {
        expect(openSeal(sealThought(value))).toEqual({ kind: "thought", ...value });
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, signature) => {
        expect(openSeal(sealCall(id, signature))).toEqual({ kind: "call", id, signature });
      }),
    );
  });

  test.each(["", "[]", "[1,2]", "{", '["call","a"]', '["thought",{},"nobody",[]]', "[[[[["])(
    "that a client broke proves nothing: %s",
    (rest) => {
      expect(openSeal(`signalbox-1:${rest}`)).toEqual({
        kind: "thought",
        model: null,
        signature: null,
        encrypted: null,
        id: null,
        summary: false,
      });
    },
  );

  test.each([null, undefined, 3, "", "EqQBCgIYAhIM", "signalbox"])("%j is none", (value) => {
    expect(openSeal(value)).toBeNull();
  });
});
