import { beforeAll, expect, test } from "vitest";
import { boundTokens, exactTokens, keepTokens } from "../../src/extract/token-facts.ts";
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

test("the bounds of a body that will come again are the same each time, and no other body's", () => {
  const [body, other] = [message(60), message(66)].map((each) => ({
    model: "m",
    messages: [each],
  }));
  const bounds = { low: 0, high: 0 };
  const boundsOf = (of = body) => {
    if (of !== undefined) boundTokens(of, bounds);
    return { ...bounds };
  };
  const before = boundsOf();
  if (body !== undefined) keepTokens(body);
  expect(boundsOf()).toEqual(before);
  expect(boundsOf(other).low).toBeGreaterThan(before.low);
  expect(boundsOf()).toEqual(before);
});

test("a refusal counts alike as a part and as a field", async () => {
  const said = "I cannot help with that.";
  const counts = [
    { content: [{ type: "refusal", refusal: said }] },
    { content: null, refusal: said },
  ];
  const [part, field] = await Promise.all(
    counts.map((message) =>
      exactTokens({ model: "m", messages: [{ role: "assistant", ...message }] }, () =>
        Promise.resolve(),
      ),
    ),
  );
  expect(part).toBe(field);
});
