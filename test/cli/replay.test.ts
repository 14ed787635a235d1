import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
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
  [["--scenario", "nowhere.yaml"], "cannot read nowhere.yaml: there is no such file\n"],
  [["--models", "nowhere.json"], "nowhere.json"],
  [["--speed", "2", "--rate", "3/s"], "name one"],
  [["--start", "noon"], "--start `noon` is no moment"],
  [["--grow", "900%/day", "--speed", "0.0000000001"], "years 0 to 9999"],
  [["--traffic", "5000"], "at most 1000 are played"],
  [
    ["--outage", "cluade@1m"],
    "outage `cluade`: no target or provider is named so; did you mean `claude`?",
  ],
  [["--throttle", "nobody=1/min"], "throttle `nobody`: no target"],
  [["--slow", "nobody=*2"], "slow `nobody`: no target"],
  [["--capacity", "nobody=2"], "capacity `nobody`: no target"],
  [["--price", "nobody.output=*2"], "price `nobody`: no target"],
])("%j is refused in one line", async (options, message) => {
  const ran = await signalbox(["simulate", log, "--policy", policy, ...config, ...options]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(message);
  expect(ran.stderr).not.toContain("    at ");
});

test("a name in a scenario file is held against the configuration too", async () => {
  const file = join(folder, "typo.yaml");
  writeFileSync(file, "outage: [antropic]\n");
  const ran = await signalbox([
    ...["simulate", log, "--policy", policy, ...config, "--scenario", file],
  ]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain("did you mean `anthropic`?");
});

test("what a client may ask for by the catalog's name can be down", async () => {
  const { replay } = await replayed("--outage", "anthropic/claude-opus-5@1m");
  expect(replay?.outcomes.ok).toBe(300);
});

test("the files of a log are read in the order of their times, whatever they are called", async () => {
  const parts = [traffic(200, 1_000), traffic(200, 1_000, (at) => arrived(3_600_000 + at * 1_000))];
  const names = ["later.jsonl.gz", "a.jsonl"].map((name) => join(folder, name));
  const textOf = (lines: readonly object[] = []): string =>
    lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(names[0] ?? "", gzipSync(textOf(parts[1])));
  writeFileSync(names[1] ?? "", textOf(parts[0]));
  const ran = await signalbox([
    ...["simulate", ...names, "--policy", policy, ...config, "--json", "--replay"],
  ]);
  expect(ran.stderr).toBe("");
  expect((JSON.parse(ran.stdout) as Report).replay).toMatchObject({ late: 0, notPlayed: [] });
});

test("a log with its newest requests first gives the report of the one in order", async () => {
  const lines = traffic(300, 1_000);
  const reportOf = async (name: string, of: readonly object[], note = ""): Promise<string> => {
    const file = join(folder, name);
    writeFileSync(file, of.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const args = ["simulate", file, "--policy", policy, ...config, "--replay", "--json"];
    const ran = await signalbox(args);
    expect(ran).toMatchObject({ code: 0, stderr: note === "" ? "" : `${file}: ${note}\n` });
    return ran.stdout;
  };
  const inOrder = await reportOf("oldest.jsonl", lines);
  const note = "not in order of time; sorted here";
  expect(await reportOf("newest.jsonl", lines.toReversed(), note)).toBe(inOrder);
});

test("a log without times begins at the same moment whenever it is played, or at the one named", async () => {
  const file = join(folder, "untimed.jsonl");
  const lines = traffic(5, 1_000).map((line) => ({ ...line, time: undefined }));
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const fromOf = async (...more: readonly string[]): Promise<number | null | undefined> => {
    const ran = await signalbox([
      ...["simulate", file, "--policy", policy, ...config, "--json", "--replay", ...more],
    ]);
    return (JSON.parse(ran.stdout) as Report).replay?.fromMs;
  };
  expect(await fromOf()).toBe(Date.parse("2026-01-05T00:00:00Z"));
  expect(await fromOf("--rate", "1/s")).toBe(Date.parse("2026-01-05T00:00:00Z"));
  expect(await fromOf("--start", "2026-03-02")).toBe(Date.parse("2026-03-02T00:00:00Z"));
});

test("at a rate the outages that the log shows are not played, and that is said", async () => {
  const file = join(folder, "down.jsonl");
  const down = (at: number) =>
    arrived(
      at * 1_000,
      {},
      { attempts: [{ target: "qwen", step: 0, outcome: "server_error", startMs: 0, endMs: 20 }] },
    );
  const lines = traffic(300, 1_000, (at) =>
    at > 100 && at < 200 ? down(at) : arrived(at * 1_000, {}, { target: "qwen" }),
  );
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const notPlayed = async (...more: readonly string[]) => {
    const ran = await signalbox([
      ...["simulate", file, "--policy", policy, ...config, "--json", ...more],
    ]);
    return (JSON.parse(ran.stdout) as Report).replay?.notPlayed;
  };
  const why = expect.stringContaining("at a rate");
  expect(await notPlayed("--rate", "1/s")).toContainEqual(why);
  expect(await notPlayed("--speed", "2")).not.toContainEqual(why);
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
