import { expect, test } from "vitest";
import { printReport } from "../../src/simulator/print-report.ts";
import type { Report } from "../../src/simulator/report.ts";

const report: Report = {
  requests: 2000,
  skipped: 3,
  skippedLines: [{ line: 7, reason: "not JSON" }],
  missing: [{ fact: "intent", requests: 1200, why: "the log holds no text to tell it from" }],
  incomplete: { requests: 1200, share: 0.6 },
  notCounted: [],
  rules: [
    { rule: "short-labels", count: 500, share: 0.25, incomplete: 0 },
    { rule: "otherwise", count: 1500, share: 0.75, incomplete: 1200 },
  ],
  targets: [
    {
      target: "claude",
      requests: 1400,
      share: 0.7,
      tokensIn: 1_234_567,
      tokensOut: 89_000,
      cost: 12.3456,
    },
    {
      target: "local-gpu",
      requests: 500,
      share: 0.25,
      tokensIn: 9_000,
      tokensOut: 700,
      cost: 0.000485,
    },
    { target: "relay", requests: 50, share: 0.025, tokensIn: 5, tokensOut: 0, cost: null },
  ],
  cost: { total: 12.346085, unpriced: 50, withoutOutput: 20 },
  latency: { p50: 812, p95: 2400.4, p99: 9000, ttftP50: 210 },
  outcomes: { routed: 1950, rejected: 40, unavailable: 10 },
  guards: { enforced: 0, refused: 0 },
  diff: {
    changed: 500,
    unchanged: 1500,
    costDelta: -3.5,
    rules: [{ from: "long documents", to: "otherwise", count: 3 }],
    transitions: [
      { from: "claude", to: "reject 413", count: 500, example: { line: 12, facts: { tokens: 9 } } },
    ],
  },
};

test("a report is printed whole, in tables whose columns line up", () => {
  expect(printReport(report, { policy: "hybrid", against: "tiers" })).toBe(
    `2,000 requests decided by hybrid
40 rejected by a rule
10 left without a target
3 lines of the log skipped

1,200 requests (60.0 %) decided without a fact that the policy asked for.
Not in the log, so unknown to the policy:
  intent: for 1,200 requests the log holds no text to tell it from

rule          requests   share  facts missing
------------  --------  ------  -------------
short-labels       500  25.0 %
otherwise        1,500  75.0 %          1,200

target     requests   share  tokens in  tokens out       cost
---------  --------  ------  ---------  ----------  ---------
claude        1,400  70.0 %  1,234,567      89,000     $12.35
local-gpu       500  25.0 %      9,000         700  $0.000485
relay            50   2.5 %          5           0    unknown

Cost: $12.35
  for 20 requests the log counts no completion: only the prompt is priced
  for 50 requests no price is known, of the target or for want of a count

Recorded times where the target stays the same: p50 812 ms, p95 2,400 ms, p99 9,000 ms; first token
  p50 210 ms

With tiers instead of hybrid: 500 of 2,000 requests (25.0 %) go elsewhere, -$3.50

from    to          requests  for example
------  ----------  --------  -----------
claude  reject 413       500  line 12

decided by      and now by  requests
--------------  ----------  --------
long documents  otherwise          3
`,
  );
});

test("what there is nothing of is left out", () => {
  const bare: Report = {
    ...report,
    skipped: 0,
    missing: [],
    incomplete: { requests: 0, share: 0 },
    targets: [],
    cost: { total: 0, unpriced: 0, withoutOutput: 0 },
    latency: null,
    outcomes: { routed: 2000, rejected: 0, unavailable: 0 },
    guards: { enforced: 0, refused: 0 },
  };
  const { diff: _, ...alone } = bare;
  expect(printReport({ ...alone, rules: [] }, { policy: "p", against: null })).toBe(
    "2,000 requests decided by p\n\nCost: $0.00\n",
  );
});

test("one request is not called several", () => {
  const one: Report = {
    ...report,
    requests: 1,
    skipped: 1,
    missing: [{ fact: "tier", requests: 1, why: "the log does not tell it" }],
    cost: { total: 0, unpriced: 1, withoutOutput: 1 },
  };
  const text = printReport(one, { policy: "p", against: null });
  expect(text).toMatch(/^1 request decided by p\n/);
  expect(text).toContain("1 line of the log skipped");
  expect(text).toContain("tier: for 1 request the log does not tell it");
  expect(text).not.toContain("for 1 requests");
});

test("what a replay does not count is said", () => {
  const notCounted = ["hybrid/rule-1/limit-1", "hybrid/rule-1/budget-1"];
  expect(printReport({ ...report, notCounted }, { policy: "hybrid", against: null })).toContain(
    "Not counted here, so that nobody is turned away by it: hybrid/rule-1/limit-1 and 1 more\n",
  );
});
