import { expect, test } from "vitest";
import type { RequestContext } from "../../src/extract/context.ts";
import { createBodyIntentReader } from "../../src/extract/intent-reader.ts";
import { builtInFactTable } from "../../src/facts/built-in.ts";

test("what came of asking is of one request: the same body asked again may be told, and one that must not ask is not", async () => {
  const intent = builtInFactTable().get("intent");
  if (intent === undefined) throw new Error("`intent` is built in");
  const classifier = { target: "small", provider: "p", model: "m", timeoutMs: 800, askBelow: 0.7 };
  const facts = new Map([["intent", { ...intent, classifier }]]);
  const reader = createBodyIntentReader(facts, []);
  const chat = { body: { model: "m", messages: [{ role: "user", content: "xyzzy plugh" }] } };
  let asked = 0;
  const answers = ["timeout", "answered"] as const;
  const classify = async () => {
    const outcome = answers[asked++] ?? "answered";
    return { label: outcome === "answered" ? "write" : null, outcome };
  };
  const context = (mayAsk: boolean): RequestContext =>
    ({
      chat,
      headers: {},
      caller: null,
      ...(mayAsk ? { classify } : {}),
    }) as unknown as RequestContext;
  const [late, again, alone] = [context(true), context(true), context(false)];
  expect(await reader.read(late)).toMatchObject({ asked: "timeout" });
  expect(await reader.read(again)).toMatchObject({ intent: "write", by: "classifier" });
  expect(await reader.read(alone)).toMatchObject({ asked: undefined });
  expect(reader.told(late)).toMatchObject({ asked: "timeout" });
  expect(await reader.read(again)).toMatchObject({ intent: "write" });
  expect(asked).toBe(2);
});
