import fc from "fast-check";
import { expect, test } from "vitest";
import type { Log, LogFile } from "../../../src/simulator/log-file.ts";
import { SortingRoom } from "../../../src/simulator/order/order-keeper.ts";
import { readAsItCame } from "../../../src/simulator/order/read-as-it-came.ts";
import { batched, hour, modelOf, policy, waited } from "../../support/batch-lines.ts";
import { arrived, replayed, startMs } from "../../support/replaying.ts";
import { configuration, recordOf } from "../../support/simulation.ts";

interface Told {
  readonly id: string;
  readonly cameMs: number;
  readonly tookMs: number;
  readonly waited: boolean;
}

const textOf = (told: readonly Told[]): string =>
  told
    .map(({ id, cameMs, tookMs, waited }) => {
      const time = new Date(startMs + cameMs).toISOString();
      const lane = waited ? { lane: "batch", batch: "b1", deferred: true } : {};
      return `${JSON.stringify({ ...recordOf({}, { id, time, durationMs: tookMs }), ...lane })}\n`;
    })
    .join("");

interface Opened {
  readonly file: LogFile;
  readings(): number;
}

/** A file that gives so many bytes at once. */
function fileOf(text: string, bytesAtOnce = 4_096, flows = false): Opened {
  let readings = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    readings += 1;
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += bytesAtOnce)
      yield bytes.subarray(at, at + bytesAtOnce);
  }
  const open = () => Promise.reject(new Error("nobody looks into it"));
  return { file: { name: "log", chunks, open: flows ? null : open }, readings: () => readings };
}

async function idsOf(log: Log, room?: SortingRoom): Promise<readonly string[]> {
  const ids: string[] = [];
  const sink = { request: ({ id }: { id: string }) => void ids.push(id), skip: () => {} };
  const options = { format: null, map: null, facts: configuration.facts };
  await readAsItCame({ ...{ log, ahead: log, options, sink }, ...(room && { room }) });
  return ids;
}

const filesOf = (...opened: readonly Opened[]): Log => {
  return { files: opened.map(({ file }) => file), bytesRead: () => 0 };
};

/** A log as a gateway writes it: a request a minute, and of each fourth one that waited. */
const log = Array.from({ length: 400 }, (_, index): Told => {
  const waited = index % 4 === 3;
  return {
    ...{ id: `${waited ? "w" : "r"}${index}`, cameMs: index * 60_000 },
    ...{ tookMs: waited ? 2 * hour + 1 : 500, waited },
  };
}).toSorted((one, other) => one.cameMs + one.tookMs - other.cameMs - other.tookMs);

const idsIn = (told: readonly Told[]): readonly string[] => told.map(({ id }) => id);
const came = log.toSorted((one, other) => one.cameMs - other.cameMs);

test("lines that waited are given where they came, however the file's bytes are cut", async () => {
  const text = textOf(log);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5_000 }), async (bytesAtOnce) => {
      const given = await idsOf(filesOf(fileOf(text, bytesAtOnce)));
      expect(given).toEqual(idsIn(came));
    }),
    { numRuns: 12, examples: [[1], [7]] },
  );
});

test("so they are where they stand in another file than what came beside them", async () => {
  const half = log.length / 2;
  const [first, second] = [log.slice(0, half), log.slice(half)].map((part) => fileOf(textOf(part)));
  if (first === undefined || second === undefined) throw new Error("there are two halves");
  expect(await idsOf(filesOf(first, second))).toEqual(idsIn(came));
});

test("what there is no room for is given where it stands", async () => {
  const given = await idsOf(filesOf(fileOf(textOf(log))), new SortingRoom({ requests: 10 }));
  const held = log.filter(({ waited }) => waited).slice(0, 10);
  const rest = log.filter((each) => !held.includes(each));
  expect(given.filter((id) => idsIn(rest).includes(id))).toEqual(idsIn(rest));
  expect(given.slice(0, 40)).toEqual(idsIn(came).slice(0, 40));
  expect(new Set(given).size).toBe(log.length);
});

test("a file that is there once is given as it stands, and one without lines that waited is not read for them", async () => {
  const flowing = fileOf(textOf(log), 4_096, true);
  expect(await idsOf(filesOf(flowing))).toEqual(idsIn(log));
  expect(flowing.readings()).toBe(1);
  const plain = fileOf(textOf(log.filter(({ waited }) => !waited)));
  await idsOf(filesOf(plain));
  // Once for the mark, and once for its requests.
  expect(plain.readings()).toBe(2);
  const bytes = Buffer.from(textOf(log));
  expect(await idsOf([bytes].values())).toEqual(idsIn(log));
  expect(await idsOf([bytes])).toEqual(idsIn(came));
});

/** Each tenth request waited for two hours and a half, and stands where it ended. */
const whereEnded = Array.from({ length: 3_000 }, (_, index) => arrived(index * 10_000)).flatMap(
  (line, index) => {
    if (index % 10 !== 9 || index <= 1_000) return [line];
    const attempts = [batched(5_000, 2 * hour)];
    return [line, waited((index - 900) * 10_000 + 1, attempts, { durationMs: 9_000_000 })];
  },
);

test("a replay of a log whose lines stand where they ended is that of the log in order", async () => {
  const timeOf = (line: object): string => ("time" in line ? String(line.time) : "");
  const sorted = whereEnded.toSorted((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
  const [told, inOrder] = await Promise.all(
    [whereEnded, sorted].map((lines) => replayed(lines, policy, { modelOf })),
  );
  expect(told?.replay).toMatchObject({ late: 0, notPlayed: [], batch: { lines: 200 } });
  expect(told?.replay).toEqual(inOrder?.replay);
});

test("in a log that is there once they are counted apart from a log out of order", async () => {
  const { replay } = await replayed(whereEnded, policy, { modelOf, flows: true });
  expect(replay.late).toBe(0);
  expect(replay.notPlayed).toContainEqual(
    expect.stringContaining("stand in the log where they ended"),
  );
});

test("a request that took long puts nothing out of order in a log sorted by time", async () => {
  const short = Array.from({ length: 360 }, (_, at) => arrived(at * 10_000 + 5_000));
  const lines = short.flatMap((line, at) => {
    const attempts = [batched(5_000, 40_000)];
    return at % 6 === 0 ? [waited(at * 10_000, attempts, { durationMs: 40_000 }), line] : [line];
  });
  for (const durationMs of [600_000, 7_200_000]) {
    const long = arrived(1, {}, { durationMs });
    const { replay } = await replayed([long, ...lines], policy, { modelOf });
    expect(replay).toMatchObject({ late: 0, batch: { lines: 60 } });
  }
});
