/**
 * `npm run soak`: an hour of mixed load with faults against a gateway in a process of its own; whether its memory stays where it is,
 * and whether every request ends as something. `--minutes N`, `--rate N` (requests a second), `--out FILE.svg` (beside it a .csv of
 * the samples), `--seed TEXT`. Ends with 1 where the reach is missed.
 *
 * What is sampled: RSS as /metrics tells it every five seconds, and twice a minute RSS and heap right after a forced collection. The
 * first sixth is warm-up. The reach is on the slope of RSS after a collection, since what lies uncollected is no leak; that of all
 * samples is told beside it.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../src/base/random.ts";
import type { Ending } from "../src/bench/soak/ending.ts";
import { drawPlot, signed } from "../src/bench/soak/plot.ts";
import { type Trend, trendOf } from "../src/bench/soak/trend.ts";
import { Clients, type Ended } from "./soak/clients.ts";
import { type SoakedGateway, startGatewayProcess, startProviderProcess } from "./soak/processes.ts";
import { csvOf, pointsOf, reloadsOf, type Sample, sampleOf } from "./soak/samples.ts";
import { change, setStage } from "./soak/stage.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    rate: { type: "string", default: "40" },
    out: { type: "string", default: "soak.svg" },
    seed: { type: "string", default: "soak" },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);

const folder = mkdtempSync(join(tmpdir(), "signalbox-soak-"));
const unclassifiedFile = join(folder, "unclassified.jsonl");

/** MiB per hour. */
const reach = 1;
const warmUpShare = 1 / 6;
const sampleEveryMs = 5_000;
const collectEvery = 6;
const changeEveryMs = 20_000;
const progressEveryMs = 300_000;
/** A client beyond these is not begun: where the gateway does not keep up, that is seen, and the load stays what it is. */
const mostAtOnce = 400;

interface Count {
  requests: number;
  readonly endings: Map<string, number>;
  readonly unclassified: string[];
  leftOut: number;
  changes: number;
  /** Of those, what the gateway has made of them. */
  reloads: { readonly swapped: number; readonly refused: number };
}

const count: Count = {
  requests: 0,
  endings: new Map(),
  unclassified: [],
  leftOut: 0,
  changes: 0,
  reloads: { swapped: 0, refused: 0 },
};

function note({ habit, ending, told }: Ended): void {
  count.requests += 1;
  const key = `${habit}\t${ending}`;
  count.endings.set(key, (count.endings.get(key) ?? 0) + 1);
  if (ending !== "unclassified") return;
  if (count.unclassified.length < 20)
    console.error(
      `unclassified, ${habit}: ${JSON.stringify(`${told.slice(0, 120)} … ${told.slice(-300)}`)}`,
    );
  count.unclassified.push(told);
  appendFileSync(unclassifiedFile, `${JSON.stringify({ habit, told })}\n`);
}

/** Begins clients at random times at the rate, until the end; fulfilled when the last has ended. */
async function load(clients: Clients, untilMs: number): Promise<void> {
  const random = createRandom(`${values.seed}:arrivals`);
  const running = new Set<Promise<void>>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const next = (): void => {
    if (performance.now() >= untilMs) {
      resolve();
      return;
    }
    if (running.size >= mostAtOnce) count.leftOut += 1;
    else {
      const acting = clients.act().then(note);
      running.add(acting);
      void acting.finally(() => running.delete(acting));
    }
    setTimeout(next, (-Math.log(1 - random.next()) * 1_000) / rate);
  };
  next();
  await promise;
  await Promise.all(running);
}

/** Looks at the gateway every few seconds, and changes a policy now and then, until the end. */
async function watch(gateway: SoakedGateway, untilMs: number): Promise<Sample[]> {
  const startedAt = performance.now();
  const samples: Sample[] = [];
  let changedAt = startedAt;
  let toldAt = startedAt;
  while (performance.now() < untilMs && gateway.ended() === null) {
    const tick = performance.now();
    const collected =
      samples.length % collectEvery === collectEvery - 1 ? await gateway.collect() : null;
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    samples.push(sampleOf(metrics, (tick - startedAt) / 3_600_000, collected));
    count.reloads = reloadsOf(metrics);
    if (tick - changedAt >= changeEveryMs) {
      changedAt = tick;
      count.changes += 1;
      change(folder, count.changes);
    }
    if (tick - toldAt >= progressEveryMs) {
      toldAt = tick;
      tellProgress(samples);
    }
    await new Promise((resolve) => setTimeout(resolve, sampleEveryMs));
  }
  return samples;
}

const mebibytes = (bytes = 0): string => (bytes / (1024 * 1024)).toFixed(1);

function tellProgress(samples: readonly Sample[]): void {
  const last = samples.at(-1);
  const kept = samples.findLast(({ collected }) => collected !== null)?.collected;
  console.log(
    `${((last?.hours ?? 0) * 60).toFixed(0)} min: ${count.requests} requests, ${count.unclassified.length} unclassified, RSS ${mebibytes(last?.rss)} MiB, heap after collection ${mebibytes(kept?.heapUsed)} MiB`,
  );
}

const slopeText = (trend: Trend | null): string =>
  trend === null
    ? "too short to tell"
    : `${signed(trend.perHour)} MiB/h (95 %: ${signed(trend.low)} to ${signed(trend.high)}), from ${trend.from.toFixed(1)} to ${trend.to.toFixed(1)} MiB, ${trend.points} samples`;

const spreadOf = (values: readonly number[], digits = 0): string =>
  `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;

interface Trends {
  readonly rss: Trend | null;
  readonly rssCollected: Trend | null;
  readonly heapCollected: Trend | null;
}

const seriesOf = {
  rss: (sample: Sample) => sample.rss,
  rssCollected: (sample: Sample) => sample.collected?.rss,
  heapCollected: (sample: Sample) => sample.collected?.heapUsed,
} as const;

/** Memory that native code keeps for what is to come settles later than the heap: what is left of a slope then tells growth from settling. */
function lateTrend(samples: readonly Sample[]): Trend | null {
  const late = samples.filter(({ hours }) => hours >= minutes / 120);
  return trendOf(pointsOf(late, seriesOf.rssCollected));
}

function report(samples: readonly Sample[], warm: readonly Sample[], trends: Trends): void {
  const [first, last] = [samples[0], samples.at(-1)];
  const seconds = ((last?.hours ?? 0) - (first?.hours ?? 0)) * 3_600;
  const cpu = ((last?.cpuSeconds ?? 0) - (first?.cpuSeconds ?? 0)) / seconds;
  const lines: [string, string][] = [
    [
      "requests",
      `${count.requests} in ${(seconds / 60).toFixed(1)} min (${(count.requests / seconds).toFixed(1)}/s); ${count.leftOut} left out`,
    ],
    [
      "policies changed",
      `${count.changes}, ${count.reloads.swapped} put in force, ${count.reloads.refused} refused`,
    ],
    ["gateway's CPU", `${(cpu * 100).toFixed(1)} % of a core`],
  ];
  const byEnding = new Map<Ending, number>();
  for (const [key, times] of [...count.endings].toSorted()) {
    const [habit = "", ending = ""] = key.split("\t");
    lines.push([`  ${habit}: ${ending}`, String(times)]);
    byEnding.set(ending as Ending, (byEnding.get(ending as Ending) ?? 0) + times);
  }
  for (const [ending, times] of byEnding) lines.push([`ended: ${ending}`, String(times)]);
  if (!byEnding.has("unclassified")) lines.push(["ended: unclassified", "0"]);
  lines.push(
    ["RSS, slope", slopeText(trends.rss)],
    [
      "RSS, spread",
      `${spreadOf(
        pointsOf(warm, seriesOf.rss).map(({ value }) => value),
        1,
      )} MiB`,
    ],
    ["RSS after collection, slope", slopeText(trends.rssCollected)],
    ["  of the second half alone", slopeText(lateTrend(samples))],
    ["heap after collection, slope", slopeText(trends.heapCollected)],
    [
      "external, spread",
      `${spreadOf(
        pointsOf(warm, ({ external }) => external).map(({ value }) => value),
        1,
      )} MiB`,
    ],
    ["handles, spread", spreadOf(warm.map(({ handles }) => handles))],
    ["file descriptors, spread", spreadOf(warm.map(({ fileDescriptors }) => fileDescriptors))],
  );
  for (const [name, text] of lines) console.log(`${name.padEnd(40)}${text}`);
}

function draw(samples: readonly Sample[], warmUpHours: number, trends: Trends): void {
  const hours = samples.at(-1)?.hours ?? 0;
  const series = (name: string, colour: string, key: keyof Trends) => ({
    ...{ name, colour, trend: trends[key] },
    points: pointsOf(samples, seriesOf[key]),
  });
  writeFileSync(
    values.out,
    drawPlot({
      title: `Signalbox under ${rate} requests a second with faults, ${(hours * 60).toFixed(0)} minutes: memory of the gateway's process`,
      ...{ warmUpHours, hours },
      series: [
        series("RSS", "#c33", "rss"),
        series("RSS after GC", "#e90", "rssCollected"),
        series("heap after GC", "#36c", "heapCollected"),
      ],
    }),
  );
  writeFileSync(`${values.out.replace(/\.[a-z]+$/, "")}.csv`, csvOf(samples));
}

/** What is wrong with a run; empty where it is right. */
function failings(trends: Trends, exitCode: number | null, log: string): string[] {
  const bugs = log.split("\n").filter((line) => line.includes("fault of the gateway"));
  for (const line of bugs.slice(0, 5)) console.error(line);
  return [
    ...(count.unclassified.length > 0 ? [`${count.unclassified.length} endings unclassified`] : []),
    ...(trends.rssCollected !== null && trends.rssCollected.perHour > reach
      ? [`RSS grows by more than ${reach} MiB/h`]
      : []),
    ...(count.reloads.refused > 0 ? [`${count.reloads.refused} changed policies refused`] : []),
    ...(exitCode === 0 ? [] : [`the gateway ended with ${exitCode}`]),
    ...(bugs.length > 0 ? [`${bugs.length} faults of the gateway itself in its log`] : []),
  ];
}

async function soak(): Promise<string[]> {
  const providers = await startProviderProcess(values.seed);
  const log = join(folder, "gateway.log");
  const gateway = await startGatewayProcess(setStage(folder, providers), log);
  const clients = new Clients(gateway.url, createRandom(`${values.seed}:clients`));
  const untilMs = performance.now() + minutes * 60_000;
  const [samples] = await Promise.all([watch(gateway, untilMs), load(clients, untilMs)]);
  const early = gateway.ended();
  const exitCode = early === null ? await gateway.stop() : null;
  if (early !== null) console.error(`the gateway ended early: ${early}`);
  await Promise.all([clients.close(), providers.stop()]);
  const warmUpHours = (minutes / 60) * warmUpShare;
  const warm = samples.filter(({ hours }) => hours >= warmUpHours);
  const trends: Trends = {
    rss: trendOf(pointsOf(warm, seriesOf.rss)),
    rssCollected: trendOf(pointsOf(warm, seriesOf.rssCollected)),
    heapCollected: trendOf(pointsOf(warm, seriesOf.heapCollected)),
  };
  report(samples, warm, trends);
  draw(samples, warmUpHours, trends);
  return failings(trends, exitCode, readFileSync(log, "utf8"));
}

const wrong = await soak();
if (wrong.length === 0) {
  console.log("the reach is met");
  rmSync(folder, { recursive: true, force: true });
} else {
  console.error(
    `${wrong.join("; ")}; the gateway's log and what was not classified are in ${folder}`,
  );
  process.exitCode = 1;
}
