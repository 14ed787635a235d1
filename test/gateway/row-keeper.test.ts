import { beforeEach, expect, test } from "vitest";
import { RowKeeper } from "../../src/gateway/row-keeper.ts";
import type { LedgerRow } from "../../src/runtime/store/ledger.ts";
import { StoreError } from "../../src/runtime/store/sqlite.ts";

const row = (request: string): LedgerRow => ({
  ...{ atMs: 0, request, attempt: 0, policy: "p", rule: "r", target: "t", key: "", lane: "live" },
  ...{ state: "settled", usage: null, cost: 1 },
});
const rows = (from: number, count: number): LedgerRow[] =>
  Array.from({ length: count }, (_, index) => row(`${from + index}`));

let isFull = false;
let largest = 0;
let written: string[] = [];
const ledger = {
  async append(asked: readonly LedgerRow[]): Promise<void> {
    largest = Math.max(largest, asked.length);
    await Promise.resolve();
    if (isFull) throw new StoreError("no room");
    if (asked.some(({ request }) => request === "odd")) throw new TypeError("no row");
    written.push(...asked.map(({ request }) => request));
  },
};
beforeEach(() => {
  [isFull, largest, written] = [false, 0, []];
});

test("rows that a full disk did not take are tried again a part at a time, and all are written in the end", async () => {
  const keeper = new RowKeeper(ledger);
  isFull = true;
  for (let from = 0; from < 500; from += 1)
    await expect(keeper.append(rows(from, 1))).rejects.toThrow("no room");
  expect([keeper.unwritten, keeper.lost]).toEqual([500, 0]);
  const many = Array.from({ length: 20 }, (_, index) => keeper.append(rows(500 + index, 1)));
  await Promise.allSettled(many);
  expect(largest).toBe(100);
  isFull = false;
  for (let from = 520; from < 530; from += 1) await keeper.append(rows(from, 1));
  expect(keeper.unwritten).toBe(0);
  expect(new Set(written).size).toBe(530);
  expect(written).toHaveLength(530);
});

test("no more are kept than may be, and those that are lost are counted", async () => {
  const keeper = new RowKeeper(ledger);
  isFull = true;
  await expect(keeper.append(rows(0, 9_990))).rejects.toThrow(StoreError);
  await expect(keeper.append(rows(9_990, 30))).rejects.toThrow(StoreError);
  expect([keeper.unwritten, keeper.lost]).toEqual([10_000, 20]);
});

test("a row that can never be written is lost alone", async () => {
  const keeper = new RowKeeper(ledger);
  await expect(keeper.append([row("odd")])).rejects.toThrow(TypeError);
  await keeper.append(rows(0, 1));
  expect([keeper.unwritten, keeper.lost, written]).toEqual([0, 1, ["0"]]);
});
