import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-reports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const sample = [
  ...["simulate", "policies/traffic.sample.jsonl", "--policy", "policies/hybrid.policy"],
  ...["--against", "policies/cost-first.policy", "--outage", "claude@10:00+3h"],
];

test("one replay is written as text, as Markdown and as a page, which say the same", async () => {
  const forms = ["--markdown", at("report.md"), "--html", at("report.html")];
  const { code, stdout, stderr } = await signalbox([...sample, ...forms]);
  expect(code).toBe(0);
  expect(stderr).toContain(`wrote ${at("report.md")}\nwrote ${at("report.html")}\n`);
  const cost = /^cost +(\$\S+) +(\$\S+)/m.exec(stdout);
  const markdown = readFileSync(at("report.md"), "utf8");
  expect(markdown).toMatch(/^\*\*`cost-first` would cost \d+\.\d % less/);
  expect(markdown).toContain(`| cost | ${cost?.[1]} | ${cost?.[2]} |`);
  const page = readFileSync(at("report.html"), "utf8");
  expect(page).toContain(`<span class="big">${cost?.[2]}</span>`);
  expect(page).toContain("claude is down, 10:00 to 13:00");
  expect(stdout).toContain("claude is down: 10:00 to 13:00");
});

test("conditions that do not hold stand in Markdown and in the page, and fail the command", async () => {
  const forms = ["--markdown", "-", "--html", at("gate.html"), "--fail-if", "cost.total > $0.01"];
  const { code, stdout, stderr } = await signalbox([...sample.slice(0, 6), ...forms]);
  const [, says = ""] = /^failed: (.+)$/m.exec(stderr) ?? [];
  expect([code, says]).toEqual([1, expect.stringMatching(/^cost\.total is \$.* > \$0\.01$/)]);
  expect(stdout).toContain(`\n- Failed: \`${says}\`\n`);
  const escaped = says.replaceAll(">", "&#62;");
  expect(readFileSync(at("gate.html"), "utf8")).toContain(`<b>Failed</b><ul><li>${escaped}</li>`);
});

test("what it comes to in money stands in Markdown and in the page as on the terminal", async () => {
  const forms = ["--markdown", at("money.md"), "--html", at("money.html")];
  const asked = ["--instead", "claude", "--gpu", "local-gpu=8", "--gpu-cost", "gpu=h100"];
  const { stdout } = await signalbox([...sample.slice(0, 4), ...asked, ...forms]);
  const [, month = "", pays = ""] =
    /^All attempts: \S+ \((\S+) a month[\s\S]*they pay from (\S+) a month/m.exec(stdout) ?? [];
  const markdown = readFileSync(at("money.md"), "utf8");
  expect(markdown).toMatch(new RegExp(`^\\| all attempts \\|.* \\${month} \\|`, "m"));
  expect(markdown).toContain(`they pay from ${pays} a month`);
  expect(markdown).toContain("runpod.io/pricing on 2026-11-09");
  const page = readFileSync(at("money.html"), "utf8");
  expect(page).toContain(`<td>${month}</td>`);
  expect(page).toContain(`they pay from ${pays} a month`);
  expect(page).toContain('<title id="even-title">What they cost and what they spare</title>');
});

test("Markdown on stdout stands there alone", async () => {
  const { code, stdout } = await signalbox([...sample, "--markdown", "-"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\*\*`cost-first`/);
  expect(stdout).not.toContain("2,000 requests decided by");
});

test.each([
  [["--json", "--markdown", "-"], "--json and --markdown - both print on stdout"],
  [["--markdown", "-", "--html", "-"], "--markdown - and --html - both print on stdout"],
  [["--html", at("none/report.html")], `there is no folder ${at("none")}`],
  [["--html", folder], "it is a folder"],
  [["--describe", "--html", at("x.html")], "--describe looks at the log alone"],
])("%j is refused before the log is read", async (forms, says) => {
  const { code, stdout, stderr } = await signalbox([...sample, ...forms]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(says);
});

test("a scenario's faults stand in the report at the times they fall on", async () => {
  writeFileSync(
    at("scenario.yaml"),
    'name: a bad day\noutage: ["claude@2h+30m", "qwen@00:00+1h"]\nthrottle: ["gpt=60/min"]\nslow: ["local-gpu=*3@2026-11-23T20:00:00Z+1h"]\n',
  );
  const { stdout } = await signalbox([
    ...sample.slice(0, 4),
    "--scenario",
    at("scenario.yaml"),
    "--json",
  ]);
  const { faults, fromMs } = JSON.parse(stdout).replay;
  const eveningMs = Date.parse("2026-11-23T20:00:00Z");
  expect(faults).toEqual([
    {
      ...{ target: "claude", kind: "outage", amount: null },
      ...{ fromMs: fromMs + 7_200_000, toMs: fromMs + 9_000_000 },
    },
    // The log begins at 00:09: it comes to midnight a day later.
    {
      ...{ target: "qwen", kind: "outage", amount: null },
      ...{ fromMs: eveningMs + 14_400_000, toMs: eveningMs + 18_000_000 },
    },
    { target: "gpt", kind: "throttle", amount: 60, fromMs: null, toMs: null },
    {
      ...{ target: "local-gpu", kind: "slow", amount: 3 },
      ...{ fromMs: eveningMs, toMs: eveningMs + 3_600_000 },
    },
  ]);
});
