import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../src/simulator/report.ts";
import { signalbox } from "../support/command.ts";
import { arrived, traffic } from "../support/replaying.ts";

const trace = "../shared/data/traces/azure-llm-2023/AzureLLMInferenceTrace_code.csv";

let folder = "";
let log = "";
let policy = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-replay-"));
  log = join(folder, "log.jsonl");
  policy = join(folder, "p.policy");
  writeFileSync(
    policy,
    "if tokens < 50 then local-gpu otherwise claude fallback qwen with retry 0\n",
  );
  const lines = traffic(300, 1_000, (at) => arrived(at * 1_000, { intent: "chat" }));
  writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = ["--config", "policies/signalbox.yaml"];

async function replayed(...more: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await signalbox([
    ...["simulate", log, "--policy", policy, ...config, "--json", ...more],
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

test("without an option that asks for a replay requests are only decided", async () => {
  expect(await replayed()).not.toHaveProperty("replay");
});

test("an outage alone asks for a replay, and its fallback traffic, cost and times are told", async () => {
  const { replay } = await replayed("--outage", "claude@1m+2m");
  expect(replay?.scenario).toBe("outage claude@1m+2m");
  expect(replay?.fallbacks).toMatchObject({ paths: [{ from: "claude", to: "qwen" }] });
  expect(replay?.fallbacks.requests).toBeGreaterThan(100);
  expect(replay?.fallbacks.cost).toBeGreaterThan(0);
  expect(replay?.fallbacks.latency?.p95).toBeGreaterThan(0);
});

test("options and a scenario file hold together", async () => {
  const file = join(folder, "friday.yaml");
  writeFileSync(file, "name: friday\noutage: claude@1m+1m\ntraffic: 2\n");
  const report = await replayed("--scenario", file, "--slow", "qwen=*10");
  expect(report.requests).toBe(600);
  expect(report.replay?.scenario).toContain("friday");
});

test("the same seed gives the same bytes", async () => {
  const args = [
    "simulate",
    log,
    "--policy",
    policy,
    ...config,
    "--json",
    "--modelled",
    "--seed",
    "7",
  ];
  const [one, other] = await Promise.all([signalbox(args), signalbox(args)]);
  expect(one.stdout).toBe(other.stdout);
});

test.each([
  [["--outage", "claude@25:00"], "outage `claude@25:00` is not understood"],
  [["--traffic", "many"], "traffic `many` is not understood"],
  [["--speed", "0"], "--speed `0` is no number above 0"],
  [["--rate", "fast"], "--rate `fast` is no number above 0"],
  [["--scenario", "nowhere.yaml"], "nowhere.yaml"],
  [["--models", "nowhere.json"], "nowhere.json"],
])("%j is refused in one line", async (options, message) => {
  const ran = await signalbox(["simulate", log, "--policy", policy, ...config, ...options]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(message);
  expect(ran.stderr).not.toContain("    at ");
});

test.skipIf(!existsSync(trace))(
  "the Azure trace with its first target down for ten minutes (skips without ../shared/data)",
  async () => {
    const ran = await signalbox([
      ...["simulate", trace, "--policy", policy, ...config, "--json"],
      ...["--outage", "claude@5m+10m"],
    ]);
    const { requests, replay } = JSON.parse(ran.stdout) as Report;
    expect(requests).toBe(8_819);
    expect(replay?.outcomes.ok).toBe(8_819);
    expect(replay?.fallbacks.requests).toBeGreaterThan(1_500);
    expect(replay?.fallbacks.cost).toBeGreaterThan(1);
    expect(replay?.fallbacks.latency?.p95).toBeGreaterThan(500);
    // A breaker spares a target that is down: few of those requests had to find that out.
    const claude = replay?.targets.find(({ target }) => target === "claude");
    expect(claude?.failed["unavailable"]).toBeLessThan(60);
  },
);
