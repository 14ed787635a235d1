import type { RequestContext } from "../extract/context.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import type { Admission, Pass } from "../runtime/limits/admission.ts";
import type { Wish } from "../runtime/limits/wish.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import {
  amountsOf,
  type CountedTake,
  countsSomething,
  type PlanWish,
  type Use,
} from "../runtime/plan/wish-of-plan.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import { callerRefused, keysWatch } from "./caller.ts";
import { type Asking, countedOf, isBudgetOf, nothing, spentBudget } from "./counted.ts";
import type { Exchange } from "./exchange.ts";
import { type EndedRequest, ledgerRows, useOf } from "./ledger-rows.ts";
import { problems } from "./problems.ts";

/** Why a request may not be sent as its plan says: not at all, or not to its first target. */
export type Denial =
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly problem: ApiProblem }
  | { readonly kind: "budget"; readonly option: string; readonly failure: Failure };

/** A request that is over, or was never sent. */
export interface Settled extends Omit<EndedRequest, "id" | "lane" | "epochOf"> {
  /** Whether it was answered: without an attempt it counts as a request then, and as nothing else. */
  readonly isAnswered?: boolean;
}

type Wishing = PlanWish & Pick<Wish, "signal" | "size">;

/** What one request holds of limits, budgets and turns, from the leave to send it until what it came to is written down. */
export class RequestAccount {
  readonly #exchange: Exchange;
  readonly #context: RequestContext;
  #takes: readonly CountedTake[] = [];
  #expected: Use = nothing;
  /** Whether nobody bills for it: its tokens are only counted. */
  #isFree = false;
  #pass: Pass | null = null;
  /** Ends the waiting; null while nothing was asked. */
  #asking: AbortController | null = null;

  constructor(exchange: Exchange, context: RequestContext) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** Asks for leave: null where nothing is counted, else what resolves to null once it is given. Throws or rejects with a StoreError where the plan itself counts. */
  ask(asking: Asking): Promise<Denial | null> | null {
    const { core, snapshot } = this.#exchange;
    this.#isFree = asking.request.counting === true;
    const counted = countedOf(snapshot, this.#context, asking);
    if (counted === null) return null;
    this.#expected = counted.expected;
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const wish = { ...counted.wish, signal, size: Math.max(1, counted.expected.tokens) };
    if (!countsSomething(asking.plan)) return this.#count(asking.plan, wish);
    return this.#admit(core.limits.open().admission, asking.plan, wish);
  }

  /** Waits no longer: nobody is there to be answered. */
  leave(): void {
    this.#asking?.abort();
  }

  /** Whether something is to be written down when the request ends. */
  get writes(): boolean {
    return this.#pass !== null || this.#exchange.core.limits.opened?.rows != null;
  }

  /**
   * Writes down what a request came to, and gives back the rest. Null where there is nothing to be written, else what is fulfilled
   * once that is as safe as the store keeps anything, or could not be done, which the store tells by itself.
   */
  settle(ended: Settled, arrivedAtMs: number): Promise<void> | null {
    if (!this.writes) return null;
    const { core, id } = this.#exchange;
    const { nowMs } = this.#context;
    const unsent = ended.isAnswered === true ? nothing : null;
    const use = this.#isFree ? nothing : useOf(ended, this.#expected);
    const used = ended.attempts.length === 0 ? unsent : use;
    const rows = this.#isFree
      ? []
      : ledgerRows({
          ...ended,
          ...{ id, lane: "live" },
          epochOf: (atMs) => nowMs + atMs - arrivedAtMs,
        });
    return this.#write([this.#end(used), core.limits.write(rows)]);
  }

  /** Ends it for a request that is answered later: what was expected counts as spent. */
  keep(): void {
    void this.#write([this.#end(this.#expected)]);
  }

  /** Ends it for a request that a fault of ours took away. */
  giveBack(): void {
    void this.#write([this.#end(null)]);
  }

  #end(used: Use | null): Promise<void> | undefined {
    const pass = this.#pass;
    this.#pass = null;
    return pass?.end(amountsOf(this.#takes, used));
  }

  async #write(writes: readonly (Promise<void> | undefined)[]): Promise<void> {
    for (const outcome of await Promise.allSettled(writes))
      if (outcome.status === "rejected") this.#exchange.core.limits.failed(outcome.reason);
  }

  /** What is counted for the facts of other policies alone keeps nobody from being answered. */
  async #count(plan: Plan, wish: Wishing): Promise<Denial | null> {
    const { limits } = this.#exchange.core;
    try {
      return await this.#admit(limits.open().admission, plan, wish);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      limits.failed(error);
      return null;
    }
  }

  async #admit(admission: Admission, plan: Plan, wish: Wishing): Promise<Denial | null> {
    const isTakenOver = plan.steps.some(({ on }) => on.includes("budget_exceeded"));
    const { cache } = plan.options;
    const mayBeFree = cache !== undefined && cache.kind !== "off";
    let { takes } = wish;
    let spent: Denial | null = null;
    for (;;) {
      const denied = await this.#enter(admission, plan, { ...wish, takes });
      if (denied === null) return spent;
      if (denied.kind !== "budget" || !(isTakenOver || mayBeFree)) return denied;
      // The steps that take over from a spent budget are not held against it, but against all else; nor is a kept answer.
      takes = takes.filter(({ take }) => take.option !== denied.option);
      spent ??= denied;
    }
  }

  async #enter(admission: Admission, plan: Plan, wish: Wishing): Promise<Denial | null> {
    const { core } = this.#exchange;
    const caller = this.#context.caller?.name ?? "";
    const keysChanged = keysWatch(core);
    const askedAtMs = core.clock.now();
    const answer = await admission.admit({ ...wish, caller });
    if (answer.kind === "pass") {
      this.#pass = answer;
      this.#takes = wish.takes;
      // A key that was taken away, or has come to its end, while its request waited sends nothing any more.
      const isOld = keysChanged() || core.clock.now() - askedAtMs > 1_000;
      const problem = isOld ? callerRefused(this.#exchange) : null;
      return problem === null ? null : { kind: "refused", problem };
    }
    const { by, retryAtMs } = answer;
    if (by === null) return { kind: "gone" };
    core.metrics.limited(by.option);
    const retryAfterMs = retryAtMs === null ? null : Math.max(retryAtMs - core.clock.now(), 1);
    return isBudgetOf(plan, by)
      ? { kind: "budget", option: by.option, failure: spentBudget(by.option, retryAfterMs) }
      : { kind: "refused", problem: problems.limited(by.option, retryAfterMs) };
  }
}
