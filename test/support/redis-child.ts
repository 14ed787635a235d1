import type { BudgetTake } from "../../src/runtime/limits/limit-store.ts";
import { openRedisLimitStore } from "../../src/runtime/store/redis-limit-store.ts";

/** The budget that all children spend from. */
export const sharedBudget: Omit<BudgetTake, "amount"> = {
  ...{ kind: "budget", option: "p/r/budget-1", value: "", most: 1_000, per: "month" },
};

/** What a child came to. */
export interface ChildSum {
  readonly spent: number;
  /** The most that was ever seen reserved and settled together. */
  readonly seen: number;
}

/** Asks for a share of the budget many times at once, spends some of each, and tells what it came to. */
const [, , url, seed = "0"] = process.argv;
if (url !== undefined && process.send !== undefined) {
  const atMs = Date.UTC(2026, 10, 27);
  const store = await openRedisLimitStore({
    ...{ url, prefix: "shared", timeoutMs: 20_000 },
    failed(error) {
      throw error;
    },
  });
  let spent = 0;
  let seen = 0;
  const begun = new Promise((begin) => process.once("message", begin));
  process.send("ready");
  await begun;
  const one = async (n: number): Promise<void> => {
    const amount = 1 + ((n * 13 + Number(seed) * 5) % 20);
    const held = await store.admit([{ ...sharedBudget, amount }], atMs);
    const { reserved, settled } = await store.standing({ ...sharedBudget, amount: 0 }, atMs);
    seen = Math.max(seen, reserved + settled);
    if (held.kind === "refused") return;
    const actual = n % 3 === 0 ? 0 : amount;
    spent += actual;
    await store.settle(held, [actual], atMs);
  };
  for (let round = 0; round < 10; round += 1)
    await Promise.all(Array.from({ length: 40 }, (_, n) => one(round * 40 + n)));
  await store.close();
  const sum: ChildSum = { spent, seen };
  process.send(sum, () => process.disconnect());
}
