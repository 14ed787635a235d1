import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serve, signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const azure = "../shared/data/traces/azure-llm-2023/AzureLLMInferenceTrace_code.csv";
const configuration = ["--config", "policies/signalbox.yaml"];

describe("check", () => {
  test("a good policy exits 0, and --json is one document of the contract", async () => {
    const { code, stdout } = await signalbox(["check", "policies/tiers.policy", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, guards: [] });
  });

  test("every error of a file is told at once, each with its place, and the exit code is 1", async () => {
    const bad = file(
      "bad.policy",
      'rule "a": if tokens < 200 and intent is classfy then claude\nrule "b": if toknes > 3 then claude\nrule "c": if tokens < $0.02 then claud\notherwise claude\n',
    );
    const { code, stdout } = await signalbox(["check", bad, "--json", ...configuration]);
    expect(code).toBe(1);
    const { ok, diagnostics } = JSON.parse(stdout) as {
      ok: boolean;
      diagnostics: {
        severity: string;
        code: string;
        message: string;
        file: string;
        range: { start: { line: number; column: number } };
        help?: string;
      }[];
    };
    expect(ok).toBe(false);
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.map(({ range }) => range.start.line)).toEqual([1, 2, 3, 3]);
    expect(errors[0]).toMatchObject({
      code: "P0203",
      message: "`classfy` is not a known intent",
      range: { start: { line: 1, column: 41 } },
    });
    expect(errors.every(({ code: each }) => /^P\d{4}$/.test(each))).toBe(true);
  });

  test("for a person it draws the source under the error", async () => {
    const bad = file(
      "drawn.policy",
      "if tokens < 200 and intent is classfy then claude else claude\n",
    );
    const { code, stderr, stdout } = await signalbox(["check", bad, ...configuration]);
    expect(code).toBe(1);
    expect(stderr).toContain("error[P0203]: `classfy` is not a known intent");
    expect(stderr).toContain("^^^^^^^");
    expect(stderr).toContain("did you mean `classify`?");
    expect(stdout).toMatch(/^1 file, 1 error/);
  });

  test("a file that is not there is one clear line and exit code 2", async () => {
    const { code, stdout, stderr } = await signalbox(["check", join(folder, "none.policy")]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("there is no such file");
  });

  test("what is only worth knowing takes one line, behind the errors", async () => {
    const bad = file("noted.policy", "if tokns < 5 then gpt else claude fallback qwen\n");
    const { stderr } = await signalbox(["check", bad, ...configuration]);
    const lines = stderr.trim().split("\n");
    const notes = lines.filter((line) => line.startsWith("info["));
    expect(notes.some((line) => /^info\[P0406\]: .*noted\.policy:1:35: /.test(line))).toBe(true);
    expect(lines.slice(-notes.length)).toEqual(notes);
    expect(stderr.match(/\^{3,}/g)).toEqual(["^^^^^"]);
  });

  test("a file that is no UTF-8 text is one clear line and exit code 2", async () => {
    const path = join(folder, "binary.policy");
    writeFileSync(path, Buffer.from("otherwise claude", "utf16le").fill(0xff, 0, 2));
    const { code, stdout, stderr } = await signalbox(["check", path, ...configuration]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`cannot read ${path}: it is not UTF-8 text\n`);
  });

  test("a configuration with an error is shown with line and column, exit code 2", async () => {
    const config = file("signalbox.yaml", "server: { prot: 1 }\n");
    const { code, stderr } = await signalbox([
      "check",
      "policies/tiers.policy",
      "--config",
      config,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("signalbox.yaml:1:11");
    expect(stderr).toContain("did you mean `port`?");
  });
});

test("a secret written into the configuration is refused, and reaches no terminal", async () => {
  const config = file(
    "literal.yaml",
    "providers:\n  a: { kind: openai, key: sk-very-secret-indeed }\n",
  );
  const { code, stdout, stderr } = await signalbox([
    "check",
    "policies/tiers.policy",
    "--config",
    config,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain("literal.yaml:2:");
  expect(stdout + stderr).not.toContain("very-secret");
});

describe("explain", () => {
  test("gives the decision, each rule's verdict and the cost, as the contract says", async () => {
    const { code, stdout } = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":120,"intent":"classify"}',
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      policy: { name: "hybrid", hash: expect.stringMatching(/^[0-9a-f]{16}$/) },
      decision: {
        kind: "plan",
        rule: { id: "rule-1", name: null, line: 2 },
        targets: ["local-gpu"],
        steps: [{ target: "local-gpu", on: [] }],
      },
      trace: [
        { rule: "rule-1", result: "true" },
        { rule: "rule-1", result: "not reached" },
      ],
      facts: { tokens: 120, intent: "classify" },
      estimate: { target: "local-gpu", cost: expect.any(Number) },
    });
  });

  test("reads the facts from a request body, and never repeats the prompt", async () => {
    const body = file(
      "chat.json",
      JSON.stringify({
        model: "x",
        messages: [{ role: "user", content: "Classify this secret review: positive or negative?" }],
      }),
    );
    const { stdout } = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--body",
      body,
      "--json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      decision: { targets: ["local-gpu"] },
      facts: { intent: "classify", tokens: expect.any(Number) },
    });
    expect(stdout).not.toContain("secret");
  });

  test("token bounds that a constant parts leave it unknown; others decide", async () => {
    const inside = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":[150,250],"intent":"classify"}',
      "--json",
    ]);
    const below = await signalbox([
      "explain",
      "policies/hybrid.policy",
      "--request",
      '{"tokens":[150,199],"intent":"classify"}',
      "--json",
    ]);
    expect(JSON.parse(inside.stdout)).toMatchObject({
      decision: { targets: ["claude", "qwen"] },
      trace: [{ result: "unknown" }, {}],
    });
    expect(JSON.parse(below.stdout)).toMatchObject({ decision: { targets: ["local-gpu"] } });
  });

  test.each([["{"], ["[1]"], ["@/nowhere.json"]])(
    "--request %s is wrong usage",
    async (request) => {
      expect(
        (await signalbox(["explain", "policies/hybrid.policy", "--request", request])).code,
      ).toBe(2);
    },
  );
});

describe("simulate", () => {
  test.skipIf(!existsSync(azure))(
    "replays the Azure trace: 8,819 requests, none skipped, and no text to tell intent from (skips without ../shared)",
    async () => {
      const { code, stdout } = await signalbox([
        "simulate",
        azure,
        "--format",
        "azure",
        "--policy",
        "policies/hybrid.policy",
        "--json",
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        requests: 8_819,
        skipped: 0,
        missing: [
          { fact: "intent", requests: expect.any(Number), why: expect.stringContaining("no text") },
        ],
        latency: null,
      });
    },
  );

  test("a line that cannot be read is counted, named with its reason, and the rest goes on", async () => {
    const log = file(
      "log.jsonl",
      '{"model":"m","messages":[{"role":"user","content":"Classify: spam or not?"}]}\n{oops\n{"model":"m","messages":[{"role":"user","content":"Write a poem."}]}\n',
    );
    const { code, stdout, stderr } = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/log\.jsonl:2: skipped: /);
    expect(stdout).toContain("2 requests");
    const json = await signalbox(["simulate", log, "--policy", "policies/hybrid.policy", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      requests: 2,
      skipped: 1,
      targets: [{ requests: 1 }, { requests: 1 }],
    });
  });

  test("the README's comparison shows rules, targets, cost and what would move", async () => {
    const { stdout } = await signalbox([
      "simulate",
      "policies/traffic.sample.jsonl",
      "--policy",
      "policies/hybrid.policy",
      "--against",
      "policies/cost-first.policy",
      "--json",
    ]);
    const report = JSON.parse(stdout) as {
      requests: number;
      skipped: number;
      missing: unknown[];
      targets: unknown[];
      diff: { changed: number; unchanged: number; costDelta: number; transitions: unknown[] };
    };
    expect(report.skipped).toBe(0);
    expect(report.missing).toEqual([]);
    expect(report.targets.length).toBeGreaterThanOrEqual(2);
    expect(report.diff.changed + report.diff.unchanged).toBe(report.requests);
    expect(report.diff.transitions.length).toBeGreaterThanOrEqual(2);
    expect(report.diff.costDelta).not.toBe(0);
  });

  test("CSV columns are mapped by hand; an unknown fact is wrong usage", async () => {
    const log = file(
      "log.csv",
      "when,Ctx,kind\n2026-11-23T10:00:00Z,120,classify\n2026-11-23T10:00:01Z,900,chat\n",
    );
    const map = ["--map", "time=when,tokens=Ctx,intent=kind"];
    const good = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
      ...map,
      "--json",
    ]);
    expect(JSON.parse(good.stdout)).toMatchObject({ requests: 2, missing: [] });
    const bad = await signalbox([
      "simulate",
      log,
      "--policy",
      "policies/hybrid.policy",
      "--map",
      "tokns=Ctx",
    ]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain("did you mean `tokens`?");
  });
});

describe("graph", () => {
  test.each([
    ["mermaid", /^flowchart TD\n[\s\S]*local-gpu/],
    ["dot", /^digraph "hybrid@[0-9a-f]+" \{[\s\S]*tokens[\s\S]*\}\n$/],
    ["svg", /^<svg [\s\S]*local-gpu[\s\S]*<\/svg>\n$/],
    ["json", /"nodes"/],
  ])("prints %s", async (format, shape) => {
    const { code, stdout } = await signalbox([
      "graph",
      "policies/hybrid.policy",
      "--format",
      format,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(shape);
  });
});

describe("init", () => {
  test("writes files that check, and never overwrites", async () => {
    const place = join(folder, "fresh");
    expect((await signalbox(["init", place])).code).toBe(0);
    expect((await signalbox(["check", join(place, "default.policy")])).code).toBe(0);
    const before = readFileSync(join(place, "default.policy"), "utf8");
    const again = await signalbox(["init", place]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("nothing was written");
    expect(readFileSync(join(place, "default.policy"), "utf8")).toBe(before);
  });
});

describe("serve", () => {
  test("prints where it listens as its first line, answers, and stops with exit code 0", async () => {
    const { first, stop } = await serve(["--stand-ins"]);
    expect(first.policies.map(({ name }) => name)).toContain("hybrid");
    expect(first.targets).toContainEqual({ name: "claude", state: "stand-in" });
    const answer = await fetch(`${first.listening}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "hybrid",
        messages: [{ role: "user", content: "Classify: spam or not?" }],
      }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-signalbox-target")).toBe("local-gpu");
    expect(await stop()).toBe(0);
  });

  test("one Ctrl-C that arrives twice, by the terminal and by a parent, is one", async () => {
    const { stop } = await serve(["--stand-ins"]);
    expect(await stop("SIGINT", "SIGTERM")).toBe(0);
  });

  test("a taken port is one clear line", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await signalbox(["serve", "--stand-ins", "--port", String(port)]);
    other.close();
    expect(code).toBe(2);
    expect(stderr).toContain(
      `cannot listen on 127.0.0.1:${port}: something else listens there already`,
    );
  });

  test("without --stand-ins a missing key is one clear line", async () => {
    const { code, stderr } = await signalbox(["serve", "--port", "0"], {
      env: { ANTHROPIC_API_KEY: "" },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("ANTHROPIC_API_KEY");
  });

  test("stand-ins are refused beyond loopback", async () => {
    const { code, stderr } = await signalbox([
      "serve",
      "--stand-ins",
      "--host",
      "0.0.0.0",
      "--port",
      "0",
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/stand-in|loopback/);
  });
});

test("an unknown command is wrong usage", async () => {
  expect((await signalbox(["frobnicate"])).code).toBe(2);
  expect((await signalbox(["serve", "--port", "many"])).code).toBe(2);
});
