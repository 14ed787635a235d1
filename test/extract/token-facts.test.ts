import { beforeAll, expect, test } from "vitest";
import { boundTokens, exactTokens } from "../../src/extract/token-facts.ts";
import { loadEncoder } from "../../src/meaning/token-count.ts";

beforeAll(loadEncoder);

const message = (length: number) => ({ role: "user", content: "ab cd ".repeat(length / 6) });

test("a request beyond a million characters is bounded without looking at all of it, and the bounds still hold", async () => {
  const body = { model: "m", messages: [message(600_000), message(600_000), message(600)] };
  const bounds = { low: 0, high: 0 };
  boundTokens(body, bounds);
  const exact = await exactTokens(body, () => Promise.resolve());
  expect(bounds.low).toBeLessThan(exact);
  expect(bounds.low).toBeGreaterThan(exact / 2);
  expect(bounds.high).toBeGreaterThan(exact);
  const { messages } = body;
  const short = { model: "m", messages: messages.slice(0, 1) };
  boundTokens(short, bounds);
  expect(bounds.low).toBe(bounds.high);
});
