import { expect, test } from "vitest";
import {
  checkWaits,
  economicsOf,
  gpuOf,
  type MoneyOptions,
  serverOf,
} from "../../src/cli/economics-options.ts";
import { gpuRents } from "../../src/simulator/economics/gpu-rents.ts";
import { signalbox } from "../support/command.ts";
import { configuration } from "../support/simulation.ts";

const sample = "policies/traffic.sample.jsonl";
const base = ["simulate", sample, "--policy", "policies/hybrid.policy"];

interface Document {
  readonly economics: {
    readonly local: { readonly requests: number; readonly avoided: { readonly month: number } };
    readonly gpus: {
      readonly needed: number | null;
      readonly tried: readonly { readonly gpus: number; readonly p95: number }[];
    };
    readonly breakEven: {
      readonly gpus: number;
      readonly monthlyCost: number;
      readonly busiest: number;
      readonly tooFew: number;
    };
  };
}

test("the GPUs that a p95 takes are found by replays, the same for any number of threads, and held against what they spare", {
  timeout: 180_000,
}, async () => {
  const args = [
    ...[...base, "--instead", "claude", "--rate", "100/s", "--modelled"],
    ...["--gpu", "local-gpu=1", "--gpu-cost", "hour=$0.20,watts=0", "--p95", "300ms", "--json"],
  ];
  const [one, two] = await Promise.all([
    signalbox([...args, "--workers", "1"]),
    signalbox([...args, "--workers", "2"]),
  ]);
  expect(one.stderr).toBe("");
  const { economics } = JSON.parse(one.stdout) as Document;
  expect((JSON.parse(two.stdout) as Document).economics.gpus).toEqual(economics.gpus);
  const { needed, tried } = economics.gpus;
  expect(needed).toBeGreaterThan(1);
  const p95Of = (gpus: number) => tried.find((each) => each.gpus === gpus)?.p95;
  expect(p95Of(needed ?? 0)).toBeLessThanOrEqual(300);
  expect(p95Of((needed ?? 0) - 1)).toBeGreaterThan(300);
  expect(economics.breakEven.gpus).toBe(needed);
  expect(economics.breakEven.monthlyCost).toBeCloseTo((needed ?? 0) * 0.2 * 730.5, 6);
  expect(economics.local.avoided.month).toBeGreaterThan(0);
  // At this traffic one fewer is too few, and no more than all are at work.
  expect(economics.breakEven.tooFew).toBe((needed ?? 0) - 1);
  expect(economics.breakEven.busiest).toBeLessThanOrEqual(needed ?? 0);
  expect(economics.breakEven.busiest).toBeGreaterThan(0);
});

test("no money is reckoned for GPUs of which none are enough", async () => {
  const { stdout } = await signalbox([...base, "--gpu", "local-gpu=8", "--p95", "1ms"]);
  expect(stdout).toMatch(
    /^No number of GPUs brings the p95 of local-gpu to 1 ms: without any wait/m,
  );
  expect(stdout).toMatch(/^1 to 256 /m);
  expect(stdout).not.toContain("at work day and night");
});

test("of two policies the GPUs are those of the second, as all of the money", async () => {
  const { stdout } = await signalbox([
    ...["simulate", sample, "--policy", "policies/cost-first.policy"],
    ...["--against", "policies/hybrid.policy", "--gpu", "local-gpu=8", "--json"],
  ]);
  const alone = await signalbox([...base, "--gpu", "local-gpu=8", "--json"]);
  const [both, one] = [JSON.parse(stdout), JSON.parse(alone.stdout)] as [Document, Document];
  expect(both.economics).toEqual(one.economics);
});

test("without a p95 the GPUs are as many as the busiest hour keeps at work", async () => {
  const args = ["--gpu", "local-gpu=1", "--rate", "400/s", "--modelled"];
  const { stdout } = await signalbox([...base, ...args, "--traffic", "5", "--json"]);
  const { gpus, busiest, tooFew } = (JSON.parse(stdout) as Document).economics.breakEven;
  expect(busiest).toBeGreaterThan(1);
  expect([gpus, tooFew]).toEqual([Math.ceil(busiest), 0]);
});

test.each<[MoneyOptions, RegExp]>([
  [{ couldWait: ["colour=red"] }, /--could-wait takes intent=/],
  [{ instead: "nobody" }, /--instead: there is no target `nobody`/],
  [{ gpu: "nobody=4" }, /--gpu: there is no target `nobody`/],
  [{ gpu: "claude=4" }, /`claude` is not at home/],
  [{ gpu: "local-gpu" }, /such as local-gpu=8/],
  [{ gpu: "local-gpu=8", gpuCost: "price=x" }, /`price=x` is not understood/],
  [{ gpu: "local-gpu=8", gpuCost: "years=0" }, /`years=0` is not understood/],
  [{ gpu: "local-gpu=8", gpuCost: "colour=3" }, /`colour=3` is not understood/],
  [
    { gpu: "local-gpu=8", gpuCost: "gpu=__proto__" },
    /no rent is listed for `__proto__`, only for /,
  ],
  [{ gpu: "local-gpu=8", p95: "fast" }, /--p95 takes a time such as 2s/],
  [{ p95: "2s" }, /--p95 goes with --gpu/],
  [{ gpuCost: "price=$2" }, /--gpu-cost goes with --gpu/],
])("%j is refused before a log is read: %s", (options, message) => {
  expect(() => economicsOf(options, configuration)).toThrow(message);
});

test("a rule that could wait is one that a policy has, by its id or its name", () => {
  const rule = (id: string, name: string | null = null) => ({ id, name, line: 1 });
  const [old, later] = [
    { name: "old", rules: [rule("short-ones", "short ones"), rule("otherwise")] },
    { name: "later", rules: [rule("long")] },
  ];
  const check = (word: string, policies: readonly object[] = [old, later]) =>
    checkWaits({ couldWait: [word] }, policies as Parameters<typeof checkWaits>[1]);
  for (const word of ["rule=short-ones", "rule=short ones", "rule=long", "intent=nope"])
    expect(() => check(word)).not.toThrow();
  expect(() => check("rule=nope")).toThrow(
    "--could-wait: old or later has no rule `nope`; it has short-ones, otherwise, long",
  );
  expect(() => check("rule=othrwise", [old])).toThrow(
    "--could-wait: old has no rule `othrwise`; did you mean `otherwise`?",
  );
});

test("an unknown rule that could wait is refused before the log is read", async () => {
  const { code, stderr } = await signalbox([...base, "--could-wait", "rule=nope"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--could-wait: hybrid has no rule `nope`; it has /);
});

test("a target's server tells slots and power, whether or not the target has prices of its own", () => {
  const target = configuration.targets.get("local-gpu");
  const provider = configuration.providers.get(target?.provider ?? "");
  if (target === undefined || provider === undefined) throw new Error("no target at home");
  const runningCost = { watts: 350, kwh: 300_000_000_000, hour: 0, slots: 4 };
  const rig = {
    ...configuration,
    targets: new Map([["rigged", { ...target, name: "rigged" }]]),
    providers: new Map([[target.provider, { ...provider, runningCost }]]),
  };
  expect(rig.targets.get("rigged")?.runningCost).toBeUndefined();
  expect(gpuOf({ gpu: "rigged" }, rig)).toMatchObject({ target: "rigged", slots: 4 });
  expect(serverOf("rigged", rig)).toEqual(runningCost);
});

test("any word of money asks for all of it, and none for nothing", () => {
  expect(economicsOf({}, configuration)).toBeNull();
  expect(economicsOf({ economics: true }, configuration)).toEqual({ couldWait: [], instead: null });
  expect(economicsOf({ couldWait: ["rule=a b"], instead: "gpt" }, configuration)).toEqual({
    ...{ couldWait: [{ of: "rule", name: "a b" }], instead: "gpt" },
  });
  const asked = { gpu: "local-gpu=8", gpuCost: "price=$2500, kwh=$0.30,watts=350", p95: "1.5s" };
  expect(economicsOf(asked, configuration)).not.toBeNull();
  expect(gpuOf(asked, configuration)).toEqual({
    ...{ target: "local-gpu", slots: 8, p95Ms: 1_500 },
    ...{ figures: { price: 2_500, kwh: 0.3, watts: 350 }, rent: null },
  });
  expect(gpuOf({ ...asked, gpuCost: "gpu=h100, kwh=$0.30" }, configuration)).toMatchObject({
    ...{ figures: { kwh: 0.3 }, rent: gpuRents["h100"] },
  });
  expect(gpuOf({ ...asked, gpuCost: "price=$250000" }, configuration)?.figures).toEqual({
    price: 250_000,
  });
});
