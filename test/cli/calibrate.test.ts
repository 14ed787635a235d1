import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-calibrate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(
  join(folder, "signalbox.yaml"),
  `providers:
  home: { kind: vllm, url: "http://127.0.0.1:9" }
  cloud: { kind: openai, key: "\${NO_SUCH_KEY}" }
targets:
  local-gpu: { provider: home, model: m, price: { input: $0/M, output: $0/M } }
  claude: { provider: cloud, model: n, local: false, price: { input: $1/M, output: $1/M } }
`,
);
const policyText = `# Hard ones go out.
if tier is pro then claude

rule "hard": if difficulty > 0.5 # for now
  then claude

if tokens > 4k then claude else local-gpu
`;
const policy = join(folder, "main.policy");
beforeEach(() => writeFileSync(policy, policyText));

/** A hundred requests, of 1 to 100 hundredths of difficulty; every tenth is a professional's, who goes out anyway. */
const log = join(folder, "log.csv");
writeFileSync(
  log,
  `difficulty,tier,tokens\n${Array.from({ length: 100 }, (_, at) => `${(at + 1) / 100},${at % 10 === 9 ? "pro" : "free"},100`).join("\n")}\n`,
);
const calibrate = (...more: readonly string[]) =>
  signalbox(["calibrate", log, "--policy", policy, ...more]);

test("the threshold of the wanted local share is shown with the curve and the change, and written where asked, comments kept", async () => {
  const asked = ["--target-share", "63%", "--fact", "difficulty"];
  const { code, stdout } = await calibrate(...asked);
  expect(code).toBe(0);
  expect(stdout).toContain("100 requests; `difficulty > 0.5` in line 4 parts");
  expect(stdout).toContain("90 of them");
  expect(stdout).toMatch(/nearest to 63\.0 %: 63\.0 %/);
  expect(stdout).toContain('-4 rule "hard": if difficulty > 0.5 # for now');
  expect(stdout).toMatch(/\+4 rule "hard": if difficulty > 0\.\d+ # for now/);
  expect(stdout).toContain("not written");
  expect(readFileSync(policy, "utf8")).toBe(policyText);
  const written = await calibrate(...asked, "--write", "--json");
  const document = JSON.parse(written.stdout) as {
    best: { threshold: number; share: number };
    curve: unknown[];
  };
  expect(document).toMatchObject({ written: true, rule: "hard", line: 4, best: { share: 0.63 } });
  expect(document.curve.length).toBeGreaterThan(9);
  const { threshold } = document.best;
  expect(readFileSync(policy, "utf8")).toBe(
    policyText.replace("difficulty > 0.5", `difficulty > ${threshold}`),
  );
  const replay = await signalbox(["simulate", log, "--policy", policy, "--json"]);
  const { targets } = JSON.parse(replay.stdout) as { targets: { target: string; share: number }[] };
  expect(targets.find(({ target }) => target === "local-gpu")?.share).toBe(0.63);
});

test("targets may be named, and a rule by its line", async () => {
  const { stdout } = await calibrate(
    ...["--target-share", "0.5", "--to", "claude", "--rule", "4", "--json"],
  );
  expect(JSON.parse(stdout)).toMatchObject({ best: { share: 0.5 }, written: false });
});

test("what cannot be reached is said, and a change that buys nothing is not proposed", async () => {
  const asked = ["--target-share", "95%", "--fact", "tokens"];
  const { code, stdout } = await calibrate(...asked);
  expect(code).toBe(0);
  expect(stdout).toContain("cannot reach 95.0 %: the most is 45.0 %");
  expect(stdout).toContain("has that threshold already");
  const { stdout: json } = await calibrate(...asked, "--json", "--write");
  expect(JSON.parse(json)).toMatchObject({
    ...{ reached: false, least: 0, most: 0.45, patch: [], written: false },
    best: { threshold: 4_000, share: 0.45 },
  });
  expect(readFileSync(policy, "utf8")).toBe(policyText);
});

test("who writes a threshold is told what may rest on the one before", async () => {
  const { stdout } = await calibrate("--target-share", "63%", "--rule", "hard", "--write");
  expect(stdout).toContain(`written; what \`signalbox test ${policy}\` expects may rest`);
});

test("the commands that the documents show fit one threshold of the policy that they speak of", async () => {
  const shown = ["policies/difficulty.policy", "models/README.md"].map((file) => {
    const text = readFileSync(file, "utf8").replaceAll(/\n# /g, " ");
    return /signalbox calibrate (\S+ --policy \S+[^`\n]*)/.exec(text)?.[1] ?? "";
  });
  const tokens = join(folder, "tokens.csv");
  writeFileSync(tokens, "difficulty,intent,tokens\n0.1,chat,10\n0.9,chat,10\n");
  for (const command of shown) {
    const [, , , ...more] = command.split(" ");
    const args = ["calibrate", tokens, "--policy", "policies/difficulty.policy", ...more];
    const { code, stderr } = await signalbox(args);
    expect([command, code, stderr]).toEqual([command, 0, ""]);
  }
});

test.each<[string, readonly string[], string]>([
  ["several thresholds", ["--target-share", "70%"], "tokens > 4k (line 7)"],
  ["no such rule", ["--target-share", "70%", "--rule", "soft"], "none of these is meant"],
  ["no share", ["--target-share", "much"], "--target-share takes a share"],
  ["no target", ["--target-share", "1", "--rule", "hard", "--to", "gpt"], "no target `gpt`"],
])("a call with %s is refused in words", async (_, more, words) => {
  const { code, stderr } = await calibrate(...more);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

test("a log that does not tell the fact is refused", async () => {
  const bare = join(folder, "bare.csv");
  writeFileSync(bare, "tier,tokens\nfree,100\n");
  const args = ["calibrate", bare, "--policy", policy, "--target-share", "70%", "--rule", "hard"];
  const { code, stderr } = await signalbox(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining("of none of its 1 requests")]);
});
