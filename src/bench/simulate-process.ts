import { createReadStream } from "node:fs";
import { readConfiguration } from "../configuration/read.ts";
import { lower } from "../language/graph/lower.ts";
import { compile } from "../language/program/compile.ts";
import { checkSource } from "../language/service/check-source.ts";
import { catalogModels } from "../simulator/models/catalog-model.ts";
import { asItWas } from "../simulator/replay/scenario.ts";
import { simulate } from "../simulator/simulate.ts";
import { LineSplitter } from "../simulator/split-lines.ts";

/**
 * The simulator's bench, run as a process of its own so that its memory is its own: first the floor, which reads the log and
 * parses each line, then the simulation of the same log, as often as told.
 */
const chunkBytes = 262_144;

const configurationText = `
providers: { a: { kind: anthropic }, o: { kind: openai }, home: { kind: vllm } }
targets:
  local-gpu: { provider: home, model: m, context: 32Ki, max-output: 4Ki, price: { input: $0.05/M, output: $0.05/M } }
  claude: { provider: a, model: claude-sonnet-5-5 }
  haiku: { provider: a, model: claude-haiku-5-5 }
  gpt: { provider: o, model: gpt-6-sol }
facts: { tier: { from: key.tier, values: [free, pro], default: free } }
`;

const policyText = `
pool cloud = claude, gpt, haiku
rule "short labels": if tokens < 200 and intent is classify then local-gpu fallback haiku
rule "free": if tier is free and tokens >= 16k then reject 413 "too long"
rule "free tier": if tier is free then haiku fallback local-gpu
rule "code": if intent is code then gpt fallback claude
rule "trial": if team in [search, ads] then split by user: 90% claude, 10% gpt fallback haiku
rule "long": if tokens >= 100k then cheapest of cloud where context >= tokens fallback claude
otherwise claude fallback gpt
`;

function benchProgram() {
  const environment = { variable: () => undefined, file: () => undefined };
  const { configuration } = readConfiguration(
    { file: "bench.yaml", text: configurationText },
    environment,
  );
  if (configuration === null) throw new Error("the bench's configuration has an error");
  const source = { file: "bench.policy", text: policyText };
  const { policy, diagnostics } = checkSource(source, configuration, () => null);
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return { configuration, program: compile(policy, lower(policy)) };
}

async function floorMs(path: string): Promise<number> {
  const startedAt = performance.now();
  let objects = 0;
  const splitter = new LineSplitter({
    line: (text) => {
      if (typeof JSON.parse(text) === "object") objects += 1;
    },
    tooLong: () => undefined,
  });
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    splitter.push(chunk as Uint8Array);
  }
  splitter.end();
  if (objects === 0) throw new Error("the bench's log is empty");
  return performance.now() - startedAt;
}

async function simulateMs(
  path: string,
  bench: ReturnType<typeof benchProgram>,
  workers = 1,
): Promise<number> {
  const startedAt = performance.now();
  const { requests, skipped } = await simulate({
    log: createReadStream(path, { highWaterMark: chunkBytes }),
    programs: { a: bench.program },
    configuration: bench.configuration,
    nowMs: 0,
    workers,
  });
  if (requests === 0 || skipped > 0) throw new Error(`${skipped} lines skipped`);
  return performance.now() - startedAt;
}

/** Requests per second of one core, of a replay in which every request is carried out. */
async function replayRate(
  path: string,
  { configuration, program }: ReturnType<typeof benchProgram>,
): Promise<number> {
  const before = process.cpuUsage();
  const { requests, replay } = await simulate({
    log: createReadStream(path, { highWaterMark: chunkBytes }),
    programs: { a: program },
    configuration,
    nowMs: 0,
    replay: {
      ...{ scenario: asItWas, modelOf: catalogModels(configuration), playsLog: false },
      ...{ speed: 1, perSecond: null },
    },
  });
  const { user, system } = process.cpuUsage(before);
  if (replay?.outcomes.ok === 0) throw new Error("nothing was answered");
  return (requests * 1e6) / (user + system);
}

const [path = "", rounds = "1"] = process.argv.slice(2);
const bench = benchProgram();
const floors: number[] = [];
const simulations: number[] = [];
const replays: number[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  floors.push(await floorMs(path));
  simulations.push(await simulateMs(path, bench));
}
const decidedBytes = process.resourceUsage().maxRSS * 1024;
for (let round = 0; round < Number(rounds); round += 1) replays.push(await replayRate(path, bench));
// Kilobytes on every system that Node runs on.
const peakBytes = process.resourceUsage().maxRSS * 1024;
const threaded: number[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const alone = await simulateMs(path, bench);
  threaded.push(alone / (await simulateMs(path, bench, 2)));
}
process.send?.({ floors, simulations, replays, threaded, decidedBytes, peakBytes });
