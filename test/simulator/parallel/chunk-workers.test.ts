import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogFile, LogFiles } from "../../../src/simulator/log-file.ts";
import { isDecidedInPieces } from "../../../src/simulator/parallel/chunk-workers.ts";
import type { Report } from "../../../src/simulator/report.ts";
import { type SimulateOptions, simulate } from "../../../src/simulator/simulate.ts";
import { configuration, nowMs, programOf, recordOf, used } from "../../support/simulation.ts";

const a = programOf(`
if tokens < 200 and intent is classify then local-gpu fallback claude
if tier is free then reject 403 "no"
if team in [a, b] then split by user: 50% claude, 50% gpt
if tokens > 900 then requested fallback claude
otherwise claude fallback gpt
`);
const b = programOf(`
never claude when team is a
never gpt when tier is free
never qwen
if intent is code then cheapest of [claude, gpt, qwen]
if team is b and tokens > 500 then qwen
if tokens < 600 then local-gpu fallback claude
if prompt contains "now" then requested fallback gpt
otherwise split: 30% claude, 30% qwen, 40% gpt-mini
`);

const record = fc
  .record(
    {
      tokens: fc.oneof(fc.nat({ max: 2_000 }), fc.constant([100, 400])),
      intent: fc.constantFrom("classify", "code", null),
      tier: fc.constantFrom("free", "pro"),
      team: fc.constantFrom("a", "b", "c"),
      user: fc.constantFrom("u1", "u2", "u3"),
      model: fc.constantFrom("claude", "gpt-6-luna", "gpt-6-sol", "none"),
    },
    { requiredKeys: [] },
  )
  .chain((facts) =>
    fc.constantFrom(
      recordOf(facts),
      recordOf(facts, { ...used("claude", 120, 30), seed: 3 }),
      recordOf(facts, used("gpt", 1_200, 300, 1_000)),
    ),
  );
const chat = fc.constantFrom("now", "then", "x".repeat(900)).map((content) => ({
  model: "gpt-6-luna",
  messages: [{ role: "user", content }],
}));
const line = fc.oneof(
  { weight: 8, arbitrary: record.map((each) => JSON.stringify(each)) },
  { weight: 2, arbitrary: chat.map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: fc.constantFrom("", "{oops", "[]", "   ", '{"v":2,"facts":{}}') },
  { weight: 1, arbitrary: fc.tuple(record, record).map((each) => JSON.stringify(each)) },
);
const csv = "tokens,intent,user\n100,code,u1\n,classify,u2\n700,,u3\n";
const file = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.array(line, { maxLength: 120 }), fc.boolean(), fc.boolean())
      .map(([lines, isPacked, isEnded]) => {
        const bytes = Buffer.from(lines.join("\n") + (isEnded ? "\n" : ""));
        return isPacked ? gzipSync(bytes) : bytes;
      }),
  },
  { weight: 1, arbitrary: fc.constant(Buffer.from(csv)) },
);

function logOf(files: readonly Buffer[]): LogFiles {
  async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  }
  const of = (bytes: Buffer, index: number): LogFile => {
    return { name: `log-${index}`, chunks: () => chunksOf(bytes), open: null };
  };
  return { files: files.map(of), bytesRead: () => 0 };
}

function report(files: readonly Buffer[], workers: number, more = {}): Promise<Report> {
  return simulate({
    ...{ log: logOf(files), programs: { a, b }, configuration, nowMs, seed: 5 },
    ...{ workers, chunkBytes: 2_000 },
    ...more,
  });
}

const isLong = process.env["SIGNALBOX_LONG"] !== undefined;

test("a log's report is the same, byte for byte, for any number of threads", {
  timeout: isLong ? 1_200_000 : 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), async (files) => {
      const one = JSON.stringify(await report(files, 1));
      for (const workers of [2, 5]) expect(JSON.stringify(await report(files, workers))).toBe(one);
    }),
    { numRuns: isLong ? 40 : 4 },
  );
});

test("what of a log comes late in a thread is told by its place: examples and skipped lines are the first", async () => {
  const lines = Array.from({ length: 400 }, (_, index) =>
    index % 7 === 3
      ? `{oops ${index}`
      : JSON.stringify(recordOf({ tokens: (index * 37) % 1_500, team: "ab"[index % 2] ?? "" })),
  );
  const files = [Buffer.from(lines.join("\n")), Buffer.from(lines.toReversed().join("\n"))];
  const one = await report(files, 1);
  expect(await report(files, 3)).toEqual(one);
  expect(one.skippedLines.map(({ line }) => line).slice(0, 3)).toEqual([4, 11, 18]);
});

test("a failure of a thread is told, and a log that is damaged too", async () => {
  const packed = gzipSync(Buffer.from(`${JSON.stringify(recordOf({ tokens: 1 }))}\n`.repeat(999)));
  await expect(report([packed.subarray(0, packed.length - 40)], 2)).rejects.toThrow(/damaged/);
});

test.each<[string, Partial<SimulateOptions>, boolean]>([
  ["decisions alone", {}, true],
  ["requests told in their order", { onRequest: () => undefined }, false],
  [
    "a discount by what the month has cost",
    {
      configuration: {
        ...configuration,
        providers: new Map(
          [...configuration.providers].map(([name, each]) => [
            name,
            { ...each, discounts: [{ above: 1, share: 0.1 }] },
          ]),
        ),
      },
    },
    false,
  ],
])("in pieces, with %s: %s %s", (_, more, expected) => {
  const options = { log: [], programs: { a }, configuration, nowMs };
  expect(isDecidedInPieces({ ...options, ...more })).toBe(expected);
});
