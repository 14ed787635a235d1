import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatMessage } from "../../../src/protocol/chat-request.ts";
import type { Fields } from "../../../src/protocol/conversation.ts";
import { least, requestOf } from "./support.ts";

/** Texts are numbered, so that each is told from all others wherever it ends up. */
interface Numbers {
  next: number;
}
type Made = (numbers: Numbers) => Fields;
const word = (numbers: Numbers): string => `<${numbers.next++}>`;

const mark = fc.constantFrom({}, { cache_control: { type: "ephemeral" } });
const said = mark.map(
  (more): Made =>
    (numbers) => ({ type: "text", text: word(numbers), ...more }),
);
const picture = fc.constant<Made>(() => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data: "AA" },
}));
const document = fc.constantFrom<Made>(
  (numbers) => ({
    type: "document",
    context: word(numbers),
    source: { type: "text", media_type: "text/plain", data: word(numbers) },
  }),
  (numbers) => ({
    type: "document",
    source: { type: "content", content: [{ type: "text", text: word(numbers) }] },
    citations: { enabled: true },
  }),
);
const found = fc.constant<Made>((numbers) => ({
  type: "search_result",
  source: "",
  title: word(numbers),
  content: [{ type: "text", text: word(numbers) }],
}));
const plain = fc.oneof(said, picture, document, found);
const result = fc.tuple(fc.array(plain, { maxLength: 3 }), fc.boolean(), mark).map(
  ([content, is_error, more]): Made =>
    (numbers) => ({
      type: "tool_result",
      tool_use_id: "t",
      is_error,
      content: content.map((make) => make(numbers)),
      ...more,
    }),
);
const thinking = fc.constant<Made>((numbers) => ({
  type: "thinking",
  thinking: word(numbers),
  signature: "s",
}));
const call = fc.constant<Made>((numbers) => ({
  type: "tool_use",
  id: "t",
  name: "f",
  input: { q: word(numbers) },
}));
const of = (made: fc.Arbitrary<Made>) => fc.array(made, { maxLength: 3 });
const turn = (role: string, ...kinds: fc.Arbitrary<Made>[]) =>
  fc.tuple(...kinds.map(of)).map((groups) => (numbers: Numbers) => ({
    role,
    content: groups.flat().map((make) => make(numbers)),
  }));
const message = fc.oneof(
  turn("user", result, plain),
  turn("assistant", thinking, said, call),
  turn("system", said),
);

/** All words of a message, in the order in which its reader meets them. */
function wordsOf(message: ChatMessage): string {
  const { reasoning_content: thoughts = "" } = message as { reasoning_content?: string };
  const { content } = message;
  const texts =
    typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");
  const args = (message.tool_calls ?? []).map((made) => made.function?.arguments ?? "").join("");
  return thoughts + texts + args;
}

test("every text of a request stands in its chat body, once and in order", () => {
  fc.assert(
    fc.property(of(said), fc.array(message, { minLength: 1, maxLength: 6 }), (system, messages) => {
      const numbers = { next: 0 };
      const body = {
        ...least,
        system: system.map((make) => make(numbers)),
        messages: messages.map((make) => make(numbers)),
      };
      const words = requestOf(body).body.messages.map(wordsOf).join("");
      const met = [...words.matchAll(/<(\d+)>/g)].map(([, number]) => Number(number));
      expect(met).toEqual(Array.from({ length: numbers.next }, (_, number) => number));
    }),
    { numRuns: 300 },
  );
});
