import type { Take } from "../../runtime/limits/limit-store.ts";
import { countersOf } from "../../runtime/plan/counters-of.ts";
import type { Core } from "../core.ts";
import { type Exchange, fault, guarded, queryOf } from "../exchange.ts";
import type { ActivePolicy } from "../snapshot.ts";
import { sendJson } from "../to-response.ts";

/** An option that counts, and how it stands for one value of what it counts by. */
interface LimitReport {
  readonly policy: string;
  readonly id: string;
  readonly kind: "limit" | "budget" | "concurrency";
  /** What it counts by; null where all requests are counted together. */
  readonly by: string | null;
  /** Requests, tokens or, of a budget, US dollars. */
  readonly most: number;
  readonly of: "requests" | "tokens" | "dollars";
  readonly per: string | null;
  /** What counts now, and of it what is only reserved; absent where no value was named to look for. */
  readonly used?: number;
  readonly reserved?: number;
}

interface Counter {
  readonly report: LimitReport;
  readonly take: ((value: string) => Take) | null;
}

/** Answers the limits, budgets and concurrency of all policies, and how those by `value`, or by nothing, stand. */
export function listLimits(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  const value = new URLSearchParams(queryOf(exchange.request)).get("value");
  const counters = [...core.snapshot.policies.values()].flatMap(countersIn);
  Promise.all(counters.map((counter) => standing(core, counter, value))).then(
    guarded(exchange, (limits) => sendJson(response, { limits }, headers)),
    (error) => fault(exchange, error),
  );
}

async function standing(
  { limits, clock }: Core,
  { report, take }: Counter,
  value: string | null,
): Promise<LimitReport> {
  const of = report.by === null ? "" : value;
  if (take === null || of === null) return report;
  const asked = take(of);
  const { settled, reserved } = await limits.open().store.standing(asked, clock.now());
  const unit = report.of === "dollars" ? 1e12 : 1;
  return { ...report, used: (settled + reserved) / unit, reserved: reserved / unit };
}

function countersIn({ name: policy, program }: ActivePolicy): readonly Counter[] {
  const { limits, budgets, concurrency } = countersOf(program);
  const keyOf = (by: number | null): string | null =>
    by === null ? null : (program.operands[by]?.key ?? null);
  return [
    ...limits.map(({ id, most, of, perMs, by }): Counter => {
      const report = { policy, id, kind: "limit", by: keyOf(by), most, of } as const;
      return {
        report: { ...report, per: `${perMs / 1_000}s` },
        take: (value) => ({ kind: "rate", option: id, value, most, perMs, amount: 0 }),
      };
    }),
    ...budgets.map(({ id, amount, per, by }): Counter => {
      const report = { policy, id, kind: "budget", by: keyOf(by), of: "dollars", per } as const;
      return {
        report: { ...report, most: amount / 1e12 },
        take: (value) => ({ kind: "budget", option: id, value, most: amount, per, amount: 0 }),
      };
    }),
    ...concurrency.map(({ id, most, by }): Counter => {
      const report = { policy, id, kind: "concurrency", by: keyOf(by), most } as const;
      return { report: { ...report, of: "requests", per: null }, take: null };
    }),
  ];
}
