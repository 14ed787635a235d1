import { expect, test } from "vitest";
import { printSweepMarkdown } from "../../../src/simulator/reports/print-sweep-markdown.ts";
import { sweepReport } from "../../support/economics-report.ts";
import { hostileNames } from "../../support/replay-reports.ts";

test("a sweep for a pull request says what it costs, and marks the present value", () => {
  expect(
    printSweepMarkdown(sweepReport(), "hybrid"),
  ).toBe(`**\`hybrid\` costs $4.10 to $12.00 as \`tokens <\` goes from 100 to 400, and $9.50 with 200 as now.**

2,400 requests of the log for each value.

| \`tokens <\` | cost | at home | p50 | p95 | failed | limited | quality | front |  |
| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
| 100 | $12.00 | 10.0 % | 900 ms | 2,400 ms | 0 | 0 | 0.880 | ● |  |
| **200** | **$9.50** | **20.0 %** | **900 ms** | **2,700 ms** | **0** | **0** | **0.860** | **●** | **← now** |
| 300 | $9.75 | 30.0 % | 900 ms | 3,300 ms | 0 | 0 | 0.850 |  |  |
| 400 | $4.10 | 40.0 % | 900 ms | 4,100 ms | 7 | 0 | 0.800 | ● |  |

● no other point is as good in all of these and better in one: cost, p95, requests that failed or were turned away, quality
`);
});

test("what costs the same for any value says so, and a sweep without a choice has no front", () => {
  const [first] = sweepReport().points;
  if (first === undefined) throw new Error("a sweep has points");
  const points = [1, 2].map((value) => ({ ...first, value }));
  const text = printSweepMarkdown({ of: "traffic", aims: [], points }, "hybrid");
  expect(text).toContain("**`hybrid` costs $12.00 for any `traffic` from 1 to 2.**");
  expect(text).not.toMatch(/front|now/);
});

test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name]))(
  "%s as a name changes nothing around it",
  (_, hostile) => {
    const skeleton = (markdown: string): string =>
      markdown.replaceAll(/<code>[^<]*<\/code>|`[^`\n]*`/g, "CODE");
    const told = printSweepMarkdown(
      sweepReport((name) => `${name}${hostile}`),
      hostile,
    );
    expect(skeleton(told)).toBe(skeleton(printSweepMarkdown(sweepReport(), "hybrid")));
  },
);
