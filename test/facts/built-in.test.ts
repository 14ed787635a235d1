import { expect, test } from "vitest";
import { builtInFacts, builtInFactTable } from "../../src/facts/built-in.ts";
import { lookUpFact } from "../../src/facts/look-up.ts";
import { lookUpTargetFact, targetFacts } from "../../src/facts/target-facts.ts";

test("every name stands for one fact", () => {
  expect(builtInFactTable().size).toBe(builtInFacts.length);
  expect(new Set(targetFacts.map(({ name }) => name)).size).toBe(targetFacts.length);
});

test("what only the client says may be unknown or is read from its text, and is trusted as its word", () => {
  for (const name of ["max_tokens", "reasoning", "due", "prompt", "system", "intent", "model"]) {
    expect(builtInFactTable().get(name)?.trust, name).toBe("client");
  }
  for (const name of ["tokens", "messages", "stream", "tools", "json", "endpoint", "time"]) {
    expect(builtInFactTable().get(name), name).toMatchObject({
      trust: "gateway",
      mayBeUnknown: false,
    });
  }
});

test("headers and metadata are families; header names ignore case", () => {
  const table = builtInFactTable();
  expect(lookUpFact(table, "header.X-Team")?.name).toBe("header.x-team");
  expect(lookUpFact(table, "metadata.User")?.name).toBe("metadata.User");
  expect(lookUpFact(table, "metadata.User")).toMatchObject({ trust: "client", mayBeUnknown: true });
  for (const name of ["header", "header.", "query.a", "tokns", `header.${"x".repeat(300)}`]) {
    expect(lookUpFact(table, name), name).toBeNull();
  }
});

test("facts of targets are found by the name after the target", () => {
  expect(lookUpTargetFact("price.input")?.type).toEqual({ kind: "price" });
  expect(lookUpTargetFact("queue")?.kind).toBe("live");
  expect(lookUpTargetFact("tps")?.type).toEqual({ kind: "decimal" });
  expect(lookUpTargetFact("speed")).toBeNull();
});

test("the ledger tells of every fact: what it spent, what is left, how often it came", () => {
  const table = builtInFactTable();
  expect(lookUpFact(table, "spend.user.today")).toMatchObject({ type: { kind: "money" } });
  expect(lookUpFact(table, "budget.team.left")).toMatchObject({ costClass: 1, trust: "gateway" });
  expect(lookUpFact(table, "rate.user.minute")).toMatchObject({ type: { kind: "whole" } });
  for (const name of ["spend.user", "spend.nobody.today", "spend.user.left", "rate.user.eon"]) {
    expect(lookUpFact(table, name), name).toBeNull();
  }
});
