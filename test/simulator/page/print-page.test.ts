import { expect, test } from "vitest";
import { printPage } from "../../../src/simulator/page/print-page.ts";
import type { Report } from "../../../src/simulator/report.ts";
import { hostileNames, replayedReport } from "../../support/replay-reports.ts";

const names = { policy: "hybrid", against: "cost-first" };

/** The elements of a page and their attributes, without what stands in them. */
function skeleton(html: string): string[] {
  return [...html.matchAll(/<(?:"[^"]*"|[^>"])*>/g)].map(([tag]) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );
}

test.each(
  hostileNames.filter((name) => name.length < 60).map((name) => [JSON.stringify(name), name]),
)("a name that is %s changes no element of the page", (_, hostile) => {
  const plain = printPage(replayedReport(), names);
  const told = printPage(
    replayedReport((name) => `${name}${hostile}`),
    { policy: hostile, against: `${hostile}!` },
  );
  expect(skeleton(told)).toEqual(skeleton(plain));
});

test("a page holds no address, no attribute of style and no handler of events", () => {
  const html = printPage(replayedReport(), names);
  const body = html.slice(html.indexOf("<body>"));
  expect(html).not.toMatch(/https?:|@import|url\(|<link(?! rel="icon" href="data:,")/);
  expect(body).not.toMatch(/ (?:style|on[a-z]+|href|src)=/);
  expect(html).not.toMatch(/\beval\(|new Function|innerHTML/);
});

test("the same report gives the same bytes", () => {
  expect(printPage(replayedReport(), names)).toBe(printPage(replayedReport(), names));
});

test("a page stays below 300 KB, however much its log tells apart", () => {
  const { replay, against, compared, diff, economics, ...rest } = replayedReport();
  if (!replay || !against || !compared || !diff || !economics?.gpus)
    throw new Error("a part is missing");
  const many = <Item>(items: readonly Item[], count: number, over: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => ({ ...(items[0] as Item), ...over(index) }));
  const long = (index: number): string => `${index}${"<&\"'>".repeat(200)}`;
  const large = (side: NonNullable<Report["replay"]>): NonNullable<Report["replay"]> => ({
    ...side,
    faults: many(side.faults, 200, (index) => ({ target: long(index) })),
    targets: many(side.targets, 300, (index) => ({ target: long(index) })),
    fallbacks: {
      ...side.fallbacks,
      paths: many(side.fallbacks.paths, 1_000, (index) => ({ from: long(index), to: long(index) })),
    },
    limited: many(side.limited, 300, (index) => ({ option: long(index) })),
    guards: many(side.guards, 300, (index) => ({ guard: long(index) })),
    rules: many(side.rules, 500, (index) => ({ name: long(index), requests: index % 2 })),
    tenants: many(side.tenants, 201, (index) => ({ name: long(index) })),
    intents: many(side.intents, 201, (index) => ({ name: long(index) })),
    days: many(side.days, 201, (index) => ({ name: long(index) })),
    providers: many(side.providers, 100, (index) => ({ provider: long(index) })),
    flows: many(side.flows, 3_000, (index) => ({ rule: long(index % 60), target: long(index) })),
    intervals: many(side.intervals, 121, (index) => ({
      atMs: 1_000 * index,
      ...{ cost: 1234.5678 + index, p50: 59_999 - index, p95: 119_000 + index },
    })),
    notPlayed: Array.from({ length: 200 }, (_, index) => long(index)),
  });
  const kinds = many(compared.tenants, 201, (index) => ({ name: long(index) }));
  const facts = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [long(index), long(index)]),
  );
  const html = printPage(
    {
      ...rest,
      missing: Array.from({ length: 200 }, (_, index) => ({
        ...{ fact: long(index), requests: 1, why: long(index) },
      })),
      replay: large(replay),
      against: large(against),
      economics: {
        ...economics,
        local: {
          ...economics.local,
          at: many(economics.local.at, 300, (index) => ({ target: long(index) })),
        },
        waiting: { ...economics.waiting, by: long(1) },
        gpus: { ...economics.gpus, tried: many(economics.gpus.tried, 20, (gpus) => ({ gpus })) },
      },
      compared: { ...compared, tenants: kinds, intents: kinds },
      diff: {
        ...diff,
        transitions: many(diff.transitions, 10_000, (index) => ({
          ...{ from: long(index), to: long(index), example: { line: index, facts } },
        })),
      },
    },
    { policy: long(1), against: long(2) },
  );
  expect(Buffer.byteLength(html)).toBeLessThan(300_000);
});
