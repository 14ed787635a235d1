import { expect, test } from "vitest";
import {
  RunningSpend,
  recordedSpend,
  spendOfRecord,
  spentKey,
} from "../../src/catalog/month-spend.ts";

const november = Date.parse("2026-11-30T23:59:59.999Z");
const december = Date.parse("2026-12-01T00:00:00Z");

test("spend is summed by provider and month, and a new month begins at nothing", () => {
  const spend = new RunningSpend();
  spend.add("cloud", 5, november);
  spend.add("cloud", 7, november);
  spend.add("other", 1, november);
  expect([spend.spent("cloud", november), spend.spent("other", november)]).toEqual([12n, 1n]);
  expect(spend.spent("cloud", december)).toBe(0n);
  spend.add("cloud", 2, december);
  // A late attempt of the month that is over changes nothing.
  spend.add("cloud", 100, november);
  expect([spend.spent("cloud", december), spend.spent("cloud", november)]).toEqual([2n, 0n]);
  expect(spend.spent("nobody", november)).toBe(0n);
});

test("sums pass what one amount can hold", () => {
  const spend = new RunningSpend();
  for (let at = 0; at < 3; at += 1) spend.add("cloud", Number.MAX_SAFE_INTEGER, november);
  expect(spend.spent("cloud", november)).toBe(3n * BigInt(Number.MAX_SAFE_INTEGER));
});

test.each([
  [1_999_999n, 1, 1_000_000n],
  [0n, 0, 0n],
])("a record holds %d picodollars as %d micro-dollars", (spent, recorded, read) => {
  expect(recordedSpend(spent)).toBe(recorded);
  expect(spendOfRecord(recorded)).toBe(read);
});

test.each([undefined, null, "5", -1, 1.5])("a record's %j tells nothing", (value) => {
  expect(spendOfRecord(value)).toBeUndefined();
  expect(spentKey("cloud")).toBe("provider.cloud.spent");
});
