import type { Picodollars } from "../../base/money.ts";
import { costOf, expectedMs, hasFlex } from "../../catalog/cost.ts";
import type { Target } from "../../catalog/target.ts";
import type { Program } from "../../language/program/program.ts";
import { estimatedUsage } from "../../protocol/usage.ts";
import type { AttemptRecord } from "../../runtime/dispatch/machine-types.ts";
import type { LoggedRequest } from "../logged-request.ts";
import type { EndedRequest } from "../replay/ended-request.ts";
import type { KindsOf } from "../replay/replay-tally.ts";
import type { Economics, EconomicsOptions, TierSaving, WaitWord } from "./economics.ts";
import { daysOf, drawnFrom, MoneyByHour, type Span } from "./money-by-hour.ts";
import { WorkByHour } from "./work-by-hour.ts";

export interface EconomicsParts {
  readonly program: Program;
  readonly targetOf: (name: string) => Target | undefined;
  readonly kindOf: KindsOf;
  readonly options: EconomicsOptions;
  readonly seed: string | number;
}

interface Answer {
  readonly attempt: AttemptRecord;
  readonly cost: Picodollars | null;
}

class Waiting {
  requests = 0;
  readonly saving = new MoneyByHour();
}

/** Gathers what a replay says of money. Its size does not depend on the log. */
export class EconomicsTally {
  readonly #parts: EconomicsParts;
  readonly #spend = new MoneyByHour();
  readonly #localCost = new MoneyByHour();
  readonly #avoided = new MoneyByHour();
  readonly #at = new Map<string, number>();
  readonly #work = new Map<string, WorkByHour>();
  readonly #tiers = { batch: new Waiting(), flex: new Waiting() };
  #answered = 0;
  #local = 0;
  #unpriced = 0;
  #waiting = 0;
  #untold = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  constructor(parts: EconomicsParts) {
    this.#parts = parts;
  }

  add(request: EndedRequest): void {
    const { arrivedAtMs, costs, waited } = request;
    // What waits for a day after the log's last request makes no longer log of it.
    const endedAtMs = waited === null ? request.endedAtMs : arrivedAtMs;
    this.#fromMs = Math.min(this.#fromMs, arrivedAtMs);
    this.#toMs = Math.max(this.#toMs, endedAtMs);
    this.beside(costs, request.attempts, arrivedAtMs);
    const answer = answerOf(request);
    if (answer === null) return;
    this.#answered += 1;
    const target = this.#parts.targetOf(answer.attempt.target);
    if (target === undefined) return;
    if (target.local) this.#addLocal(request, answer);
    else this.#addWaiting(request, target, answer);
  }

  /** Attempts with what each cost, whether or not they answer a request. */
  beside(
    costs: readonly (Picodollars | null)[],
    attempts: readonly AttemptRecord[],
    atMs: number,
  ): void {
    for (const cost of costs) if (cost !== null) this.#spend.add(cost, atMs);
    for (const attempt of attempts) if (attempt.isBatched !== true) this.#addWork(attempt);
  }

  report(): Economics {
    const isTimed = this.#toMs > this.#fromMs;
    const span: Span | null = isTimed ? { fromMs: this.#fromMs, toMs: this.#toMs } : null;
    const seed = String(this.#parts.seed);
    const at = [...this.#at].map(([target, requests]) => ({ target, requests }));
    const tiers = (["batch", "flex"] as const).flatMap((tier): TierSaving[] => {
      const { requests, saving } = this.#tiers[tier];
      return requests === 0 ? [] : [{ tier, requests, saving: saving.monthly(span, seed) }];
    });
    return {
      days: span === null ? 0 : daysOf(span),
      drawnFrom: span === null ? null : drawnFrom(span),
      spend: this.#spend.monthly(span, seed),
      local: {
        requests: this.#local,
        share: this.#answered === 0 ? null : this.#local / this.#answered,
        cost: this.#localCost.monthly(span, seed),
        avoided: this.#avoided.monthly(span, seed),
        at: at.toSorted((a, b) => b.requests - a.requests || (a.target < b.target ? -1 : 1)),
        unpriced: this.#unpriced,
        work: span === null ? [] : this.#workOf(span),
      },
      waiting: {
        by: waitText(this.#parts.options.couldWait),
        ...{ requests: this.#waiting, untold: this.#untold, tiers },
      },
    };
  }

  #addWork({ target, startedAtMs, endedAtMs }: AttemptRecord): void {
    if (this.#parts.targetOf(target)?.local !== true) return;
    const work = this.#work.get(target) ?? new WorkByHour();
    this.#work.set(target, work);
    work.add(startedAtMs, endedAtMs);
  }

  #workOf(span: Span): Economics["local"]["work"] {
    return [...this.#work]
      .map(([target, work]) => ({ target, busiest: work.busiest(span) }))
      .toSorted((a, b) => (a.target < b.target ? -1 : 1));
  }

  #addLocal(request: EndedRequest, { attempt, cost }: Answer): void {
    const { arrivedAtMs } = request;
    this.#local += 1;
    if (cost !== null) this.#localCost.add(cost, arrivedAtMs);
    const remote = this.#remoteOf(request);
    const elsewhere = remote === null ? null : costElsewhere(remote, attempt);
    if (remote === null || elsewhere === null) {
      this.#unpriced += 1;
      return;
    }
    this.#avoided.add(elsewhere, arrivedAtMs);
    this.#at.set(remote.name, (this.#at.get(remote.name) ?? 0) + 1);
  }

  /** The target that was named for all, else the first remote one that the plan leads to. */
  #remoteOf({ choice: { plan } }: EndedRequest): Target | null {
    const { targetOf, options } = this.#parts;
    if (options.instead !== null) return targetOf(options.instead) ?? null;
    for (const { target: name } of plan?.steps ?? []) {
      const target = name === null ? undefined : targetOf(name);
      if (target !== undefined && !target.local) return target;
    }
    return null;
  }

  #addWaiting(request: EndedRequest, target: Target, { attempt, cost }: Answer): void {
    const { usage, endedAtMs, startedAtMs } = attempt;
    if (usage === null || cost === null) return;
    const couldWait = this.#couldWait(request);
    if (couldWait === null) this.#untold += 1;
    if (couldWait !== true) return;
    this.#waiting += 1;
    // What was served in a cheaper tier has its saving already.
    if ((usage.tier ?? null) !== null) return;
    const circumstances = { durationMs: endedAtMs - startedAtMs };
    for (const tier of ["batch", "flex"] as const) {
      const has = tier === "batch" ? target.hasBatches === true : hasFlex(target);
      const then = has ? costOf(target, { ...usage, tier }, startedAtMs, circumstances) : null;
      if (then === null || then > cost) continue;
      this.#tiers[tier].requests += 1;
      this.#tiers[tier].saving.add(cost - then, request.arrivedAtMs);
    }
  }

  /** Null where the log does not tell. */
  #couldWait({ arrival, branch }: EndedRequest): boolean | null {
    const { options, program, kindOf } = this.#parts;
    if (options.couldWait.length === 0) {
      const streamed = streamedIn(arrival.request);
      return streamed === null ? null : !streamed;
    }
    const { tenant, intent } = kindOf(arrival.request);
    const { rule } = program.branch(branch);
    const names = { tenant: [tenant], intent: [intent], rule: [rule.id, rule.name] };
    return options.couldWait.some(({ of, name }) => names[of].some((each) => each === name));
  }
}

/** The attempt that answered, with what it cost; null where none of a target did. */
function answerOf({ ending, answeredBy, attempts, costs }: EndedRequest): Answer | null {
  if (answeredBy === null || (ending !== "ok" && ending !== "deferred")) return null;
  const index = attempts.findLastIndex(
    ({ target, outcome }) => target === answeredBy && outcome.kind === "ok",
  );
  const attempt = attempts[index];
  return attempt === undefined ? null : { attempt, cost: costs[index] ?? null };
}

/** The same tokens at another target, none of them cached; no discount of a month's spend. */
function costElsewhere(target: Target, { usage, startedAtMs }: AttemptRecord): Picodollars | null {
  if (usage === null) return null;
  const { inputTokens, outputTokens } = usage;
  const size = { promptTokens: inputTokens, outputTokens };
  const plain = estimatedUsage(inputTokens, outputTokens);
  return costOf(target, plain, startedAtMs, { durationMs: expectedMs(target, size, undefined) });
}

/** Whether the client asked for a stream; null where the log does not tell. */
function streamedIn({ facts, chat, latency }: LoggedRequest): boolean | null {
  if (chat !== null) return chat.body.stream === true;
  const said = facts?.["stream"];
  if (typeof said === "boolean") return said;
  return latency === null || latency.firstTokenMs === null ? null : true;
}

function waitText(couldWait: readonly WaitWord[]): string {
  return couldWait.length === 0
    ? "not streamed"
    : couldWait.map(({ of, name }) => `${of} ${name}`).join(" or ");
}
