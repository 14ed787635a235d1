import { expect, test } from "vitest";
import { intentLabels } from "../../src/extract/intent-labels.ts";
import { builtInFactTable, shippedIntents } from "../../src/facts/built-in.ts";

const names = (labels: ReturnType<typeof intentLabels>): readonly string[] =>
  labels.map(({ name }) => name);

test("a classifier chooses among a policy's intents, the shipped ones but that of tools, and `other` last", () => {
  const labels = intentLabels(builtInFactTable(), [
    {
      name: "refund",
      clues: [
        { kind: "contains", text: "money back" },
        { kind: "matches", pattern: "charge\\s?back" },
        { kind: "like", text: "I was charged twice" },
      ],
    },
    { name: "code", clues: [{ kind: "contains", text: "x".repeat(1_000) }] },
    { name: "other", clues: [{ kind: "contains", text: "weather" }] },
  ]);
  const shipped = shippedIntents.filter((name) => !["code", "tool", "other"].includes(name));
  expect(names(labels)).toEqual(["refund", "code", ...shipped, "other"]);
  expect(labels[0]).toEqual({
    ...{ name: "refund", about: null, examples: ["money back", "I was charged twice"] },
  });
  expect(labels[1]?.examples[0]).toHaveLength(200);
  expect(labels.slice(2).every(({ about }) => about !== null)).toBe(true);
});

test("the labels of a trained model are among them, and few examples of each", () => {
  const intent = builtInFactTable().get("intent");
  if (intent === undefined) throw new Error("`intent` is built in");
  const facts = new Map([
    ["intent", { ...intent, type: { kind: "text" as const, values: ["card lost", "pin"] } }],
  ]);
  const clues = Array.from({ length: 50 }, (_, at) => ({ kind: "like" as const, text: `${at}` }));
  const labels = intentLabels(facts, [{ name: "mine", clues }]);
  expect(names(labels)).toEqual(["mine", "card lost", "pin", "other"]);
  expect(labels[0]?.examples).toHaveLength(5);
});
