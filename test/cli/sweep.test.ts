import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const sample = "policies/traffic.sample.jsonl";
const folder = mkdtempSync(join(tmpdir(), "signalbox-sweep-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
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

interface Point {
  readonly value: number;
  readonly now: boolean;
  readonly cost: number;
}

test.each<[string, readonly [number, boolean][]]>([
  [
    "tokens=0..400 by 400",
    [
      [0, false],
      [200, true],
      [400, false],
    ],
  ],
  [
    "tokens=400,0",
    [
      [400, false],
      [0, false],
      [200, true],
    ],
  ],
  [
    "tokens=200,300",
    [
      [200, true],
      [300, false],
    ],
  ],
  [
    "price.claude=2,3",
    [
      [1, true],
      [2, false],
      [3, false],
    ],
  ],
  ["throttle.claude=60", [[60, false]]],
])("%s has the present value in its place", async (sweep, values) => {
  const { stdout } = await signalbox([...base, "--sweep", sweep, "--json", "--workers", "1"]);
  const points = (JSON.parse(stdout) as { sweep: Point[] }).sweep;
  expect(points.map(({ value, now }) => [value, now])).toEqual(values);
});

test("the point of the present value is what a plain run tells", async () => {
  const [plain, swept] = await Promise.all([
    signalbox([...base, "--json"]),
    signalbox([...base, "--sweep", "tokens=0,400", "--json"]),
  ]);
  const now = (JSON.parse(swept.stdout) as { sweep: Point[] }).sweep.find((each) => each.now);
  expect(now?.cost).toBe((JSON.parse(plain.stdout) as { cost: { total: number } }).cost.total);
});

test("a sweep is written as a table, as Markdown and as a page, which say the same", async () => {
  const [md, page] = ["sweep.md", "sweep.html"].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const forms = ["--markdown", md, "--html", page];
  const { code, stdout, stderr } = await signalbox([...base, "--sweep", "tokens=0,400", ...forms]);
  expect([code, stderr]).toEqual([0, `wrote ${md}\nwrote ${page}\n`]);
  const [, cost = ""] = /^200 +(\S+) .*← now$/m.exec(stdout) ?? [];
  expect(cost).toMatch(/^\$/);
  expect(readFileSync(md, "utf8")).toContain(`| **200** | **${cost}** |`);
  expect(readFileSync(page, "utf8")).toContain(
    `<tr class="here"><th scope="row">200</th><td>${cost}</td>`,
  );
  const alone = await signalbox([...base, "--sweep", "tokens=0,400", "--markdown", "-"]);
  expect(alone.stdout).toBe(readFileSync(md, "utf8"));
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
