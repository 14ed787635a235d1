import { expect, test } from "vitest";
import { recordOf, run } from "../support/simulation.ts";

const targetsOf = async (policy: string, lines: readonly object[]) => {
  const { targets } = await run(lines, policy);
  return targets.map(({ target, requests }) => `${target} ${requests}`);
};

const chat = (content: string) => ({
  model: "auto",
  messages: [{ role: "user", content }],
});

test("a guard whose condition only the text tells is asked, and keeps its targets out", async () => {
  const policy = "never target.region is us when pii otherwise claude fallback mistral-eu";
  const lines = [chat("Hello there"), chat("My card is 4111 1111 1111 1111."), chat("Goodbye")];
  expect(await targetsOf(policy, lines)).toEqual(["claude 2", "mistral-eu 1"]);
});

test("a record tells a guard's condition; one that lacks it counts as if it held, and is missing", async () => {
  const policy = "never claude when pii otherwise claude fallback mistral-eu";
  const records = [recordOf({ pii: true }), recordOf({ pii: false }), recordOf({})];
  const report = await run(records, policy);
  expect(report.targets.map(({ target, requests }) => [target, requests])).toEqual([
    ["mistral-eu", 2],
    ["claude", 1],
  ]);
  expect(report.missing.map(({ fact }) => fact)).toEqual(["pii"]);
});

test("a ceiling on the prompt that an `also` sets rejects what is longer", async () => {
  const policy = "also if stream with tokens at most 100 otherwise claude";
  const records = [99, 101].map((tokens) => recordOf({ tokens, stream: true }));
  const report = await run([...records, recordOf({ tokens: 101, stream: false })], policy);
  expect(report.targets).toMatchObject([{ target: "claude", requests: 2 }]);
  expect(report.outcomes).toMatchObject({ rejected: 1 });
});

test("a target beyond the ceiling on cost gives way to a fallback that takes over, whoever set the ceiling", async () => {
  const cheap = recordOf({ tokens: 100, max_tokens: 10, stream: true });
  const dear = recordOf({ tokens: 100_000, max_tokens: 10, stream: true });
  for (const policy of [
    "otherwise claude fallback local-gpu with cost at most $0.01",
    "also if stream with cost at most $0.01 otherwise claude fallback local-gpu",
    "otherwise claude fallback mistral-eu on timeout fallback local-gpu with cost at most $0.01",
  ]) {
    expect(await targetsOf(policy, [cheap, dear])).toEqual(["claude 1", "local-gpu 1"]);
  }
});
