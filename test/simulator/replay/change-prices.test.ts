import { expect, test } from "vitest";
import { bandAt } from "../../../src/catalog/cost.ts";
import { readConfiguration } from "../../../src/configuration/read.ts";
import { createLogTargets } from "../../../src/simulator/log-targets.ts";
import { changePrices, priceProblem } from "../../../src/simulator/replay/change-prices.ts";
import { scenarioOf } from "../../support/replaying.ts";
import { configuration as example } from "../../support/simulation.ts";

const text = `
providers: { home: { kind: vllm }, o: { kind: openai } }
servers:
  rig: { provider: home, hour: $3.60, slots: 2 }
targets:
  own: { provider: home, model: q, speed: 10/s }
  mystery: { provider: o, model: nobody-knows-it }
`;
const { configuration } = readConfiguration(
  { file: "signalbox.yaml", text },
  { variable: () => undefined, file: () => undefined },
);
if (configuration === null) throw new Error("the test's configuration has an error");

const changes = (...price: readonly string[]) => scenarioOf({ price }).prices;

test.each([
  [["own=*2"], "`own` is billed by time, not by the token"],
  [["own=$1/M"], "`own` is billed by time, not by the token"],
  [["mystery=*2"], "`mystery` has no known price to multiply: name one, such as $1/M"],
  [
    ["mystery.input=$1/M"],
    "`mystery` has no known price but that of its input: name the other side's too",
  ],
  [["mystery=$1/M"], null],
  [["mystery.input=$1/M", "mystery.output=$2/M"], null],
  [["*=*2"], null],
])("the changes %j have what is wrong with them told", (price, problem) => {
  expect(priceProblem(configuration, changes(...price))).toBe(problem);
});

test("a target whose price nobody knows costs what is named", () => {
  const prices = changes("mystery.input=$1/M", "mystery.output=$2/M");
  const changed = changePrices(configuration, prices).targets.get("mystery");
  expect(changed && bandAt(changed, 100, 0)).toMatchObject({ input: 1e6, output: 2e6 });
});

test("what a client asks for by the catalog's name costs what is named for all", () => {
  const name = "anthropic/claude-opus-5";
  const before = createLogTargets(example).requested(name);
  const after = createLogTargets(example, changes("*=*10")).requested(name);
  const inputOf = (target: typeof before) =>
    target === null ? null : bandAt(target, 100, Date.parse("2026-11-23"))?.input;
  expect(inputOf(before)).toBeGreaterThan(0);
  expect(inputOf(after)).toBe(10 * (inputOf(before) ?? 0));
});
