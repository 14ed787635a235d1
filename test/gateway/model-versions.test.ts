import { expect, test } from "vitest";
import { ModelVersions } from "../../src/gateway/model-versions.ts";
import type { AnswerEvent } from "../../src/protocol/answer-event.ts";
import type { Usage } from "../../src/protocol/usage.ts";

const usage: Usage = {
  ...{ inputTokens: 1, cachedReadTokens: 0, cachedWriteTokens: 0, outputTokens: 1 },
  ...{ reasoningTokens: 0, estimated: false },
};
const answerOf = (start: string, counted?: string): readonly AnswerEvent[] => [
  { kind: "start", id: "c", model: start, created: 1 },
  { kind: "text", choice: 0, text: "hello" },
  {
    kind: "usage",
    usage: counted === undefined ? usage : { ...usage, model: counted },
    tier: null,
  },
];

test.each<[string, readonly AnswerEvent[], boolean]>([
  ["the last one's", answerOf("m-2"), false],
  ["an older one's", answerOf("m-1"), true],
  ["nobody's, by its own word,", answerOf(""), false],
  ["named beside its counts as the last one's", answerOf("m", "m-2"), false],
  ["named beside its counts as an older one's", answerOf("m-2", "m-1"), true],
])("an answer that is %s is old, or not", (_, events, isOld) => {
  const versions = new ModelVersions();
  expect(versions.isOld("a", events)).toBe(false);
  versions.heard("a", { ...usage, model: "m-1" });
  versions.heard("a", { ...usage, model: "m-2" });
  versions.heard("a", usage);
  versions.heard("a", null);
  versions.heard("b", { ...usage, model: "m-3" });
  expect(versions.isOld("a", events)).toBe(isOld);
});
