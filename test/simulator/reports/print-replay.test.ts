import { expect, test } from "vitest";
import { terminalWidth } from "../../../src/diagnostics/excerpt.ts";
import { printReport } from "../../../src/simulator/print-report.ts";
import { hostileNames, replayedReport } from "../../support/replay-reports.ts";

test("a replay of two policies is printed whole", async () => {
  const text = printReport(replayedReport(), { policy: "hybrid", against: "cost-first" });
  await expect(text).toMatchFileSnapshot("../../golden/simulate/two.txt.golden");
});

test("a replay of one policy is printed without what compares", async () => {
  const { against: _, compared: __, diff: ___, ...alone } = replayedReport();
  const text = printReport(alone, { policy: "hybrid", against: null });
  await expect(text).toMatchFileSnapshot("../../golden/simulate/one.txt.golden");
});

test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name]))(
  "a name that begins with %s neither moves the cursor nor makes a line wider than 100 columns",
  (_, hostile) => {
    for (const named of [(name: string) => hostile + name, (name: string) => name + hostile]) {
      const text = printReport(replayedReport(named), { policy: hostile, against: `${hostile}!` });
      expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
      for (const line of text.split("\n"))
        expect(terminalWidth(line), line).toBeLessThanOrEqual(100);
      expect(text.split("\n").length).toBeLessThan(170);
    }
  },
);
