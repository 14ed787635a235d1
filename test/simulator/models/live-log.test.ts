import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/random.ts";
import type { DecisionRecord } from "../../../src/runtime/telemetry/decision-record.ts";
import { drawAttempt } from "../../../src/simulator/models/draw-attempt.ts";
import { readModels } from "../../../src/simulator/models/models-file.ts";
import type { TargetModel } from "../../../src/simulator/models/target-model.ts";
import { type StandIn, startStandIn } from "../../../src/stand-in/server.ts";
import type { StandInModel } from "../../../src/stand-in/speed.ts";
import { signalbox } from "../../support/command.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";

/** Two providers whose behaviour only they know. */
const quick: StandInModel = { ttftMs: 25, tokensPerSecond: 400, failureRate: 0, failures: [] };
const slow: StandInModel = {
  ...{ ttftMs: 60, tokensPerSecond: 150 },
  ...{ failureRate: 0.12, failures: ["overloaded"] },
};

interface Asked {
  readonly policy: string;
  readonly words: number;
  readonly stream: boolean;
}

/** 280 requests: of each policy some streamed and some not, of 4 to 40 words. */
const asked: readonly Asked[] = Array.from({ length: 280 }, (_, at) => ({
  policy: at % 2 === 0 ? "quick" : "slow",
  words: 4 + ((at * 7) % 37),
  stream: at % 4 < 2,
}));

interface Measured extends Asked {
  readonly target: string | null;
  readonly totalMs: number;
}

async function ask(box: TestGateway, each: Asked): Promise<Measured> {
  const from = performance.now();
  const response = await box.chat({
    ...{ model: each.policy, stream: each.stream },
    max_tokens: each.words,
  });
  await response.text();
  const target = response.headers.get("x-signalbox-target");
  return { ...each, target, totalMs: performance.now() - from };
}

/** Sends all, so many at once. */
async function measure(box: TestGateway, atOnce: number): Promise<readonly Measured[]> {
  const left = [...asked];
  const measured: Measured[] = [];
  const one = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      measured.push(await ask(box, next));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return measured;
}

/** Whole times that a model gives for the requests of a policy, a hundred times over. */
function drawn(model: TargetModel, policy: string): number[] {
  const random = new SeededRandom();
  const calm = { ...model, failures: [], breaks: [], silent: 0 };
  return asked
    .filter((each) => each.policy === policy)
    .flatMap(({ words, stream }, at) =>
      Array.from({ length: 100 }, (_, round) => {
        const script = drawAttempt(calm, {
          random: random.from(at, round, 0),
          ...{ inputTokens: model.usual!.inputTokens, outputTokens: words, streamed: stream },
        });
        return script.end!.afterMs;
      }),
    );
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(share * values.length)]!;

/** How long the answers took to requests for a target that it answered itself, as the gateway saw it. */
function answersOf(log: string, target: string): number[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => {
      const { plan, attempts } = JSON.parse(line) as DecisionRecord;
      const last = attempts.at(-1);
      return plan[0] === target && last?.target === target ? [last.endMs - last.startMs] : [];
    });
}

const provider = (name: string, { url }: StandIn): string =>
  `  ${name}: { kind: openai-compatible, url: "${url}/v1" }\n`;

test("models from a live gateway's decision log foretell what its clients measured", async () => {
  const options = { seed: "live", records: true };
  await using stands = new AsyncDisposableStack();
  const standFor = async (models: Record<string, StandInModel>) =>
    stands.adopt(await startStandIn({ ...options, models }), (each) => each.close());
  const [one, other] = [await standFor({ "model-q": quick }), await standFor({ "model-s": slow })];
  await using box = await startTestGateway({
    policies: {
      main: 'if model is "slow" then slow fallback quick with retry 0\notherwise quick with retry 0\n',
    },
    providers: () => provider("first", one) + provider("second", other),
    targets: `  quick: { provider: first, model: model-q, price: { input: $1/M, output: $1/M } }
  slow: { provider: second, model: model-s, price: { input: $1/M, output: $1/M } }
`,
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
  });
  const measured = await measure(box, 12);
  await box.gateway.close();
  const [log, config] = ["decisions.jsonl", "signalbox.yaml"].map((name) => join(box.folder, name));
  const ran = await signalbox(
    [...["calibrate", "providers", log!, "--config", config!, "-o", "-"]],
    { env: { UP_KEY: "sk-none" } },
  );
  expect(ran.stderr).toBe("");
  const { targets, log: told } = readModels(ran.stdout);
  expect(told.requests).toBe(asked.length);
  for (const name of ["quick", "slow"]) {
    const model = targets.get(name)!;
    const own = measured.filter((each) => each.policy === name && each.target === name);
    const is = drawn(model, name);
    // On a busy machine clients hear late of what the gateway has long seen: no model of a target is to know that.
    const seen = answersOf(log!, name);
    expect(Math.abs(at(is, 0.5) - at(seen, 0.5))).toBeLessThan(0.1 * at(seen, 0.5) + 5);
    expect(Math.abs(at(is, 0.95) - at(seen, 0.95))).toBeLessThan(0.3 * at(seen, 0.95) + 10);
    const heard = own.map(({ totalMs }) => totalMs);
    expect(at(is, 0.5)).toBeLessThan(1.1 * at(heard, 0.5));
  }
  // What failed at the slow one, its clients had from the quick one.
  const fellBack = measured.filter(({ policy, target }) => policy === "slow" && target === "quick");
  const { failures, attempts, answers } = targets.get("slow")!;
  expect(attempts - answers).toBe(fellBack.length);
  expect(failures).toMatchObject([{ cause: "overloaded", status: 503 }]);
  expect(failures[0]!.share).toBeCloseTo(fellBack.length / attempts, 4);
}, 60_000);
