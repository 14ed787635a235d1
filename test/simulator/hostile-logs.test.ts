import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { builtInFactTable } from "../../src/facts/built-in.ts";
import { readColumnMap } from "../../src/simulator/column-map.ts";
import { printReport } from "../../src/simulator/print-report.ts";
import { readLog } from "../../src/simulator/read-log.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { logSamples } from "../support/log-samples.ts";
import { configuration, nowMs, programOf, recordOf } from "../support/simulation.ts";

async function linesOf(
  chunks: Iterable<Uint8Array>,
): Promise<{ read: number[]; skipped: [number, string][] }> {
  const found = { read: [] as number[], skipped: [] as [number, string][] };
  await readLog(
    chunks,
    { format: null, map: null, facts: builtInFactTable() },
    {
      request: ({ line }) => void found.read.push(line),
      skip: (line, reason) => void found.skipped.push([line, reason]),
    },
  );
  return found;
}

const sound = JSON.stringify(recordOf({ tokens: 5 }));
const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test("a huge line, packed to next to nothing, costs itself and not the lines after it", async () => {
  const filler = Buffer.alloc(1_048_576, 0x78);
  const parts = [
    Buffer.from(`${sound}\n{"x":"`),
    ...Array.from({ length: 66 }, () => filler),
    Buffer.from(`"}\n${sound}\n`),
  ];
  const { read, skipped } = await linesOf([gzipSync(Buffer.concat(parts))]);
  expect(read).toEqual([1, 3]);
  expect(skipped).toEqual([[2, "longer than 64 MiB"]]);
});

const message = (content: string): string => `[{"role":"user","content":${content}}]`;

test.each<[string, string]>([
  ["a record's facts", `{"v":1,"facts":{"tokens":5,"x":${deep(50_000)}}}`],
  ["a chat body", `{"model":"m","messages":${message(deep(50_000))}}`],
  ["a body's unknown field", `{"model":"m","messages":${message('"hi"')},"x":${deep(50_000)}}`],
  [
    "a Messages body",
    `{"model":"m","max_tokens":1,"system":"s","messages":${message(deep(50_000))}}`,
  ],
  ["a Responses body", `{"model":"m","input":${deep(50_000)}}`],
  [
    "a payload's metadata",
    `{"call_type":"completion","startTime":1795428000,"response_cost":0,"metadata":${deep(50_000)}}`,
  ],
  [
    "a payload's messages",
    `{"call_type":"completion","startTime":1795428000,"response_cost":0,"model":"m","messages":${message(deep(50_000))}}`,
  ],
  [
    "an observation's input",
    `{"type":"GENERATION","trace_id":"t","start_time":"2026-11-23T10:00:00Z","input":${JSON.stringify(deep(50_000))},"model":"m"}`,
  ],
  ["a page of an API", `{"data":${deep(50_000)}}`],
  ["a bare list", deep(50_000)],
])("nesting without end in %s is read or skipped, and a report comes of it", async (_, line) => {
  const log = [Buffer.from(`${line}\n${sound}\n`)];
  const policy = 'if prompt contains "x" then gpt else if tokens < 10 then local-gpu else claude';
  const report = await simulate({
    ...{ log, configuration, nowMs },
    programs: { a: programOf(policy), b: programOf("otherwise gpt") },
    onRequest: (a) => void a.facts(),
  });
  expect(report.requests + report.skipped).toBeGreaterThanOrEqual(2);
  expect(JSON.stringify(report).length).toBeLessThan(10_000);
  expect(printReport(report, { policy: "a", against: "b" })).toContain("decided by a");
});

test("rows of every known format with anything in any field are read or skipped, never more", async () => {
  const odd = [
    null,
    "",
    "x",
    -1,
    1e308,
    "1e999",
    true,
    [],
    {},
    [[]],
    "{",
    '{"a":',
    "2026-13-40",
    "\u0000",
    { length: -1 },
  ];
  for (const { format, text } of logSamples) {
    if (!text.startsWith('{"')) continue;
    const row = JSON.parse(text.split("\n")[0] ?? "") as Record<string, unknown>;
    const lines = Object.keys(row).flatMap((name) =>
      odd.map((value) => JSON.stringify({ ...row, [name]: value })),
    );
    const { requests, skipped } = await simulate({
      ...{ configuration, nowMs, log: [Buffer.from(`${lines.join("\n")}\n`)] },
      programs: { a: programOf("if user is nobody then gpt else claude") },
    });
    expect(requests + skipped, format).toBe(lines.length);
  }
});

test("a quote that is never closed in a CSV of prompts ends with its own bound", async () => {
  const rows = Array.from({ length: 20 }, () => `5,"${"y".repeat(1_048_576)}`).join("\n");
  const { read, skipped } = await linesOf([Buffer.from(`tokens,prompt\n1,a\n${rows}\n`)]);
  expect(read.length + skipped.length).toBeGreaterThan(0);
  expect(read).toContain(2);
});

/** Times as a log tells them, in milliseconds. */
async function timesOf(line: string, reading: object = {}): Promise<readonly unknown[]> {
  const told: unknown[] = [];
  await readLog(
    [Buffer.from(line)],
    { format: null, map: null, facts: builtInFactTable(), ...reading },
    {
      request(request) {
        const { durationMs, attempts } = request.outcome();
        const { latency, usage } = request;
        told.push(latency, durationMs, usage?.served?.durationMs ?? null);
        for (const { startMs, firstTokenMs, endMs } of attempts)
          told.push(startMs, firstTokenMs, endMs);
      },
      skip: (_, reason) => void told.push(reason),
    },
  );
  return told;
}

const usage = { input: 5, output: 5 };

test.each([-1e300, 1e300, 4e12, -1])(
  "times of %s ms tell nothing of how long it took",
  async (span) => {
    const times = { startMs: span, firstTokenMs: span, endMs: span };
    const attempt = { target: "claude", step: 0, outcome: "ok", ...times, usage };
    const record = recordOf({ tokens: 5 }, { durationMs: span, attempts: [attempt] });
    expect(await timesOf(JSON.stringify(record))).toEqual([null, null, null, 0, null, null]);
  },
);

test("a row of a table that took longer than any request can tells no time", async () => {
  const read = readColumnMap("target=m,input=i,output=o,status=s,duration=d", builtInFactTable());
  if (!read.ok) throw new Error(read.message);
  const table = (span: number): string => `m,i,o,s,d\ngpt,5,5,200,${span}\n`;
  const reading = { format: "csv", map: read.map };
  expect(await timesOf(table(4e12), reading)).toEqual([null, null, null, 0, null, null]);
  expect(await timesOf(table(4e3), reading)).toEqual([
    { target: "gpt", totalMs: 4_000, firstTokenMs: null },
    ...[4_000, 4_000, 0, null, 4_000],
  ]);
});
