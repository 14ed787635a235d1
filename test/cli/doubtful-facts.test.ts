import { expect, test } from "vitest";
import { doubtfulFacts } from "../../src/cli/doubtful-facts.ts";
import { builtInFactTable } from "../../src/facts/built-in.ts";

const known = {
  ...{ facts: builtInFactTable(), read: ["tokens", "prompt matches /x/"] },
  intents: [{ name: "refund" }],
};

test.each<[Record<string, unknown>, string[]]>([
  [{ tokens: 5, stream: true, user: null, time: "12:00" }, []],
  [{ tokens: [5, 9], "header.x-team": "a", "claude.queue": 3, "prompt matches /x/": true }, []],
  [{ tokns: 5 }, ["no fact is called `tokns`: it is left out; did you mean `tokens`?"]],
  [{ queue: 5 }, ["no fact is called `queue`: it is left out"]],
  [{ tokens: "many" }, ['"many" is not a whole number: `tokens` counts as unknown']],
  [{ intent: "refund" }, []],
  [
    { intent: "refunds" },
    [
      '"refunds" is not one of refund, chat, classify, extract, summarise, translate, code, reason, write, tool, other: `intent` counts as unknown',
    ],
  ],
  [{ json: "refund" }, ['"refund" is not one of none, object, schema: `json` counts as unknown']],
  [{ stream: "yes" }, ['"yes" is not true or false: `stream` counts as unknown']],
  [{ json: "xml" }, ['"xml" is not one of none, object, schema: `json` counts as unknown']],
])("of the facts %j it says %j", (given, lines) => {
  expect(doubtfulFacts(given, known)).toEqual(lines);
});
