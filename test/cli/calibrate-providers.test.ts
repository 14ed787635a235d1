import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readModels } from "../../src/simulator/models/models-file.ts";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-providers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = Date.parse("2026-11-23T10:00:00Z");
const lines = (records: readonly object[]): string =>
  records.map((each) => `${JSON.stringify(each)}\n`).join("");

/** An hour of a target that answers in 200 ms and 10 ms a token, is refused now and then, and is down for two minutes. */
const records = Array.from({ length: 1_200 }, (_, at) => {
  const atMs = at * 3_000;
  const isDown = atMs >= 600_000 && atMs < 720_000;
  const isBusy = at % 50 === 7;
  const output = 1 + (at % 100);
  const spread = 0.8 + (at % 41) / 100;
  const firstTokenMs = 1 + 200 * spread;
  const answer = {
    ...{ outcome: "ok", firstTokenMs, endMs: firstTokenMs + (output - 1) * 10 },
    usage: { input: 300, output },
  };
  const refusal = isBusy ? { outcome: "overloaded", status: 529, endMs: 31 } : answer;
  const attempt = isDown ? { outcome: "network", endMs: 4 } : refusal;
  return {
    ...{ v: 1, time: new Date(start + atMs).toISOString(), id: `r${at}`, facts: {} },
    attempts: [{ target: "claude", step: 0, startMs: 1, ...attempt }],
    ...{ stream: true, outcome: isDown || isBusy ? "failed" : "ok", durationMs: 999 },
  };
});
const log = join(folder, "decisions.jsonl");
writeFileSync(log, lines(records));

const calibrate = (...args: readonly string[]) =>
  signalbox(["calibrate", ...args], { cwd: folder });

test("the table says how fast each target is, what fails and when it was down, and the file holds it", async () => {
  const { code, stdout, stderr } = await calibrate("providers", log);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toContain("1,200 requests, 1,200 attempts in 59 min 57 s");
  expect(stdout).toMatch(/^claude +1,200 +1,137 +200 ms +2\d\d ms +100 +2\.0 % +– +– +1$/m);
  expect(stdout).toContain("claude: overloaded 529 2.0 % after 30 ms");
  expect(stdout).toContain(
    "claude: from 10 min for 1 min 57 s, 100.0 % of 40 attempts failed, mostly network",
  );
  expect(stdout).toContain("wrote providers.json");
  const { targets, outages } = readModels(readFileSync(join(folder, "providers.json"), "utf8"));
  expect(targets.get("claude")).toMatchObject({ attempts: 1_200, answers: 1_137 });
  expect(outages).toMatchObject([{ target: "claude", cause: "network", fromMs: 600_001 }]);
});

test("a log that is turned round, and one in two files, teach the same", async () => {
  const half = records.length / 2;
  const parts = [records.toReversed(), records.slice(0, half), records.slice(half)];
  const names = ["turned.jsonl", "z-first.jsonl", "a-second.jsonl"].map((name, index) => {
    writeFileSync(join(folder, name), lines(parts[index] ?? []));
    return join(folder, name);
  });
  const [turned = "", ...both] = names;
  const learnt = await calibrate("providers", log, "-o", "-");
  expect(learnt.stdout).toContain('"outages"');
  expect((await calibrate("providers", turned, "-o", "-")).stdout).toBe(learnt.stdout);
  expect((await calibrate("providers", ...both.toReversed(), "-o", "-")).stdout).toBe(
    learnt.stdout,
  );
});

test("a file that is there is replaced only when asked, and what is printed can be the file", async () => {
  const other = join(folder, "mine.json");
  writeFileSync(other, "mine");
  const refused = await calibrate("providers", log, "-o", other);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toContain("is there already: --force replaces it, -o names another file");
  expect(readFileSync(other, "utf8")).toBe("mine");
  const replaced = await calibrate("providers", log, "-o", other, "--force");
  expect(replaced.stdout).toContain(`replaced ${other}`);
  const printed = await calibrate("providers", log, "-o", "-");
  expect(printed.stdout).toBe(readFileSync(other, "utf8"));
  const both = await calibrate("providers", log, "-o", join(folder, "both.json"), "--json");
  expect(both.stdout).toBe(readFileSync(join(folder, "both.json"), "utf8"));
});

test("a log of another gateway is read by the configuration's names for its models", async () => {
  writeFileSync(
    join(folder, "signalbox.yaml"),
    `providers:
  cloud: { kind: openai-compatible, url: "http://127.0.0.1:9" }
targets:
  big: { provider: cloud, model: big-1, local: false, price: { input: $1/M, output: $1/M }, speed: 33/s }
  other: { provider: cloud, model: other-1, local: false, price: { input: $1/M, output: $1/M }, speed: 33/s }
`,
  );
  const csv = join(folder, "other.csv");
  const rows = Array.from({ length: 200 }, (_, at) => `big-1,${500 + at * 10},100,${at + 1},200`);
  writeFileSync(csv, `model,ms,in,out,code\n${rows.join("\n")}\nother-1,9,1,0,503\n`);
  const { code, stdout, stderr } = await calibrate(
    ...["providers", csv, "--config", "signalbox.yaml", "-o", "-"],
    ...["--map", "target=model,duration=ms,input=in,output=out,status=code"],
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const { targets } = readModels(stdout);
  expect([...targets.keys()]).toEqual(["big", "other"]);
  const { firstToken, rest } = targets.get("big")!;
  expect(firstToken.baseMs + 100 * firstToken.perTokenMs).toBeGreaterThan(450);
  expect(rest.perTokenMs).toBeGreaterThan(9);
  expect(rest.perTokenMs).toBeLessThan(11);
  // Of the other no answer is in the log: it is as fast as configured.
  expect(targets.get("other")).toMatchObject({ answers: 0, failures: [{ share: 1, status: 503 }] });
  expect(targets.get("other")!.rest.perTokenMs).toBeCloseTo(1_000 / 33, 2);
});

test("a log that names no target is said to, and a log file may still be called providers", async () => {
  const bodies = join(folder, "bodies.jsonl");
  writeFileSync(bodies, lines([{ model: "m", messages: [{ role: "user", content: "hi" }] }]));
  const none = await calibrate("providers", bodies, "-o", join(folder, "none.json"));
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("names no target that was asked: nothing was written");
  writeFileSync(join(folder, "providers"), lines(records.slice(0, 1)));
  const threshold = await calibrate("./providers");
  expect(threshold.code).toBe(2);
  expect(threshold.stderr).toContain("required option '--policy <file>' not specified");
  const stray = await calibrate("providers", log, "--target-share", "70%");
  expect(stray.stderr).toContain("--target-share is for `calibrate LOG`, not for its `providers`");
  const share = await calibrate("./providers", "--policy", "a.policy");
  expect(share.stderr).toContain("required option '--target-share <share>' not specified");
});

test("a replay under the models fails where and as the log did, and takes as long", async () => {
  await calibrate("providers", log, "-o", join(folder, "models.json"));
  writeFileSync(
    join(folder, "replay.yaml"),
    `providers:
  cloud: { kind: openai-compatible, url: "http://127.0.0.1:9" }
targets:
  claude: { provider: cloud, model: n, price: { input: $1/M, output: $1/M } }
`,
  );
  const policy = join(folder, "main.policy");
  writeFileSync(policy, "otherwise claude with retry 0\n");
  const ran = await signalbox(
    [
      ...["simulate", log, "--policy", policy, "--config", "replay.yaml", "--json"],
      ...["--models", join(folder, "models.json"), "--modelled"],
    ],
    { cwd: folder },
  );
  expect(ran.stderr).toBe("");
  const { replay } = JSON.parse(ran.stdout) as {
    replay: {
      scenario: string;
      latency: { p50: number; p95: number };
      targets: { failed: { network: number; overloaded: number } }[];
    };
  };
  const times = records.flatMap(({ attempts: [attempt] }) =>
    attempt?.outcome === "ok" ? [(attempt as { endMs: number }).endMs - 1] : [],
  );
  times.sort((one, other) => one - other);
  const wanted = (share: number): number => times[Math.floor(share * times.length)]!;
  expect(Math.abs(replay.latency.p50 / wanted(0.5) - 1)).toBeLessThan(0.05);
  expect(Math.abs(replay.latency.p95 / wanted(0.95) - 1)).toBeLessThan(0.05);
  // All of the outage but an attempt at its edge, and about as many refusals as the log has.
  const { network, overloaded } = replay.targets[0]!.failed;
  expect(Math.abs(network - 40)).toBeLessThan(2);
  expect(Math.abs(overloaded - 23)).toBeLessThan(20);
  expect(replay.scenario).toBe("as it was");
  const broken = join(folder, "broken.json");
  writeFileSync(broken, JSON.stringify({ version: 9 }));
  const refused = await signalbox(
    ["simulate", log, "--policy", policy, "--config", "replay.yaml", "--models", broken],
    { cwd: folder },
  );
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("broken.json: `version` is 9; known is 1");
});
