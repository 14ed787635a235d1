import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Conversation,
  nothingSaid,
  type Part,
  type Turn,
} from "../../../src/protocol/conversation.ts";
import { splitPrompt } from "../../../src/runtime/semantic/split-prompt.ts";
import { longestPrompt } from "../../../src/runtime/semantic/traits.ts";

const text = (said: string): Part => ({ kind: "text", text: said, path: "p" });
const image = (url: string): Part => ({
  ...{ kind: "image", source: { kind: "url", url }, detail: null, path: "p" },
});
const turn = (role: Turn["role"], ...parts: readonly Part[]): Turn => ({
  ...{ role, name: null, parts, path: "p" },
});
const conversation = (...turns: readonly Turn[]): Conversation => ({
  ...nothingSaid,
  model: "m",
  turns,
});

describe("what is asked, taken out of a conversation", () => {
  it("is the text that the user said last; the rest has all else", () => {
    const whole = conversation(
      turn("system", text("Be brief.")),
      turn("user", text("hello")),
      turn("assistant", text("hello!")),
      turn("user", text("What is"), image("https://a/1.png"), text("this?")),
    );
    const split = splitPrompt(whole);
    expect(split?.prompt).toBe("What is\nthis?");
    expect(split?.rest.turns.slice(0, 3)).toEqual(whole.turns.slice(0, 3));
    expect(split?.rest.turns[3]).toEqual(
      turn("user", text(""), image("https://a/1.png"), text("")),
    );
  });

  it.each<[string, Turn[]]>([
    ["nothing was said", []],
    ["the last to speak was not the user", [turn("user", text("a")), turn("assistant", text("b"))]],
    ["the user said nothing in words", [turn("user", image("https://a/1.png"))]],
    ["there is only space", [turn("user", text(" \n"))]],
    [
      "it is longer than prompts are compared by",
      [turn("user", text("x".repeat(longestPrompt + 1)))],
    ],
  ])("is nothing where %s", (_why, turns) => {
    expect(splitPrompt(conversation(...turns))).toBeNull();
  });

  it("leaves the same rest for two prompts, and another for anything else that differs", () => {
    const word = fc.string({ minLength: 1, maxLength: 20 }).filter((each) => each.trim() !== "");
    const made = (system: string, asked: string, url: string): unknown =>
      splitPrompt(conversation(turn("system", text(system)), turn("user", text(asked), image(url))))
        ?.rest;
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(made(a, b, c)).toEqual(made(a, c, c));
        fc.pre(a !== b);
        expect(made(a, c, c)).not.toEqual(made(b, c, c));
        expect(made(c, c, a)).not.toEqual(made(c, c, b));
      }),
    );
  });
});
