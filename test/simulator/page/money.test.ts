import { expect, test } from "vitest";
import { breakEvenOf, type CountedWork } from "../../../src/simulator/economics/break-even.ts";
import { hardwareOf } from "../../../src/simulator/economics/hardware.ts";
import { money } from "../../../src/simulator/page/money.ts";
import { economicsReport } from "../../support/economics-report.ts";

const names = { policy: "hybrid", against: null };
/** A hundred dollars a month; answers at home spare 420. */
const card = hardwareOf({ price: 3_600, years: 3, watts: 0 }, undefined);

function pageOf(work: CountedWork): string {
  const { gpus: _, ...economics } = economicsReport();
  const breakEven = breakEvenOf(economics, card, work);
  return money({ economics: { ...economics, breakEven } }, names).text;
}

test("GPUs that pay are drawn from the traffic on from which they do, with the tile that says so", () => {
  const page = pageOf({ gpus: 2, busiest: 1.2, tooFew: 1 });
  expect(page).toContain(
    '<span class="label">GPUs pay from</span><span class="big">$371.14</span>',
  );
  expect(page).toContain("they pay from here");
});

test("the line of what they cost rises where more traffic takes another", () => {
  const page = pageOf({ gpus: 2, busiest: 1.9, tooFew: 1 });
  expect(page).toContain("what 2 GPUs cost, and more where it takes more");
  const [, path = ""] = /class="s-before join"[^>]* d="M([^"]+)"/.exec(page) ?? [];
  const heights = path.split("L").map((point) => Number(point.split(" ")[1]));
  // Two, up to what they can take, then three: the higher, the less from the top.
  expect(heights).toHaveLength(4);
  expect(heights[1]).toBe(heights[0]);
  expect(heights[2]).toBeLessThan(heights[1] ?? 0);
  expect(heights[3]).toBe(heights[2]);
});

test("of two policies the second is told, with a month under the first beside it", () => {
  const [economics, economicsBefore] = [economicsReport(), economicsReport()];
  const both = { ...names, against: "cost-first" };
  const page = money({ economics, economicsBefore }, both).text;
  expect(page).toContain("What it comes to in money under <code>cost-first</code>");
  expect(page).toContain('<th scope="col">a month under hybrid</th>');
  expect(money({ economics }, names).text).not.toContain("a month under");
});

test("where they pay at no traffic the tile says so, and nothing is drawn that promises it", () => {
  const page = pageOf({ gpus: 5, busiest: 4.5, tooFew: 4 });
  expect(page).toContain('<span class="label">GPUs pay from</span><span class="big">never</span>');
  expect(page).toContain("they pay at no traffic of this kind");
  expect(page).not.toContain("they pay from here");
});
