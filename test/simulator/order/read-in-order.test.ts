import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.ts";
import type { LogFile } from "../../../src/simulator/log-file.ts";
import { SortingRoom } from "../../../src/simulator/order/order-keeper.ts";
import { readInOrder } from "../../../src/simulator/order/read-in-order.ts";
import { replayed, startMs } from "../../support/replaying.ts";
import { configuration, recordOf, used } from "../../support/simulation.ts";

interface Told {
  readonly id: string;
  readonly cameMs: number;
  readonly tookMs: number;
}

const lineOf = ({ id, cameMs, tookMs }: Told): object =>
  recordOf(
    { tokens: 10 + (cameMs % 400), team: `team-${cameMs % 3}` },
    {
      ...used(cameMs % 2 === 0 ? "claude" : "gpt", 300, 40),
      ...{ id, time: new Date(startMs + cameMs).toISOString(), durationMs: tookMs },
    },
  );

const textOf = (told: readonly Told[]): string =>
  told.map((each) => `${JSON.stringify(lineOf(each))}\n`).join("");

/** Requests in the order in which they ended, as a gateway writes them. */
function ended(count: number, everyMs: number, longestMs: number): readonly Told[] {
  const random = createRandom("ended");
  const told = Array.from({ length: count }, (_, index) => ({
    ...{ id: `r${index}`, cameMs: index * everyMs + random.integer(everyMs) },
    tookMs: 1 + random.integer(longestMs),
  }));
  return told.toSorted((a, b) => a.cameMs + a.tookMs - b.cameMs - b.tookMs);
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  const random = createRandom("shuffled");
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index -= 1) {
    const other = random.integer(index + 1);
    [mixed[index], mixed[other]] = [mixed[other] as Item, mixed[index] as Item];
  }
  return mixed;
}

function fileOf(name: string, text: string, ended_: () => void = () => {}): LogFile {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; at += 4_096) {
        await Promise.resolve();
        yield bytes.subarray(at, at + 4_096);
      }
    } finally {
      ended_();
    }
  }
  return { name, chunks, open: null };
}

const options = { format: null, map: null, facts: configuration.facts };

/** The ids of a log's requests as they are given. */
async function idsOf(
  texts: readonly string[],
  room: SortingRoom = new SortingRoom(),
): Promise<readonly string[]> {
  const ids: string[] = [];
  const files = texts.map((text, index) => fileOf(`log-${index}.jsonl`, text));
  const log = { files, bytesRead: () => 0 };
  const sink = { request: ({ id }: { id: string }) => void ids.push(id), skip: () => {} };
  await readInOrder(log, options, sink, room);
  return ids;
}

const idsIn = (told: readonly Told[]): readonly string[] => told.map(({ id }) => id);

const limited =
  "if tokens < 200 then local-gpu\notherwise claude with limit 12 requests per minute or wait 30s";
const whatIf = { outage: ["claude@1h+10m"], traffic: ["*1.5"], grow: ["5%/day"] };

test("a log that is turned round, or shuffled, gives the very same report as the one in order", async () => {
  const log = ended(3_000, 4_000, 90_000);
  const [inOrder, turned, mixed] = await Promise.all(
    [log, log.toReversed(), shuffled(log)].map((each) =>
      replayed(each.map(lineOf), limited, { whatIf, speed: 2 }),
    ),
  );
  expect(inOrder?.replay).toMatchObject({ late: 0, notPlayed: [] });
  expect(inOrder?.replay.limited).not.toEqual([]);
  expect(turned).toEqual(inOrder);
  expect(mixed).toEqual(inOrder);
});

test("a log in the order in which requests ended is given as it stands, however busy it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.nat(60_000), async (everyMs, longest) => {
      const log = ended(300, everyMs, longest + 1);
      expect(await idsOf([textOf(log)])).toEqual(idsIn(log));
    }),
    { numRuns: 30 },
  );
});

test("a log whose latest is answered first is in order, by when its requests ended", async () => {
  const log = Array.from({ length: 200 }, (_, index) => {
    const cameMs = 10_000 * Math.floor(index / 10) + 1_000 * (9 - (index % 10));
    return { id: `r${index}`, cameMs, tookMs: 60_000 + 1_000 * index - cameMs + 20_000 };
  });
  expect(await idsOf([textOf(log)], new SortingRoom({ requests: 0 }))).toEqual(idsIn(log));
});

test("what waited for hours in the batch lane does not make a log one without order", async () => {
  const log = Array.from({ length: 200 }, (_, index) => {
    const waited = index % 4 === 0;
    const cameMs = 60_000 * index - (waited ? 7_200_000 : 0);
    return { id: `r${index}`, cameMs, tookMs: waited ? 7_200_000 : 10 };
  });
  const lines = log.map((each) => ({
    ...lineOf(each),
    ...(each.tookMs > 10 ? { lane: "batch", batch: "b1", deferred: true } : {}),
  }));
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  expect(await idsOf([text], new SortingRoom({ requests: 0 }))).toEqual(idsIn(log));
});

test("what came at one moment stays in its order where a log is turned round", async () => {
  const log = Array.from({ length: 40 }, (_, index) => ({
    ...{ id: `r${index}`, cameMs: 60_000 * Math.floor(index / 4), tookMs: 100 },
  }));
  expect(await idsOf([textOf(log.toReversed())])).toEqual(idsIn(log));
});

const firstOf = (told: readonly Told[]): number => Math.min(...told.map(({ cameMs }) => cameMs));

test("files that tell of the same hours are read side by side, whichever file a request stands in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 900, maxLength: 900 }),
      fc.boolean(),
      async (places, isTurned) => {
        const log = ended(places.length, 2_000, 30_000);
        const parts = [0, 1, 2, 3]
          .map((part) => log.filter((_, index) => places[index] === part))
          .filter((part) => part.length > 0)
          .toSorted((a, b) => firstOf(a) - firstOf(b));
        // One of them may have its newest first.
        const texts = parts.map((part, index) =>
          textOf(isTurned && index === 1 ? part.toReversed() : part),
        );
        expect(await idsOf(texts)).toEqual(idsIn(log));
      },
    ),
    { numRuns: 20 },
  );
});

test("files without times follow each other as they are named", async () => {
  const untimed = (id: string): string =>
    `${JSON.stringify({ ...recordOf({}), id, time: null })}\n`;
  const timed = textOf(ended(3, 1_000, 10));
  expect(await idsOf([untimed("a") + untimed("b"), timed, untimed("c")])).toEqual([
    "a",
    "b",
    "r0",
    "r1",
    "r2",
    "c",
  ]);
});

test.each([
  [
    "newest first",
    (log: readonly Told[]) => log.toReversed(),
    /^its newest requests stand first, and at line 101 it is too large to be sorted here \(.*\); turn it round/,
  ],
  [
    "in no order",
    shuffled<Told>,
    /^its requests are in no order of time, and at line 101 .*; sort it by time, oldest first$/,
  ],
])("a log %s that is too large to be sorted is refused in words", async (_, turn, message) => {
  const text = textOf(turn(ended(400, 60_000, 1_000)));
  await expect(idsOf([text], new SortingRoom({ requests: 100 }))).rejects.toThrow(message);
  await expect(idsOf([text], new SortingRoom({ bytes: 151_000 }))).rejects.toThrow("too large");
  await expect(
    idsOf([text, textOf(ended(5, 1_000, 10))], new SortingRoom({ requests: 100 })),
  ).rejects.toMatchObject({ file: "log-0.jsonl" });
  expect(await idsOf([text], new SortingRoom({ requests: 400 }))).toHaveLength(400);
});

test.each([
  ["small", { count: 12_000, atOnce: 100, looked: 5_000, prompt: "" }],
  ["large", { count: 600, atOnce: 10, looked: 200, prompt: "x".repeat(40_000) }],
])(
  "a log of %s requests in order is not held: what came first is handed on while the rest is read",
  async (_, { count, atOnce, looked, prompt }) => {
    const log = ended(count, 1_000, 5_000);
    let given = 0;
    let leastGiven = Number.POSITIVE_INFINITY;
    function* chunks(): Generator<Uint8Array> {
      for (let at = 0; at < log.length; at += atOnce) {
        if (at > looked + atOnce) leastGiven = Math.min(leastGiven, given - at);
        const lines = log.slice(at, at + atOnce).map((each) => {
          const line = lineOf(each) as { readonly facts: object };
          return `${JSON.stringify({ ...line, facts: { ...line.facts, prompt } })}\n`;
        });
        yield Buffer.from(lines.join(""));
      }
    }
    const sink = {
      request() {
        given += 1;
      },
      skip() {},
    };
    await readInOrder(chunks(), options, sink, new SortingRoom({ requests: 0 }));
    expect(given).toBe(count);
    expect(leastGiven).toBeGreaterThan(-2 * atOnce);
  },
);

test("where a request is refused, the other files are closed", async () => {
  let closed = 0;
  const close = (): void => {
    closed += 1;
  };
  const text = textOf(ended(9_000, 1_000, 10));
  const files = ["a", "b"].map((name) => fileOf(name, text, close));
  const sink = {
    request({ line }: { line: number }) {
      if (line === 5_500) throw new Error("enough");
    },
    skip() {},
  };
  await expect(readInOrder({ files, bytesRead: () => 0 }, options, sink)).rejects.toThrow("enough");
  await expect.poll(() => closed).toBe(2);
});
