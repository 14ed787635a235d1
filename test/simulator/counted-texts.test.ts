import { expect, test } from "vitest";
import { readColumnMap } from "../../src/simulator/column-map.ts";
import { ModelFitter } from "../../src/simulator/models/fit-models.ts";
import type { Report } from "../../src/simulator/report.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { read } from "../support/read-requests.ts";
import { arrived, replayed } from "../support/replaying.ts";
import { configuration, nowMs, programOf } from "../support/simulation.ts";

const map =
  "time=at,prompt=asked,system=rules,answer=said,status=code,target=by,duration=ms,input=in,output=out";
const words = (count: number): string => "word ".repeat(count).trim();
const rowOf = (parts: object): Buffer =>
  Buffer.from(
    `${JSON.stringify({ at: "2026-11-23T10:00:00Z", by: "claude", ms: 900, ...parts })}\n`,
  );

async function reportOf(
  parts: object,
  policy: string,
  more: Partial<Parameters<typeof simulate>[0]> = {},
): Promise<Report> {
  const columns = readColumnMap(map, configuration.facts);
  if (!columns.ok) throw new Error(columns.message);
  const programs = { a: programOf(policy) };
  return simulate({
    log: [rowOf(parts)],
    map: columns.map,
    configuration,
    nowMs,
    programs,
    ...more,
  });
}

test.each([
  ["a prompt and an answer", { asked: words(100), said: words(50) }, [107, 50]],
  ["a system text too", { rules: words(20), asked: words(100), said: words(50) }, [131, 50]],
  [
    "an answer of an API",
    { asked: words(100), said: { choices: [{ message: { content: words(50) } }] } },
    [107, 50],
  ],
  ["an answer longer than what is compared", { asked: "Hi", said: words(9_000) }, [8, 9_000]],
  ["a prompt alone", { asked: words(100) }, [107, null]],
  ["counts beside the texts", { asked: words(100), said: words(50), in: 7, out: 3 }, [7, 3]],
  ["what says why it failed", { asked: words(100), said: "No such model", code: 404 }, [107, null]],
] as const)("texts without counts are counted as those of bodies: %s", async (_, parts, counts) => {
  const { requests, skipped } = await read([rowOf(parts)], null, map);
  expect(skipped).toEqual([]);
  const { input = null, output = null } = requests[0]?.usage ?? {};
  expect([input, output]).toEqual(counts);
});

test("a policy cuts by the exact tokens of a prompt that is told as text", async () => {
  const asked = Array.from({ length: 300 }, (_, at) => `${at} unfathomableness`).join(", ");
  const { requests } = await read([rowOf({ asked })], null, map);
  const bounds = requests[0]?.facts?.["tokens"] as readonly number[];
  const sizes = Array.from({ length: 40 }, (_, at) => {
    const [low = 0, high = 0] = bounds;
    return Math.round(low + ((high - low) * at) / 39);
  });
  const below: boolean[] = [];
  for (const size of sizes) {
    const report = await reportOf({ asked }, `if tokens < ${size} then gpt else claude`);
    expect(report.missing).toEqual([]);
    below.push(report.targets[0]?.target === "gpt");
  }
  // Once the number is past the exact count it stays so.
  expect(below[0]).toBe(false);
  expect(below.at(-1)).toBe(true);
  expect(below.toSorted()).toEqual(below);
});

test("counted texts are the sizes that speeds are learned by", async () => {
  const { requests } = await read(
    [rowOf({ asked: words(100), said: words(50), code: 200 })],
    null,
    map,
  );
  const models = new ModelFitter(() => {
    throw new Error("no speed was measured");
  });
  for (const request of requests) models.add(request);
  const usual = { inputTokens: 107, outputTokens: 50 };
  expect(models.models().targets.get("claude")).toMatchObject({ answers: 1, usual });
});

test.each([
  ["neither a count nor a text", {}, { total: 0, unpriced: 1, withoutOutput: 0 }],
  ["an answer alone", { said: words(50) }, { total: 0, unpriced: 1, withoutOutput: 0 }],
  ["a prompt alone", { asked: words(100) }, { unpriced: 0, withoutOutput: 1 }],
  ["both", { asked: words(100), said: words(50) }, { unpriced: 0, withoutOutput: 0 }],
])("a request is priced by what its log tells: %s", async (_, parts, cost) => {
  const report = await reportOf(parts, "otherwise gpt");
  expect(report.cost).toMatchObject(cost);
  expect(report.cost.total > 0).toBe(cost.unpriced === 0);
});

test("an attempt of which nothing tells the size has no known price in a replay", async () => {
  const { replay } = await replayed([{ ...arrived(0), facts: {}, attempts: [] }], "otherwise gpt");
  expect(replay.cost).toMatchObject({ total: 0, unpriced: 1 });
});

test("in a replay a prompt of unknown size is as long as one of the latest", async () => {
  const sized = arrived(0, {}, { tokens: 1_000 });
  const failed = { ...arrived(60_000), facts: {}, attempts: [] };
  const { replay } = await replayed([sized, failed], "otherwise gpt");
  expect(replay.targets).toMatchObject([{ target: "gpt", tokensIn: 2_000 }]);
  expect(replay.cost.unpriced).toBe(0);
});

test("a prompt of unknown size is as long under another policy, though others are fetched anew there", async () => {
  const lines = Array.from({ length: 400 }, (_, at) => {
    if (at % 4 === 3)
      return { ...arrived(at * 1_000, {}, { id: `u${at}` }), facts: {}, attempts: [] };
    const [tokens, cacheKey] = at % 4 === 0 ? [9_000, "k"] : [100 + at, `k${at}`];
    return arrived(at * 1_000, {}, { tokens, cacheKey });
  });
  const plain = await replayed(lines, "otherwise gpt");
  const cached =
    "if tokens is unknown then gpt otherwise claude with cache exact for 1s, stale for 1h";
  const { replay, against } = await replayed(
    lines,
    "if tokens is unknown then gpt otherwise claude",
    {
      against: cached,
    },
  );
  expect(plain.replay.outcomes.ok).toBe(400);
  const costAt = (report: typeof replay | undefined) =>
    report?.targets.find(({ target }) => target === "gpt")?.tokensIn;
  expect(costAt(against)).toBe(costAt(replay));
});
