import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DecisionRecord } from "../../src/runtime/telemetry/decision-record.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { skipAloud } from "../support/skip-aloud.ts";
import { bringsResults } from "./three-wires.ts";
import { say } from "./upstream-answers.ts";

/** Claude Code as it is installed: `SIGNALBOX_CLAUDE`, else what `claude` means here. */
const claude = process.env["SIGNALBOX_CLAUDE"] || "claude";
const { status } = spawnSync(claude, ["--version"], { timeout: 20_000 });
const isMissing = skipAloud(
  status !== 0,
  "no Claude Code (npm i @anthropic-ai/claude-code); name its program by SIGNALBOX_CLAUDE",
);

const greeting = "Hello from behind the gateway.";
const noted = "The train leaves at noon.";

/** A model that looks into a file before it answers, where it is given the tool for that. */
function behaviourFor(call: StandInCall): Behaviour {
  if (call.path.endsWith("/count_tokens")) return { body: JSON.stringify({ input_tokens: 12 }) };
  const reads = /"name":"Read"/.test(call.text) && !bringsResults(call);
  if (!reads) return say(call, { text: greeting });
  return say(call, { calls: [{ name: "Read", args: { file_path: join(home, "note.txt") } }] });
}

/** What the client says of its run (`--output-format json`). */
interface Run {
  readonly is_error: boolean;
  readonly subtype: string;
  readonly result: string;
}

let box: TestGateway;
let home: string;

/** One question to the program, in a home of its own and with nothing of the environment that this test runs in. */
function ask(policy: string): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    NO_PROXY: "127.0.0.1",
    ANTHROPIC_BASE_URL: box.gateway.url,
    ANTHROPIC_API_KEY: "none",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
  };
  const words = ["-p", "Say hello", "--model", policy, "--output-format", "json"];
  const child = execFile(claude, words, { env, cwd: home, timeout: 50_000 }, (error, out, told) => {
    if (error === null) resolve(JSON.parse(out) as Run);
    else reject(new Error(`${error.message}\n${out}\n${told}`));
  });
  // It reads what stands there to be read as a part of the question.
  child.stdin?.end();
  return promise;
}

/** Requests of one policy that the gateway has recorded. */
function recorded(policy: string): readonly DecisionRecord[] {
  return readFileSync(join(box.folder, "decisions.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as DecisionRecord)
    .filter((record) => record.policy === policy);
}

describe.skipIf(isMissing)("Claude Code", () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "signalbox-claude-home-"));
    writeFileSync(join(home, "note.txt"), `${noted}\n`);
    box = await startTestGateway({
      policies: {
        main: "otherwise a\n",
        "to-anthropic": "otherwise m with retry 0\n",
        "to-openai": "otherwise o with retry 0\n",
        "to-qwen": "otherwise q with retry 0\n",
      },
      providers: (url) => `  claude: { kind: anthropic, url: "${url}" }
  oai: { kind: openai, url: "${url}/v1" }
  qwen: { kind: qwen, url: "${url}/compatible-mode/v1" }`,
      targets: `  m: { provider: claude, model: claude-sonnet-4-6 }
  o: { provider: oai, model: gpt-5.4 }
  q: { provider: qwen, model: qwen3.7-plus }`,
      yaml: "telemetry: { decision-log: decisions.jsonl }\n",
      script: behaviourFor,
    });
  });
  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });

  test.each([
    ["to-anthropic", "/v1/messages"],
    ["to-openai", "/v1/chat/completions"],
    ["to-qwen", "/compatible-mode/v1/chat/completions"],
  ])(
    "asks by the policy %s, over %s: a tool is called, and the answer taken",
    async (policy, path) => {
      const before = box.upstream.calls.length;
      const run = await ask(policy);
      expect(run).toMatchObject({ is_error: false, subtype: "success", result: greeting });
      const calls = box.upstream.calls.slice(before).filter((call) => call.path === path);
      // The prompts are long: a failure would print them whole.
      expect(calls[0]?.text.includes("Say hello")).toBe(true);
      expect(calls.at(-1)?.text.includes(noted)).toBe(true);
      await expect.poll(() => recorded(policy).length).toBeGreaterThanOrEqual(calls.length);
      for (const { outcome, attempts } of recorded(policy))
        expect({ outcome, attempts: attempts.length }).toEqual({ outcome: "ok", attempts: 1 });
    },
    60_000,
  );
});
