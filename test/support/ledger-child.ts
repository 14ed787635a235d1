import type { BudgetTake } from "../../src/runtime/limits/limit-store.ts";
import { openLedgerFile } from "../../src/runtime/store/ledger-file.ts";

/** What the child tells: a request whose row and settlement are acknowledged. */
export interface Acknowledged {
  readonly request: string;
  readonly cost: number;
}

/** The budget that the child spends from. */
export const spentFrom: Omit<BudgetTake, "amount"> = {
  ...{ kind: "budget", option: "p/r/budget-1", value: "", most: 1_000_000_000, per: "month" },
};

/** Requests under way at once: commits carry many rows. */
const lanes = 8;

/** Serves requests for as long as it lives, and tells each that was acknowledged. */
const [, , path, name = ""] = process.argv;
if (path !== undefined && process.send !== undefined) {
  const atMs = Date.UTC(2026, 10, 27);
  const { ledger, limits } = openLedgerFile(path, {
    ...{ later: setImmediate, survives: "process", atMs },
    failed(error) {
      throw error;
    },
  });
  const lane = async (of: number): Promise<void> => {
    for (let n = 0; ; n += 1) {
      const request = `${name}-${of}-${n}`;
      const cost = 1 + ((of * 7 + n) % 50);
      const held = limits.admit([{ ...spentFrom, amount: 50 }], atMs);
      if (held.kind === "refused") throw new Error("the budget is ample");
      await Promise.all([
        ledger.append([
          {
            ...{
              atMs,
              request,
              attempt: 0,
              policy: "p",
              rule: "r",
              target: "t",
              key: "k",
              lane: "live",
            },
            ...{ state: "settled", usage: null, cost },
          },
        ]),
        limits.settle(held, [cost]),
      ]);
      const told: Acknowledged = { request, cost };
      await new Promise<void>((sent) => process.send?.(told, () => sent()));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, of) => lane(of)));
}
