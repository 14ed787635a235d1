import { expect, test } from "vitest";
import {
  bothScenarios,
  readDuration,
  readScenario,
  readScenarioFile,
  type WrittenScenario,
} from "../../../src/simulator/replay/read-scenario.ts";
import { asItWas } from "../../../src/simulator/replay/scenario.ts";

const hourMs = 3_600_000;

test.each<[WrittenScenario, object]>([
  [
    { outage: ["claude"] },
    { outages: [{ target: "claude", from: null, forMs: null, cause: "unavailable" }] },
  ],
  [
    { outage: ["claude@10:00+20m:overloaded"] },
    {
      outages: [
        {
          target: "claude",
          from: { kind: "of-day", ms: 10 * hourMs },
          forMs: 1_200_000,
          cause: "overloaded",
        },
      ],
    },
  ],
  [
    { outage: ["anthropic@2026-11-27T10:00Z+1h30m", "*@90m"] },
    {
      outages: [
        {
          target: "anthropic",
          from: { kind: "epoch", ms: Date.parse("2026-11-27T10:00Z") },
          forMs: 1.5 * hourMs,
        },
        { target: "*", from: { kind: "after-start", ms: 1.5 * hourMs }, forMs: null },
      ],
    },
  ],
  [
    { throttle: ["claude=60/min", "qwen=2/s@08:30+1h"] },
    {
      throttles: [
        { target: "claude", most: 60, perMs: 60_000, from: null },
        {
          target: "qwen",
          most: 2,
          perMs: 1_000,
          from: { kind: "of-day", ms: 8.5 * hourMs },
          forMs: hourMs,
        },
      ],
    },
  ],
  [{ slow: ["claude=*3"] }, { slow: [{ target: "claude", factor: 3, from: null, forMs: null }] }],
  [
    { price: ["claude.output=*2", "qwen=$1/M"] },
    {
      prices: [
        { target: "claude", of: "output", change: { kind: "times", factor: 2 } },
        { target: "qwen", of: null, change: { kind: "is", price: 1_000_000 } },
      ],
    },
  ],
  [{ capacity: ["local-gpu=4"] }, { capacities: [{ target: "local-gpu", slots: 4 }] }],
  [{ traffic: ["*3"] }, { traffic: 3 }],
  [{ grow: ["10%/day"] }, { growthPerDay: expect.closeTo(0.1, 10) }],
])("%j is read", (written, scenario) => {
  expect(readScenario("s", written)).toMatchObject({ ok: true, scenario });
});

test.each<[WrittenScenario, string]>([
  [{ outage: ["claude@25:00+20m"] }, "outage `claude@25:00+20m` is not understood"],
  [{ outage: ["claude:sunspots"] }, "outage `claude:sunspots`"],
  [{ outage: ["@10:00"] }, "outage"],
  [{ throttle: ["claude"] }, "write claude=60/min"],
  [{ slow: ["claude=*0"] }, "slow"],
  [{ price: ["claude.output=cheap"] }, "price"],
  [{ capacity: ["local-gpu=0"] }, "capacity"],
  [{ traffic: ["-1"] }, "traffic"],
  [{ grow: ["5%"] }, "5%/day"],
])("%j is refused with how it is written", (written, message) => {
  const read = readScenario("s", written);
  expect(read.ok).toBe(false);
  expect(read.ok ? "" : read.message).toContain(message);
});

test("a file holds the same words, one or several to each", () => {
  const text = "name: bad friday\noutage: [claude@10:00+20m, qwen]\ntraffic: 2\n";
  expect(readScenarioFile(text)).toMatchObject({
    ok: true,
    scenario: {
      name: "bad friday",
      traffic: 2,
      outages: [{ target: "claude" }, { target: "qwen" }],
    },
  });
});

test.each([
  ["outages: [claude]", "`outages` is not known; known are name, outage"],
  ["[claude]", "it holds no words"],
  ["outage: { claude: now }", "`outage` takes texts such as claude"],
  ["outage: [claude", "at line 1"],
  ["a: &x [1]\noutage: *x", "Alias"],
  ["name: 5", "`name` is not a text"],
])("the file %j is refused", (text, message) => {
  const read = readScenarioFile(text);
  expect(read.ok).toBe(false);
  expect(read.ok ? "" : read.message).toContain(message);
});

test("two scenarios hold together", () => {
  const one = readScenario("one", { outage: ["a"], traffic: ["2"] });
  const other = readScenario("other", { outage: ["b"], traffic: ["3"] });
  if (!one.ok || !other.ok) throw new Error("they are sound");
  expect(bothScenarios(one.scenario, other.scenario)).toMatchObject({
    ...{ name: "one", traffic: 6, outages: [{ target: "a" }, { target: "b" }] },
  });
  expect(bothScenarios(asItWas, other.scenario).name).toBe("other");
});

test.each([
  ["20m", 1_200_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["2d", 172_800_000],
  ["", null],
  ["20", null],
  ["m20", null],
])("the duration %j is %s", (text, ms) => {
  expect(readDuration(text)).toBe(ms);
});
