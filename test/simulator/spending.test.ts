import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { lower } from "../../src/language/graph/lower.ts";
import { compile } from "../../src/language/program/compile.ts";
import { checkSource } from "../../src/language/service/check-source.ts";
import { asItWas } from "../../src/simulator/replay/scenario.ts";
import type { ReplayOptions } from "../../src/simulator/replay-options.ts";
import type { Report } from "../../src/simulator/report.ts";
import { simulate } from "../../src/simulator/simulate.ts";
import { steady } from "../support/replaying.ts";
import { nowMs, recordOf } from "../support/simulation.ts";

const text = `providers:
  up: { kind: openai-compatible, url: https://up.example.com/v1, discounts: [{ above: $0.0001, share: 25% }] }
  alike: { kind: openai-compatible, url: https://alike.example.com/v1 }
  home: { kind: vllm }
servers:
  rig: { provider: home, hour: $3.60, slots: 2 }
targets:
  cloud: { provider: up, model: m, price: { input: $1/M, output: $2/M, flex: 50% } }
  between: { provider: alike, model: m, price: { input: $0.9/M, output: $1.8/M } }
  own: { provider: home, model: q, speed: 10/s, max-output: 4k }
  slow: { provider: home, model: q, speed: 1/s, max-output: 4k }
  unmeasured: { provider: home, model: q, max-output: 4k }
`;
const { configuration } = readConfiguration(
  { file: "signalbox.yaml", text },
  { variable: () => undefined, file: () => undefined },
);

async function run(
  lines: readonly object[],
  source: string,
  replay?: ReplayOptions,
): Promise<Report> {
  if (configuration === null) throw new Error("the test's configuration has an error");
  const { policy, diagnostics } = checkSource(
    { file: "t.policy", text: source },
    configuration,
    () => null,
  );
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  const log = [Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))];
  const programs = { a: compile(policy, lower(policy)) };
  return simulate({
    ...{ log, programs, configuration, nowMs, seed: 1 },
    ...(replay === undefined ? {} : { replay }),
  });
}

/** 100 prompt and 10 completion tokens, $0.00012 at list price; half a second long. */
const served = (target: string, usage: object = {}): object => ({
  attempts: [
    {
      ...{ target, step: 0, outcome: "ok", startMs: 1, endMs: 501 },
      usage: {
        ...{ input: 100, output: 10, cachedRead: 0, cachedWrite: 0, reasoning: 0 },
        ...{ estimated: false, ...usage },
      },
    },
  ],
  durationMs: 502,
});

const cost = async (lines: readonly object[], source: string): Promise<number | null> => {
  const { targets } = await run(lines, source);
  return targets[0]?.cost ?? null;
};

test.each<[string, object, string, number | null]>([
  ["the tier that served it", served("cloud", { tier: "flex" }), "otherwise cloud", 0.00006],
  ["the tier that the plan asks for", served("own"), "otherwise cloud with tier flex", 0.00006],
  [
    "the tier that an also asks for",
    served("own"),
    "also if true with tier flex otherwise cloud",
    0.00006,
  ],
  [
    "no tier that only another target had",
    served("own", { tier: "flex" }),
    "otherwise cloud",
    0.00012,
  ],
  // Half a second at $3.60 an hour, shared by two.
  ["the time that an attempt took", served("own"), "otherwise own", 0.00025],
  // 10 tokens at 10 a second.
  ["the time by the target's speed", served("cloud"), "otherwise own", 0.0005],
  ["nothing known without a speed", served("cloud"), "otherwise unmeasured", null],
  [
    "what the provider says where a tier has no price",
    served("cloud", { tier: "priority", statedPicodollars: 7e9 }),
    "otherwise cloud",
    0.007,
  ],
])("a replay counts %s", async (_, line, source, dollars) => {
  expect(await cost([recordOf({}, line)], source)).toBe(dollars);
});

test("a replay counts discounts by what the log's own requests would have spent before", async () => {
  const lines = [1, 2, 3].map(() => recordOf({}, served("cloud")));
  expect(await cost(lines, "otherwise cloud")).toBe(0.0003);
});

test("`cheapest` holds a server of one's own against the cloud by its time", async () => {
  const chosen = async (pool: string, tokens: number): Promise<string | undefined> => {
    const line = recordOf({ tokens, max_tokens: 100 }, served("cloud"));
    return (await run([line], `otherwise cheapest of [${pool}]`)).targets[0]?.target;
  };
  // 100 tokens: $0.0003 in the cloud with a short prompt, $0.005 at home.
  expect(await chosen("own, cloud", 100)).toBe("cloud");
  expect(await chosen("own, cloud", 100_000)).toBe("own");
  expect(await chosen("slow, own", 100)).toBe("own");
  expect(await chosen("unmeasured, cloud", 100_000)).toBe("cloud");
});

test("in a replay a discount is reached by what it spent itself, not by what a record tells", async () => {
  const facts = { "provider.up.spent": 1_000_000, tokens: 100, max_tokens: 10 };
  const source = "otherwise cheapest of [cloud, between]";
  const lines = [recordOf(facts, served("cloud"))];
  const replay: ReplayOptions = {
    ...{ scenario: asItWas, modelOf: () => steady, playsLog: true, speed: 1, perSecond: null },
  };
  expect((await run(lines, source)).targets[0]?.target).toBe("cloud");
  expect((await run(lines, source, replay)).targets[0]?.target).toBe("between");
});

test("several answers asked for by a body make a plan dearer, as they do in the gateway", async () => {
  const body = (n: number) => ({
    model: "auto",
    messages: [{ role: "user", content: "hi" }],
    max_tokens: 10,
    n,
  });
  const source = "otherwise cloud with cost at most $0.00006";
  const routed = async (n: number) => (await run([body(n)], source)).outcomes.unavailable;
  expect([await routed(1), await routed(9)]).toEqual([0, 1]);
});
