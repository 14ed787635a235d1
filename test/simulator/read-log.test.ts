import fc from "fast-check";
import { expect, test } from "vitest";
import { builtInFactTable } from "../../src/facts/built-in.ts";
import { type ColumnMap, readColumnMap } from "../../src/simulator/column-map.ts";
import type { LogFormat } from "../../src/simulator/log-format.ts";
import { type LoggedRequest, readMoment } from "../../src/simulator/logged-request.ts";
import { readLog } from "../../src/simulator/read-log.ts";
import { UnreadableLogError } from "../../src/simulator/unreadable-log-error.ts";

const facts = builtInFactTable();

interface Read {
  readonly requests: LoggedRequest[];
  readonly skipped: [number, string][];
}

async function read(
  text: string | readonly Uint8Array[],
  format: LogFormat | null = null,
  map: ColumnMap | null = null,
): Promise<Read> {
  const found: Read = { requests: [], skipped: [] };
  const chunks = typeof text === "string" ? [Buffer.from(text)] : text;
  await readLog(
    chunks,
    { format, map, facts },
    {
      request: (request) => void found.requests.push(request),
      skip: (line, reason) => found.skipped.push([line, reason]),
    },
  );
  return found;
}

const record = {
  v: 1,
  time: "2026-11-23T10:00:00.000Z",
  id: "req_1",
  policy: "p",
  hash: "h",
  facts: { tokens: 120, intent: null },
  trust: {},
  rule: "otherwise",
  plan: ["claude"],
  attempts: [
    { target: "gpt", step: 0, outcome: "overloaded", startMs: 0, endMs: 5, costPicodollars: null },
    {
      target: "claude",
      step: 1,
      outcome: "ok",
      startMs: 6,
      firstTokenMs: 200,
      endMs: 900,
      usage: {
        input: 118,
        cachedRead: 100,
        cachedWrite: 0,
        output: 40,
        reasoning: 7,
        estimated: false,
      },
      costPicodollars: 1,
    },
  ],
  seed: 7,
  durationMs: 901,
};

test("a decision record gives its facts, its time and what the answering attempt used", async () => {
  const { requests, skipped } = await read(`${JSON.stringify(record)}\n`);
  expect(skipped).toEqual([]);
  expect(requests.map(plain)).toEqual([
    {
      line: 1,
      file: null,
      format: "records",
      id: "req_1",
      atMs: Date.parse(record.time),
      offsetMs: null,
      facts: { ...record.facts, time: record.time },
      chat: null,
      seed: 7,
      usage: {
        input: 118,
        output: 40,
        served: {
          target: "claude",
          usage: {
            inputTokens: 118,
            cachedReadTokens: 100,
            cachedWriteTokens: 0,
            outputTokens: 40,
            reasoningTokens: 7,
            estimated: false,
          },
          durationMs: 894,
        },
      },
      latency: null,
    },
  ]);
  const direct = { ...record, attempts: record.attempts.slice(1) };
  expect((await read(JSON.stringify(direct))).requests[0]?.latency).toEqual({
    target: "claude",
    totalMs: 901,
    firstTokenMs: 200,
  });
});

test.each([
  ["of a fallback, whose first attempt nobody bills", record.attempts, 1],
  [
    "of one that was cut after a while",
    [{ ...record.attempts[0], costPicodollars: 5 }, record.attempts[1]],
    6,
  ],
  ["of none that was answered", record.attempts.slice(0, 1), 0],
  ["of a target without a known price", [{ ...record.attempts[1], costPicodollars: null }], null],
  ["of a request that was not sent", [], null],
])("what a request cost is that of its attempts, %s", async (_name, attempts, cost) => {
  const { requests } = await read(JSON.stringify({ ...record, attempts }));
  expect(requests[0]?.outcome().cost).toBe(cost);
});

/** A request with all that it tells when it is asked. */
function plain(request: LoggedRequest): object {
  const { usage } = request;
  if (usage?.served == null) return { ...request };
  const { target, usage: counted, durationMs } = usage.served;
  return { ...request, usage: { ...usage, served: { target, usage: counted, durationMs } } };
}

const body = { model: "auto", messages: [{ role: "user", content: "hi" }] };

test("a chat request is read bare, or in an envelope with what was known beside it", async () => {
  const envelope = {
    time: "2026-11-23T10:00:00Z",
    id: "r1",
    headers: { "X-Channel": "voice" },
    caller: { user: "u1", team: "ads", tier: "free", seats: 3 },
    body,
    usage: { prompt_tokens: 9, completion_tokens: 4 },
  };
  const { requests } = await read(`${JSON.stringify(body)}\n${JSON.stringify(envelope)}\n`);
  expect(requests[0]).toMatchObject({
    line: 1,
    atMs: null,
    facts: null,
    chat: { body, headers: undefined, caller: undefined },
    usage: null,
  });
  expect(requests[1]).toMatchObject({
    line: 2,
    id: "r1",
    chat: {
      headers: { "x-channel": "voice" },
      caller: { name: "log", user: "u1", team: "ads", attributes: { tier: "free", seats: 3 } },
    },
    usage: { input: 9, output: 4, served: null },
  });
});

test("lines that cannot be read are skipped with number and reason, and the rest goes on", async () => {
  const lines = [
    JSON.stringify(body),
    "{ not json",
    "",
    "[1]",
    '{"a":1}',
    '{"v":2,"facts":{}}',
    '{"v":1,"facts":[]}',
    '{"messages":[]}',
    '{"body":{"model":"m","messages":"x"}}',
    JSON.stringify({ body, time: "yesterday" }),
    JSON.stringify({ body, headers: { a: 1 } }),
    JSON.stringify({ body, caller: { a: {} } }),
    JSON.stringify(record),
  ];
  const { requests, skipped } = await read(lines.join("\n"));
  expect(requests.map((each) => each.line)).toEqual([1, 13]);
  expect(skipped.map(([line, reason]) => `${line} ${reason.slice(0, 40)}`)).toEqual([
    expect.stringMatching(/^2 not JSON: /),
    "4 not a JSON object",
    "5 no request of a known format (its fields",
    "6 decision record of version 2; known is 1",
    "7 `facts` is not an object",
    expect.stringMatching(/^8 .*model/),
    expect.stringMatching(/^9 .*messages/),
    "10 `time` is no moment",
    "11 `headers` is not an object of texts",
    "12 `caller` is not an object of plain value",
  ]);
});

const azure = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
`;

test.each<[string, LogFormat | null]>([
  ["named", "azure"],
  ["told by its head", null],
])("the Azure trace, %s, gives time, tokens and output", async (_, format) => {
  const { requests, skipped } = await read(azure, format);
  expect(skipped).toEqual([]);
  expect(requests).toHaveLength(2);
  expect(requests[0]).toMatchObject({
    line: 2,
    id: "line 2",
    atMs: Date.parse("2023-11-16T18:17:03.979Z"),
    facts: { tokens: 4808 },
    usage: { input: 4_808, output: 10, served: null },
  });
});

test("a CSV is read by a map, or by columns that bear the names of facts; other columns are passed over", async () => {
  const text = 'when,n,team,x\n1763892000,"8k","a,b""c",1\n1763892001,,ads,2\n';
  const map = readColumnMap("time=when, tokens=n, team=team", facts);
  if (!map.ok) throw new Error(map.message);
  const mapped = await read(text, null, map.map);
  expect(mapped.requests.map((each) => [each.atMs, each.facts])).toEqual([
    [1_763_892_000_000, { time: "2025-11-23T10:00:00.000Z", tokens: 8000, team: 'a,b"c' }],
    [1_763_892_001_000, { time: "2025-11-23T10:00:01.000Z", team: "ads" }],
  ]);
  const named = await read("tokens,weird,stream\n5,1,true\n", "csv");
  expect(named.requests[0]?.facts).toEqual({ tokens: 5, stream: true });
});

test("bad lines of a CSV are skipped with their numbers", async () => {
  const text =
    "time,tokens,output\n2026-01-01,1\n2026-01-01T00:00:00Z,1,x\nnever,1,1\n2026-01-01T00:00:00Z,5,6\n";
  const { requests, skipped } = await read(text, "csv");
  expect(requests.map((each) => each.line)).toEqual([5]);
  expect(skipped).toEqual([
    [2, "2 columns instead of 3"],
    [3, "`x` is no count"],
    [4, "`never` is no time"],
  ]);
});

test("a stray quote in a CSV costs its own line, not the ones after it", async () => {
  const { requests, skipped } = await read('tokens,output\n1,2\n3"x,4\n5,6\n', "csv");
  expect(requests.map((each) => each.facts?.["tokens"])).toContain(5);
  expect(requests.length + skipped.length).toBe(3);
});

test.each([
  ["a,b\n1,2\n", null, /no column of the log \(a, b\) bears the name of a fact/],
  ["a,b\n1,2\n", "tokens=c", /no column `c`; its columns are a, b/],
])("a CSV whose columns do not fit is refused as a whole: %j", async (text, map, message) => {
  const columns = map === null ? null : readColumnMap(map, facts);
  const given = columns?.ok ? columns.map : null;
  await expect(read(text, null, given)).rejects.toThrow(message);
  await expect(read(text, null, given)).rejects.toBeInstanceOf(UnreadableLogError);
});

test.each([
  ["tokens", "`tokens` is not of the form fact=Column"],
  ["tokns=A", "`tokns` is not a known fact; did you mean `tokens`?"],
  ["tokens=A,turns=A", "column `A` is mapped twice"],
])("the map %j is refused: %s", (text, message) => {
  expect(readColumnMap(text, facts)).toEqual({ ok: false, message });
});

test.each<[unknown, string | null]>([
  ["2026-11-23T10:00:00.123Z", "2026-11-23T10:00:00.123Z"],
  ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z"],
  ["2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00.000Z"],
  ["2026-11-23 10:00:00.1234567", "2026-11-23T10:00:00.123Z"],
  ["2026-11-23 10:00", "2026-11-23T10:00:00.000Z"],
  [1_763_892_000, "2025-11-23T10:00:00.000Z"],
  [1_763_892_000_123, "2025-11-23T10:00:00.123Z"],
  [1_763_892_000_123_456, "2025-11-23T10:00:00.123Z"],
  ["1763892000.5", "2025-11-23T10:00:00.500Z"],
  ["2026-11-23T23:59:59.999Z", "2026-11-23T23:59:59.999Z"],
  ["2026-11-23T10:00:00.1+0Z", null],
  ["2026-11-23T10:60:00.000Z", null],
  ["2026-13-40T10:00:00.000Z", null],
  ["2026-11-23t10:00:00.000Z", "2026-11-23T10:00:00.000Z"],
  ["2026-13-40T10:00:00Z", null],
  ["10:00", null],
  [5, null],
  [null, null],
])("the moment %j is %s", (value, iso) => {
  const moment = readMoment(value);
  expect(moment === null ? null : new Date(moment).toISOString()).toBe(iso);
});

test("a moment as JavaScript writes it is read back, whatever moments were read before", () => {
  const moments = fc.array(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }));
  fc.assert(
    fc.property(moments, (dates) => {
      for (const date of dates) expect(readMoment(date.toISOString())).toBe(date.getTime());
    }),
  );
});

test("no bytes whatsoever make reading throw anything but that the log is unreadable", async () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    fc
      .constantFrom(azure, JSON.stringify(record), `${JSON.stringify(body)}\n`, '"', "\n", "{")
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 8 }),
      fc.constantFrom(null, "records", "chat", "csv", "azure"),
      async (chunks, format) => {
        try {
          await read(chunks, format as LogFormat | null);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableLogError);
        }
      },
    ),
    { numRuns: 500 },
  );
});
