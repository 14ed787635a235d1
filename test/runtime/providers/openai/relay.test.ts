import { expect, test } from "vitest";
import { openRelay } from "../../../../src/runtime/providers/openai/relay.ts";
import { bytesOf, event } from "./frames.ts";

test("what came before an error in the same bytes is handed on", () => {
  const reader = openRelay(1);
  const good = event({ choices: [{ index: 0, text: "Hi", finish_reason: null }] });
  const out = reader.push(bytesOf(good + event({ error: { message: "overloaded", code: 503 } })));
  expect(new TextDecoder().decode(out ?? undefined)).toBe(good);
  expect(reader.failure).not.toBeNull();
  expect(reader.push(bytesOf(good))).toBeNull();
});
