import { expect, test } from "vitest";
import { named } from "../../../src/simulator/reports/markdown-text.ts";
import { printMarkdown } from "../../../src/simulator/reports/print-markdown.ts";
import { hostileNames, replayedReport } from "../../support/replay-reports.ts";

const names = { policy: "hybrid", against: "cost-first" };

test("a report for a pull request is written whole", async () => {
  await expect(printMarkdown(replayedReport(), names)).toMatchFileSnapshot(
    "../../golden/simulate/two.md.golden",
  );
});

test("decisions alone are written without figures of a replay", async () => {
  const { replay: _, against: __, compared: ___, economics: ____, ...decided } = replayedReport();
  await expect(printMarkdown(decided, names)).toMatchFileSnapshot(
    "../../golden/simulate/decided.md.golden",
  );
});

test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name]))(
  "%s is code that it cannot leave",
  (_, hostile) => {
    expect(named(hostile)).toMatch(
      /^(?:`[^`\\|\n\p{Cc}]*`|<code>(?:[\p{L}\p{N} -]|&#\d+;)*<\/code>)$/u,
    );
  },
);

/** A document with all code taken out: what is left was written by nobody else. */
function skeleton(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})json\n[\s\S]*?\n\1$/gm, "CODE")
    .replaceAll(/<code>[^<]*<\/code>|`[^`\n]*`/g, "CODE");
}

test.each(hostileNames.map((name) => [JSON.stringify(name).slice(0, 40), name]))(
  "%s in every place changes nothing around it",
  (_, hostile) => {
    const told = printMarkdown(
      replayedReport((name) => `${name}${hostile}`),
      { policy: hostile, against: `${hostile}!` },
    );
    expect(skeleton(told)).toBe(skeleton(printMarkdown(replayedReport(), names)));
  },
);

test("a report of many long names still fits a comment on a pull request", () => {
  const { replay, against, compared, diff, ...rest } = replayedReport((name) =>
    name.padEnd(60, "-"),
  );
  if (!replay || !against || !compared || !diff) throw new Error("a part is missing");
  const many = <Item>(items: readonly Item[]): Item[] =>
    Array.from({ length: 300 }, (_, index) => items[index % items.length] as Item);
  const large = (side: typeof replay): typeof replay => ({
    ...side,
    ...{ faults: many(side.faults), targets: many(side.targets), limited: many(side.limited) },
    ...{ guards: many(side.guards), rules: many(side.rules), tenants: many(side.tenants) },
    ...{ intents: many(side.intents), days: many(side.days), notPlayed: many(side.notPlayed) },
  });
  const text = printMarkdown(
    {
      ...{ ...rest, rules: many(rest.rules), targets: many(rest.targets), compared },
      ...{ replay: large(replay), against: large(against) },
      diff: { ...diff, transitions: many(diff.transitions) },
    },
    names,
  );
  // GitHub takes 65,536 characters.
  expect(text.length).toBeLessThan(60_000);
});
