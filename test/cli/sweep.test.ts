import { expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const sample = "policies/traffic.sample.jsonl";
const base = ["simulate", sample, "--policy", "policies/hybrid.policy"];

test("a threshold's sweep tells what each value costs, the same for any number of threads", async () => {
  const args = [...base, "--sweep", "tokens=0..400 by 100", "--json"];
  const [one, two] = await Promise.all([
    signalbox([...args, "--workers", "1"]),
    signalbox([...args, "--workers", "2"]),
  ]);
  expect(one.code).toBe(0);
  expect(two.stdout).toBe(one.stdout);
  const { of, aims, sweep } = JSON.parse(one.stdout) as {
    of: string;
    aims: string[];
    sweep: { value: number; cost: number; localShare: number; front: boolean }[];
  };
  expect(of).toBe("tokens <");
  expect(aims).toEqual(["cost", "quality"]);
  expect(sweep.map(({ value }) => value)).toEqual([0, 100, 200, 300, 400]);
  expect(sweep[0]?.localShare).toBe(0);
  expect(sweep[4]?.cost).toBeLessThan(sweep[0]?.cost ?? 0);
  expect(sweep[4]?.localShare).toBeGreaterThan(0.1);
});

test("a word of a scenario is swept by replays, and more traffic costs more", async () => {
  const args = [...base, "--sweep", "traffic=1..3", "--json", "--workers", "2"];
  const { code, stdout } = await signalbox(args);
  expect(code).toBe(0);
  const { sweep } = JSON.parse(stdout) as { sweep: { cost: number; failed: number | null }[] };
  expect(sweep).toHaveLength(3);
  expect(sweep[2]?.cost).toBeCloseTo(3 * (sweep[0]?.cost ?? 0), 6);
  expect(sweep[0]?.failed).toBe(0);
});

test.each<[readonly string[], RegExp]>([
  [["--sweep", "tokens=1..x"], /--sweep: `tokens=1\.\.x` is not understood/],
  [["--sweep", "difficulty=1..3"], /none of these is meant[\s\S]*tokens < 200/],
  [["--sweep", "tokens=1..3", "--against", "policies/cost-first.policy"], /leave --against out/],
  [["--sweep", "capacity.local-gpu=0..2"], /capacity `local-gpu=0` is not understood/],
  [["--workers", "0"], /--workers takes a number from 1 to 64/],
])("%j is refused: %s", async (args, message) => {
  const { code, stderr } = await signalbox([...base, ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
