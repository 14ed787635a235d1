import { expect, test } from "vitest";
import { AnswerLengths } from "../../../src/simulator/replay/answer-lengths.ts";
import { arrived, replayed, traffic } from "../../support/replaying.ts";

const policy = "otherwise claude with cache exact for 10m";

test("further requests find the answers that further requests like them brought", async () => {
  const lines = traffic(50, 5_000, (index) => arrived(index * 5_000, {}, { cacheKey: "k" }));
  const { replay } = await replayed(lines, policy, { whatIf: { traffic: ["3"] } });
  // The first of each number is sent, all others are given its answer.
  expect(replay.outcomes).toMatchObject({ ok: 3, cached: 147 });
});

test("requests of which nothing tells what they ask are counted where answers are kept", async () => {
  const lines = [arrived(0), arrived(5_000, {}, { cacheKey: "k" })];
  const { replay } = await replayed(lines, policy);
  expect(replay.notPlayed).toEqual([expect.stringContaining("1 of 2 requests bear no `cacheKey`")]);
  expect((await replayed(lines, "otherwise claude")).replay.notPlayed).toEqual([]);
});

test("what was asked is remembered by its digest where it is long", () => {
  const lengths = new AnswerLengths();
  const asked = (index: number): string => `${"x".repeat(1_000_000)}${index}`;
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 300; index += 1) lengths.note(asked(index), index);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6);
  expect(lengths.guess(asked(7), "")).toBe(7);
});
