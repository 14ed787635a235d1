import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { ReadOperand } from "../language/interpreter/interpret.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { billedTier } from "../protocol/usage.ts";
import type { Admission, Pass } from "../runtime/limits/admission.ts";
import type { CounterKey } from "../runtime/limits/limit-store.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import {
  amountsOf,
  type CountedRequest,
  type CountedTake,
  countsSomething,
  expectedUse,
  type PlanWish,
  type Use,
  wishOfPlan,
} from "../runtime/plan/wish-of-plan.ts";
import type { Exchange } from "./exchange.ts";
import { type EndedRequest, ledgerRows, useOf } from "./ledger-rows.ts";
import type { Tally } from "./tallies.ts";
import { problems } from "./to-response.ts";

/** Why a request may not be sent as its plan says: not at all, or not to its first target. */
export type Denial =
  | { readonly kind: "gone" }
  | { readonly kind: "limit"; readonly problem: ApiProblem }
  | { readonly kind: "budget"; readonly failure: Failure };

/** A plan about to be carried out. */
export interface Asking {
  readonly plan: Plan;
  readonly request: ModelRequest;
  readonly readOperand: ReadOperand;
}

/** A request that is over, or was never sent. */
export type Settled = Pick<EndedRequest, "policy" | "rule" | "attempts" | "costs">;

const nothing: Use = { tokens: 0, cost: 0 };

/** What one request holds of limits, budgets and turns, from the leave to send it until what it came to is written down. */
export class RequestAccount {
  readonly #exchange: Exchange;
  readonly #context: RequestContext;
  #takes: readonly CountedTake[] = [];
  #expected: Use = nothing;
  #pass: Pass | null = null;
  readonly #asking = new AbortController();

  constructor(exchange: Exchange, context: RequestContext) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** Asks for leave: null where nothing is counted, else what resolves to null once it is given. Throws or rejects with a StoreError. */
  ask({ plan, request, readOperand }: Asking): Promise<Denial | null> | null {
    const { core, snapshot } = this.#exchange;
    const { tallies } = snapshot;
    if (!countsSomething(plan) && tallies.length === 0) return null;
    const { body } = request;
    const counted: CountedRequest = {
      targets: snapshot.targets.listed,
      promptTokens: estimatedTokens(body),
      maxTokens: maxTokens(body) ?? null,
      choices: body.n ?? 1,
      tier: billedTier(body["service_tier"]),
      atMs: this.#context.nowMs,
      readOperand,
    };
    this.#expected = expectedUse(plan, counted);
    const wish = wishOfPlan(plan, this.#expected, counted);
    const told = tallied(tallies, this.#context, this.#expected);
    const { admission } = core.limits.open();
    return this.#admit(admission, plan, { ...wish, takes: [...wish.takes, ...told] });
  }

  /** Waits no longer: nobody is there to be answered. */
  leave(): void {
    this.#asking.abort();
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
    const { caller, nowMs } = this.#context;
    const used = ended.attempts.length === 0 ? null : useOf(ended, this.#expected);
    const rows = ledgerRows({
      ...ended,
      ...{ id, key: caller?.name ?? "" },
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

  async #admit(admission: Admission, plan: Plan, wish: PlanWish): Promise<Denial | null> {
    const denied = await this.#enter(admission, plan, wish);
    const isTakenOver = plan.steps.some(({ on }) => on.includes("budget_exceeded"));
    if (denied?.kind !== "budget" || !isTakenOver) return denied;
    // The steps that take over from a spent budget are not held against it, but against all else.
    const takes = wish.takes.filter(({ take }) => !isBudgetOf(plan, take));
    return (await this.#enter(admission, plan, { ...wish, takes })) ?? denied;
  }

  async #enter(admission: Admission, plan: Plan, wish: PlanWish): Promise<Denial | null> {
    const { core } = this.#exchange;
    const { signal } = this.#asking;
    const caller = this.#context.caller?.name ?? "";
    const answer = await admission.admit({ ...wish, caller, signal });
    if (answer.kind === "pass") {
      this.#pass = answer;
      this.#takes = wish.takes;
      return null;
    }
    const { by, retryAtMs } = answer;
    if (by === null) return { kind: "gone" };
    core.metrics.limited(by.option);
    const retryAfterMs = retryAtMs === null ? null : Math.max(retryAtMs - core.clock.now(), 1);
    return isBudgetOf(plan, by)
      ? { kind: "budget", failure: spentBudget(by.option, retryAfterMs) }
      : { kind: "limit", problem: problems.limited(by.option, retryAfterMs) };
  }
}

function isBudgetOf({ options }: Plan, { option }: CounterKey): boolean {
  return options.budgets?.some(({ id }) => id === option) === true;
}

/** A plan's first failure where its budget has nothing left. */
function spentBudget(option: string, retryAfterMs: number | null): Failure {
  return {
    cause: "budget_exceeded",
    retrySame: false,
    code: "budget_spent",
    message: `the budget \`${option}\` of the policy is spent`,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** What is counted of every request for the facts of policies. */
function tallied(
  tallies: readonly Tally[],
  context: RequestContext,
  expected: Use,
): readonly CountedTake[] {
  return tallies.flatMap(({ of, subject, take }): CountedTake[] => {
    const value = subject(context);
    if (value === undefined) return [];
    const amount = of === "cost" ? expected.cost : 1;
    return [{ take: take(String(value), amount), waitMs: null, of }];
  });
}
