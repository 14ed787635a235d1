import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { readColumnMap } from "../../src/simulator/column-map.ts";
import type { LogFile } from "../../src/simulator/log-file.ts";
import type { LoggedRequest } from "../../src/simulator/logged-request.ts";
import { readLog } from "../../src/simulator/read-log.ts";
import { readParquet } from "../../src/simulator/read-parquet.ts";
import { configuration } from "../support/simulation.ts";

type Columns = Parameters<typeof parquetWriteBuffer>[0]["columnData"];

const written = (columnData: Columns, more: object = {}): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData, ...more }));

let closed = 0;
const fileOf = (name: string, bytes: Buffer): LogFile => ({
  name,
  async *chunks() {
    yield bytes;
  },
  open: async () => ({
    size: bytes.length,
    slice: async (start, end) =>
      bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end) as ArrayBuffer,
    close: async () => {
      closed += 1;
    },
  }),
});

async function read(files: readonly LogFile[], mapText: string | null = null) {
  const found = {
    requests: [] as LoggedRequest[],
    skipped: [] as [number, string, string | undefined][],
  };
  const { facts } = configuration;
  const read = mapText === null ? null : readColumnMap(mapText, facts);
  const map = read?.ok ? read.map : null;
  await readLog(
    { files, bytesRead: () => 0 },
    { format: null, map, facts },
    {
      request: (request) => void found.requests.push(request),
      skip: (line, reason, file) => void found.skipped.push([line, reason, file?.name]),
    },
  );
  return found;
}

const generations: Columns = [
  { name: "id", data: ["o-1", "o-2", "o-3"], type: "STRING" },
  { name: "trace_id", data: ["t", "t", "t"], type: "STRING" },
  { name: "type", data: ["GENERATION", "SPAN", "GENERATION"], type: "STRING" },
  {
    name: "start_time",
    data: [0, 1, 2].map((at) => new Date(Date.UTC(2026, 10, 23, 10, 0, at))),
    type: "TIMESTAMP",
  },
  { name: "provided_model_name", data: ["gpt-6-luna", null, "gpt-6-luna"], type: "STRING" },
  {
    name: "usage_details",
    data: [{ input: 20, output: 5 }, {}, { input: 9, output: 1 }],
    type: "JSON",
  },
  { name: "latency", data: [1.5, 0.1, 2], type: "DOUBLE" },
  { name: "level", data: ["DEFAULT", "DEFAULT", "ERROR"], type: "STRING" },
];

test("Parquet of a known format is read as its JSON would be, row by row and over its groups", async () => {
  for (const codec of ["SNAPPY", "UNCOMPRESSED"] as const) {
    const { requests, skipped } = await read([
      fileOf("o.parquet", written(generations, { codec, rowGroupSize: 2 })),
    ]);
    expect(skipped).toEqual([[2, expect.stringContaining("SPAN"), "o.parquet"]]);
    expect(requests.map(({ line, id, format }) => [line, id, format])).toEqual([
      [1, "o-1", "langfuse"],
      [3, "o-3", "langfuse"],
    ]);
    expect(requests[0]).toMatchObject({
      atMs: Date.UTC(2026, 10, 23, 10),
      file: { name: "o.parquet", index: 0 },
      usage: { input: 20, output: 5 },
      latency: { target: "gpt-6-luna", totalMs: 1_500 },
    });
    expect(requests[1]?.outcome().ok).toBe(false);
  }
  expect(closed).toBe(2);
});

test("other Parquet is read by the names of facts or by a map, also into what lies within a column", async () => {
  const bytes = written([
    { name: "tokens", data: [5n, 7n], type: "INT64" },
    { name: "team", data: ["ads", null], type: "STRING" },
    { name: "usage", data: [{ out: 3 }, { out: 4 }], type: "JSON" },
  ]);
  const named = await read([fileOf("a.parquet", bytes)]);
  expect(named.requests.map(({ facts }) => facts)).toEqual([
    { tokens: 5, team: "ads" },
    { tokens: 7 },
  ]);
  const mapped = await read([fileOf("a.parquet", bytes)], "input=tokens,output=usage.out");
  expect(mapped.requests.map(({ usage }) => usage)).toEqual([
    { input: 5, output: 3, served: null },
    { input: 7, output: 4, served: null },
  ]);
  await expect(read([fileOf("a.parquet", bytes)], "tokens=n")).rejects.toThrow(
    /no column `n`; its columns are tokens, team, usage/,
  );
});

test("Parquet that is damaged, flows or is packed is refused with its name and why", async () => {
  const bytes = written(generations);
  const damaged: readonly [string, LogFile, RegExp][] = [
    [
      "cut off",
      fileOf("cut.parquet", bytes.subarray(0, bytes.length - 9)),
      /not readable as Parquet after row 0/,
    ],
    ["nothing but its mark", fileOf("p.parquet", Buffer.from("PAR1")), /not readable as Parquet/],
    ["over stdin", { ...fileOf("stdin", bytes), open: null }, /name it as a file/],
  ];
  for (const [what, file, message] of damaged) {
    await expect(read([file]), what).rejects.toMatchObject({
      name: "UnreadableLogError",
      file: file.name,
    });
    await expect(read([file]), what).rejects.toThrow(message);
  }
});

test("bytes that say they hold a billion values end the decoder, not the program", async () => {
  const bytes = written(generations);
  // The counts in heads of pages, and whatever else lies there.
  for (const at of [20, 66, 127, 205, 232, 298, 500, bytes.length - 6]) {
    const turned = Buffer.from(bytes);
    turned[at] = (turned[at] as number) ^ 0xff;
    const access = await fileOf("turned.parquet", turned).open?.();
    if (access === undefined) throw new Error("no file");
    const context = { facts: configuration.facts, targetOf: () => null };
    const rows = readParquet(access, {
      format: null,
      map: null,
      file: null,
      context,
      mostMemory: 48,
    });
    let count = 0;
    try {
      for await (const { line } of rows) count = line;
      expect(count).toBeLessThanOrEqual(3);
    } catch (error) {
      expect((error as Error).name).toBe("UnreadableLogError");
    }
  }
}, 20_000);
