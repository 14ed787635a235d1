import { expect, test } from "vitest";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target } from "../support.ts";

const long = { role: "user", content: "word ".repeat(4000) };
const said = { role: "assistant", content: "fine" };
const more = { role: "user", content: "and?" };

function markOf(messages: readonly object[], promptCache: "auto" | "off" = "auto"): unknown {
  const request = chat({ messages: messages as never });
  const made = adapterFor("anthropic").prepare(
    request,
    target(),
    provider("anthropic", { promptCache }),
    {},
  );
  if (!made.ok) throw new Error(made.failure.message);
  return (JSON.parse(String(made.request.body)) as Record<string, unknown>)["cache_control"];
}

test("a long session that goes on is marked for the cache", () => {
  expect(markOf([long, said, more])).toEqual({ type: "ephemeral" });
});

test.each<[string, readonly object[], "auto" | "off"]>([
  ["a prompt that may never be sent again", [long], "auto"],
  ["a short session", [more, said, more], "auto"],
  ["a session whose provider is set to off", [long, said, more], "off"],
  [
    "a session that the client marks itself",
    [
      {
        role: "user",
        content: [{ type: "text", text: long.content, cache_control: { type: "ephemeral" } }],
      },
      said,
      more,
    ],
    "auto",
  ],
])("%s is not", (_name, messages, promptCache) => {
  expect(markOf(messages, promptCache)).toBeUndefined();
});
