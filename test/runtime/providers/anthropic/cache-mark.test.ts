import { expect, test } from "vitest";
import { responses, sentTo } from "../sent-to.ts";
import { chat } from "../support.ts";

test.each([
  ["30m", { ttl: "1h" }],
  ["12h", { ttl: "1h" }],
  ["1h", { ttl: "1h" }],
  ["24h", { ttl: "1h" }],
  ["5m", { ttl: "5m" }],
  ["60s", { ttl: "5m" }],
  ["forever", {}],
])("a mark of OpenAI's that holds for %s is one of Anthropic's lifetimes", (ttl, held) => {
  const prompt_cache_breakpoint = { mode: "explicit", ttl };
  const told = { type: "text", text: "x", prompt_cache_breakpoint };
  const asked = { type: "input_text", text: "x", prompt_cache_breakpoint };
  const content = [{ type: "text", text: "x", cache_control: { type: "ephemeral", ...held } }];
  for (const request of [
    chat({ messages: [{ role: "user", content: [told] }] } as object),
    responses({ input: [{ role: "user", content: [asked] }] }),
  ])
    expect(sentTo("anthropic", request).body["messages"]).toEqual([{ role: "user", content }]);
});
