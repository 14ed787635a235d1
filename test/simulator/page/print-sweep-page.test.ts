import fc from "fast-check";
import { expect, test } from "vitest";
import { printed } from "../../../src/simulator/page/markup.ts";
import { printSweepPage } from "../../../src/simulator/page/print-sweep-page.ts";
import { rangeScale } from "../../../src/simulator/page/scale.ts";
import { sweepReport } from "../../support/economics-report.ts";
import { hostileNames } from "../../support/replay-reports.ts";

/** The elements of a page and their attributes, without what stands in them. */
function skeleton(html: string): string[] {
  return [...html.matchAll(/<(?:"[^"]*"|[^>"])*>/g)].map(([tag]) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );
}

test("cost is drawn against p95, share at home and quality, and each figure by its value", () => {
  const html = printSweepPage(sweepReport(), "hybrid");
  const titles = [...html.matchAll(/<figure class="card points"><h3>([^<]*)</g)];
  expect(titles.map(([, title]) => title)).toEqual([
    ...["Cost against share at home", "Cost against p95", "Cost against quality"],
    ...["Cost", "Share at home", "p95", "Requests failed", "Quality"],
  ]);
  const [trade = ""] = html.match(/Cost against p95[\s\S]*?<\/figure>/) ?? [];
  expect(trade.match(/<circle class="ring"/g)).toHaveLength(1);
  expect(trade.match(/<circle class="pt pt-open"/g)).toHaveLength(1);
  expect(trade).toContain("<title>tokens &#60; 300: $9.75, p95 3.30 s</title>");
  expect(trade).toContain(">200 (now)</text>");
});

test("every chart says in words what it is, under a name of its own", () => {
  const html = printSweepPage(sweepReport(), "hybrid");
  const named = [...html.matchAll(/role="img" aria-labelledby="(\S+) (\S+)"/g)];
  expect(named).toHaveLength(8);
  const ids = named.flatMap(([, title = "", desc = ""]) => [title, desc]);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(html).toMatch(new RegExp(`<(title|desc) id="${id}">[^<]{2,}<`));
});

test("what is no choice is drawn by its value alone, and what never changes not at all", () => {
  const { points } = sweepReport();
  const traffic = printSweepPage({ of: "traffic", aims: [], points }, "hybrid");
  expect(traffic).not.toContain("What is given for what");
  expect(traffic).toContain("The ring is at 200, as it is now.");
  const same = points.map((point) => ({ ...points[0], ...{ value: point.value, localShare: 0 } }));
  const still = printSweepPage({ of: "traffic", aims: [], points: same as never }, "hybrid");
  expect(still).not.toContain("<figure");
  expect(still).toContain("No figure changes with the value");
});

test.each(
  hostileNames.filter((name) => name.length < 60).map((name) => [JSON.stringify(name), name]),
)("a name that is %s changes no element of the page", (_, hostile) => {
  const told = printSweepPage(
    sweepReport((name) => `${name}${hostile}`),
    hostile,
  );
  expect(skeleton(told)).toEqual(skeleton(printSweepPage(sweepReport(), "hybrid")));
});

test("a page of as many values as are swept stays below 300 KB, and holds no address", () => {
  const [first] = sweepReport().points;
  if (first === undefined) throw new Error("a sweep has points");
  const points = Array.from({ length: 201 }, (_, value) => ({
    ...{ ...first, value, cost: 12 + value / 7, p50: value, p95: 9 * value, failed: value },
    ...{ limited: 2 * value, quality: 1 - value / 300, localShare: value / 201 },
  }));
  const html = printSweepPage(
    { ...sweepReport(), of: "x".repeat(5_000), points },
    "y".repeat(5_000),
  );
  expect(Buffer.byteLength(html)).toBeLessThan(300_000);
  expect(html).not.toMatch(/https?:|@import|url\(|<link(?! rel="icon" href="data:,")/);
  expect(html.slice(html.indexOf("<body>"))).not.toMatch(/ (?:style|on[a-z]+|href|src)=/);
});

test("an axis holds all values between few round marks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 9 }),
      (values) => {
        const { from, to, ticks } = rangeScale(values);
        const slack = (to - from) * 1e-6;
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(from - slack);
          expect(value).toBeLessThanOrEqual(to + slack);
        }
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect([ticks[0], ticks.at(-1)]).toEqual([from, to]);
      },
    ),
  );
});

test.each([
  ["-$1.50 (-$2.00 to +$1.00)", "\u2212\u2060$1.50 (\u2212\u2060$2.00 to +$1.00)"],
  ["gpt-6-luna at $1 on 2026-11-09", "gpt-6-luna at $1 on 2026-11-09"],
])("%s is printed with minus signs before figures alone", (text, told) => {
  expect(printed(text)).toBe(told);
});
