import { nowOrLater, type Told } from "../base/now-or-later.ts";
import type { RequestContext } from "../extract/context.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import type { Pass } from "../runtime/limits/admission.ts";
import { askLeave, type Leave } from "../runtime/plan/ask-leave.ts";
import { type Counted, nothing } from "../runtime/plan/counted.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import {
  amountsOf,
  type CountedTake,
  countsSomething,
  type Use,
} from "../runtime/plan/wish-of-plan.ts";
import { StoreError } from "../runtime/store/sqlite.ts";
import { useOf } from "../runtime/telemetry/use-of.ts";
import { callerRefused, keysWatch } from "./caller.ts";
import { type Asking, countedOf } from "./counted.ts";
import type { Exchange } from "./exchange.ts";
import { type EndedRequest, ledgerRows } from "./ledger-rows.ts";
import { problems } from "./problems.ts";

/** Why a request may not be sent as its plan says: not at all, or not to its first target. */
export type Denial =
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly problem: ApiProblem }
  | { readonly kind: "budget"; readonly failure: Failure };

/** A request that is over, or was never sent. */
export interface Settled extends Omit<EndedRequest, "id" | "lane" | "epochOf"> {
  /** Whether it was answered: without an attempt it counts as a request then, and as nothing else. */
  readonly isAnswered?: boolean;
}

interface Counting {
  readonly plan: Plan;
  readonly counted: Counted;
}

/** What one request holds of limits, budgets and turns, from the leave to send it until what it came to is written down. */
export class RequestAccount {
  readonly #exchange: Exchange;
  readonly #context: RequestContext;
  #takes: readonly CountedTake[] = [];
  #expected: Use = nothing;
  /** Whether nobody bills for it: its tokens are only counted. */
  #isFree = false;
  #pass: Pass | null = null;
  /** Ends the waiting. */
  #leave = (): void => undefined;

  constructor(exchange: Exchange, context: RequestContext) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /**
   * Asks for leave: null once it is given, or where nothing is counted; a promise where it must be waited for. Throws or rejects with a
   * StoreError where the plan itself counts.
   */
  ask(asking: Asking): Denial | null | Promise<Denial | null> {
    const { plan, request } = asking;
    this.#isFree = request.counting === true;
    const counted = countedOf(this.#exchange.snapshot, this.#context, asking);
    if (counted === null) return null;
    this.#expected = counted.expected;
    const ask = (): Denial | null | Promise<Denial | null> =>
      nowOrLater((told) => this.#admit({ plan, counted }, told));
    if (countsSomething(plan)) return ask();
    try {
      const leave = ask();
      return leave instanceof Promise ? leave.catch((error) => this.#uncounted(error)) : leave;
    } catch (error) {
      return this.#uncounted(error);
    }
  }

  /** Waits no longer: nobody is there to be answered. */
  leave(): void {
    this.#leave();
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

  #admit({ plan, counted }: Counting, told: Told<Denial | null>): void {
    const { core } = this.#exchange;
    const { clock, metrics } = core;
    const keysChanged = keysWatch(core);
    const askedAtMs = clock.now();
    const { admission } = core.limits.open();
    const caller = this.#context.caller?.name ?? "";
    const asked = { admission, now: () => clock.now(), plan, counted, caller };
    this.#leave = askLeave(asked, {
      limited: (option) => metrics.limited(option),
      answered: (leave) => {
        const isOld = keysChanged() || clock.now() - askedAtMs > 1_000;
        told.resolve(this.#denial(leave, isOld));
      },
      failed: told.reject,
    });
  }

  #denial(leave: Leave, isOld: boolean): Denial | null {
    if (leave.kind === "gone") return leave;
    if (leave.kind === "spent") return { kind: "budget", failure: leave.failure };
    if (leave.kind === "refused")
      return { kind: "refused", problem: problems.limited(leave.option, leave.retryAfterMs) };
    const { pass, takes, spent } = leave;
    this.#pass = pass;
    this.#takes = takes;
    // A key that was taken away, or has come to its end, while its request waited sends nothing any more.
    const problem = isOld ? callerRefused(this.#exchange) : null;
    if (problem !== null) return { kind: "refused", problem };
    return spent === null ? null : { kind: "budget", failure: spent };
  }

  /** What is counted for the facts of other policies alone keeps nobody from being answered. */
  #uncounted(error: unknown): null {
    if (!(error instanceof StoreError)) throw error;
    this.#exchange.core.limits.failed(error);
    return null;
  }
}
