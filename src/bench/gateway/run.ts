import { type Figure, figureOf, median } from "../figure.ts";
import { type Load, type LoadResult, runLoad, wordedBody } from "./load.ts";
import { type BenchProcess, startProcess } from "./processes.ts";

/** How much each round sends; `quick` is for a look, the default is what the README's table is taken with. */
export interface GatewayBenchOptions {
  readonly rounds: number;
  readonly requests: number;
  readonly streams: number;
}

interface Pair {
  readonly floor: Sample;
  readonly gateway: Sample;
}

interface Sample {
  readonly cpuPerRequest: number;
  readonly latencyMs: number;
  readonly firstByteMs: number;
}

const chunksPerStream = 64;
const paceMs = 5;

async function sample(server: BenchProcess, load: Omit<Load, "url">): Promise<Sample> {
  const before = await server.cpuMicroseconds();
  const result: LoadResult = await runLoad({ ...load, url: server.url });
  const after = await server.cpuMicroseconds();
  return {
    cpuPerRequest: (after - before) / load.requests,
    latencyMs: median(result.latenciesMs),
    firstByteMs: median(result.firstByteMs),
  };
}

/** Rounds of floor and gateway turn by turn, so that both meet the same machine; ratios are taken within a round. `cache`: see `Load`. */
async function paired(
  [floor, gateway]: readonly [BenchProcess, BenchProcess],
  load: Omit<Load, "url">,
  rounds: number,
  cache = "",
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const a = await sample(floor, load);
      pairs.push({ floor: a, gateway: await sample(gateway, { ...load, cache }) });
    } else {
      const b = await sample(gateway, { ...load, cache });
      pairs.push({ floor: await sample(floor, load), gateway: b });
    }
  }
  return pairs;
}

function cpuFigures(
  name: string,
  pairs: readonly { floor: Sample; gateway: Sample }[],
  per: number,
): Figure[] {
  const floorName = `${name}: floor`;
  const unit = per === 1 ? "µs CPU per request" : "µs CPU per chunk";
  return [
    figureOf({
      name: floorName,
      unit,
      values: pairs.map((pair) => pair.floor.cpuPerRequest / per),
    }),
    figureOf({
      name: `${name}: gateway`,
      unit,
      values: pairs.map((pair) => pair.gateway.cpuPerRequest / per),
      ratioTo: floorName,
      ratios: pairs.map((pair) => pair.gateway.cpuPerRequest / pair.floor.cpuPerRequest),
    }),
  ];
}

async function warmUp(servers: readonly BenchProcess[], requests: number): Promise<void> {
  for (const server of servers) {
    for (const streamed of [false, true]) {
      await runLoad({
        url: server.url,
        connections: 16,
        requests: streamed ? Math.ceil(requests / 8) : requests,
        streamed,
      });
    }
  }
}

/**
 * The gateway against a bare node:http + undici pass-through, in one run: CPU per request at 1, 16 and 64 connections,
 * with the fallback firing, streamed per chunk, and what is added to the median latency and to the first byte.
 */
export async function gatewayBench(options: GatewayBenchOptions): Promise<Figure[]> {
  const upstream = await startProcess("upstream", { BENCH_CHUNKS: String(chunksPerStream) });
  const environment = { BENCH_UPSTREAM: upstream.url };
  const floor = await startProcess("floor", environment);
  const gateway = await startProcess("gateway-process", { ...environment, BENCH_POLICY: "plain" });
  const falling = await startProcess("gateway-process", {
    ...environment,
    BENCH_POLICY: "falling",
  });
  const figures: Figure[] = [];
  try {
    await warmUp([floor, gateway, falling], options.requests);
    for (const connections of [16, 64]) {
      const load = { connections, requests: options.requests, streamed: false };
      const name = `request, ${connections} connections`;
      figures.push(...cpuFigures(name, await paired([floor, gateway], load, options.rounds), 1));
      const fallback = await paired([floor, falling], load, options.rounds);
      figures.push(...cpuFigures(`request with fallback, ${connections} connections`, fallback, 1));
    }
    const streams = { connections: 64, requests: options.streams, streamed: true };
    const streamed = await paired([floor, gateway], streams, options.rounds);
    figures.push(...cpuFigures("stream of 64 chunks, 64 connections", streamed, chunksPerStream));
    figures.push(...firstByteFigures("first byte of a stream, 64 connections", streamed));
    figures.push(...(await latencyFigures([floor, gateway], options)));
    figures.push(...(await cachedFigures(environment, gateway, options)));
    figures.push(...(await semanticFigures(environment, gateway, options)));
    figures.push(...(await pacedFigures(options)));
  } finally {
    await Promise.all([floor, gateway, falling, upstream].map((server) => server.stop()));
  }
  return figures;
}

/** Requests that are answered by what was kept, to those that the same gateway passes through. */
async function cachedFigures(
  environment: Readonly<Record<string, string>>,
  gateway: BenchProcess,
  options: GatewayBenchOptions,
): Promise<Figure[]> {
  const cached = await startProcess("gateway-process", { ...environment, BENCH_POLICY: "cached" });
  try {
    await warmUp([cached], options.requests);
    const both = [gateway, cached] as const;
    return await hitFigures(both, { by: "from the cache", ...options }, () => ({}));
  } finally {
    await cached.stop();
  }
}

/** The same of requests whose answer was kept for another wording, which takes placing the prompt, a look into the index, and the guards. */
async function semanticFigures(
  environment: Readonly<Record<string, string>>,
  gateway: BenchProcess,
  options: GatewayBenchOptions,
): Promise<Figure[]> {
  const semantic = await startProcess("gateway-process", {
    ...{ ...environment, BENCH_POLICY: "semantic" },
  });
  try {
    const one = { url: semantic.url, connections: 1, requests: 1, streamed: false };
    await runLoad({ ...one, body: wordedBody(0, false) });
    const kept = 'signalbox_cache_semantic_prompts_total{result="kept"} 1';
    while (!(await (await fetch(`${semantic.url}/metrics`)).text()).includes(kept));
    const ofLoad = (streamed: boolean) => ({ body: wordedBody(1, streamed) });
    for (const streamed of [false, true])
      await runLoad({
        ...{ ...one, connections: 16, requests: Math.ceil(options.requests / 4), streamed },
        ...ofLoad(streamed),
      });
    const both = [gateway, semantic] as const;
    const by = "from the cache, by its meaning";
    return await hitFigures(both, { by, hit: "hit; similarity=0.", ...options }, ofLoad);
  } finally {
    await semantic.stop();
  }
}

interface Hits extends GatewayBenchOptions {
  readonly by: string;
  /** How each answer of the second server says that it was kept. */
  readonly hit?: string;
}

async function hitFigures(
  [gateway, cached]: readonly [BenchProcess, BenchProcess],
  { by, hit = "hit", rounds, requests, streams }: Hits,
  ofLoad: (streamed: boolean) => Pick<Load, "body">,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const streamed of [false, true]) {
    const load = { connections: 16, requests: streamed ? streams : requests, streamed };
    const pairs = await paired([gateway, cached], { ...load, ...ofLoad(streamed) }, rounds, hit);
    const what = streamed ? "stream of 64 chunks, 16 connections" : "request, 16 connections";
    const wording = hit === "hit" ? "" : ", reworded";
    const ratioTo = `${what}: passed through by the gateway${wording}`;
    const unit = "µs CPU per request";
    figures.push(
      figureOf({ name: ratioTo, unit, values: pairs.map((pair) => pair.floor.cpuPerRequest) }),
      figureOf({
        ...{ name: `${what}: answered ${by}`, unit, ratioTo },
        values: pairs.map((pair) => pair.gateway.cpuPerRequest),
        ratios: pairs.map((pair) => pair.gateway.cpuPerRequest / pair.floor.cpuPerRequest),
      }),
    );
  }
  return figures;
}

async function latencyFigures(
  servers: readonly [BenchProcess, BenchProcess],
  options: GatewayBenchOptions,
): Promise<Figure[]> {
  const single = { connections: 1, requests: Math.ceil(options.requests / 4), streamed: false };
  const plain = await paired(servers, single, options.rounds);
  const streams = { connections: 1, requests: Math.ceil(options.streams / 4), streamed: true };
  const streamed = await paired(servers, streams, options.rounds);
  return [
    figureOf({
      name: "p50 at one connection: floor",
      unit: "ms",
      values: plain.map((pair) => pair.floor.latencyMs),
    }),
    figureOf({
      name: "p50 at one connection: added by the gateway",
      unit: "ms",
      values: plain.map((pair) => pair.gateway.latencyMs - pair.floor.latencyMs),
    }),
    ...firstByteFigures("first byte of a stream at one connection", streamed),
  ];
}

function firstByteFigures(name: string, pairs: readonly Pair[]): Figure[] {
  return [
    figureOf({
      name: `${name}: floor`,
      unit: "ms",
      values: pairs.map((pair) => pair.floor.firstByteMs),
    }),
    figureOf({
      name: `${name}: added by the gateway`,
      unit: "ms",
      values: pairs.map((pair) => pair.gateway.firstByteMs - pair.floor.firstByteMs),
    }),
  ];
}

/**
 * Streams at the pace of a fast model, so that what is measured is the way of a first byte and not a full machine's queue: begun all
 * at once, so that each waits for the others' beginnings, and one after the other, as requests come.
 */
async function pacedFigures(options: GatewayBenchOptions): Promise<Figure[]> {
  const upstream = await startProcess("upstream", {
    BENCH_CHUNKS: String(chunksPerStream),
    BENCH_PACE_MS: String(paceMs),
  });
  const environment = { BENCH_UPSTREAM: upstream.url };
  const floor = await startProcess("floor", environment);
  const gateway = await startProcess("gateway-process", { ...environment, BENCH_POLICY: "plain" });
  try {
    await warmUp([floor, gateway], options.requests);
    const load = { connections: 64, requests: options.streams, streamed: true };
    const spread = { ...load, spreadMs: chunksPerStream * paceMs };
    const name = "first byte, 64 streams of 200 chunks a second";
    return [
      ...firstByteFigures(
        `${name}, begun at once`,
        await paired([floor, gateway], load, options.rounds),
      ),
      ...firstByteFigures(
        `${name}, begun in turn`,
        await paired([floor, gateway], spread, options.rounds),
      ),
    ];
  } finally {
    await Promise.all([floor, gateway, upstream].map((server) => server.stop()));
  }
}
