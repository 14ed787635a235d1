import { dollarsOf, MoneySum, type Picodollars } from "../base/money.ts";
import { costOf, expectedMs, hasFlex } from "../catalog/cost.ts";
import { RunningSpend } from "../catalog/month-spend.ts";
import type { Target } from "../catalog/target.ts";
import type { Program } from "../language/program/program.ts";
import type { Usage } from "../protocol/usage.ts";
import type { Choice } from "./choice.ts";
import { type HistogramState, LatencyHistogram } from "./latency-histogram.ts";
import type { LogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";
import type { Report, RuleCount, TargetShare } from "./report.ts";

interface TargetTally {
  requests: number;
  tokensIn: number;
  tokensOut: number;
  unpriced: number;
  readonly cost: MoneySum;
}

/** A tally as plain data, for another thread; costs are whole sums. */
export interface TallyState {
  readonly byTarget: readonly (readonly [
    string,
    Omit<TargetTally, "cost"> & { readonly cost: bigint },
  ])[];
  readonly byBranch: Uint32Array;
  readonly incomplete: Uint32Array;
  readonly total: HistogramState;
  readonly firstToken: HistogramState;
  readonly withoutOutput: number;
  readonly rejected: number;
  readonly unavailable: number;
  readonly guards: Report["guards"];
}

/** Usage in the form that prices are applied to; reused from request to request. */
interface MutableUsage extends Usage {
  inputTokens: number;
  outputTokens: number;
}

/** What one program makes of the requests seen so far. Its size depends on the policy, not on the log. */
export class Tally {
  /** What these requests would have spent by provider, month by month as the log goes. */
  readonly spend = new RunningSpend();
  readonly #targets: Pick<LogTargets, "get">;
  readonly #byTarget = new Map<string, TargetTally>();
  readonly #byBranch: Uint32Array;
  readonly #incomplete: Uint32Array;
  readonly #total = new LatencyHistogram();
  readonly #firstToken = new LatencyHistogram();
  readonly #usage: MutableUsage = {
    inputTokens: 0,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    estimated: true,
  };
  #withoutOutput = 0;
  #rejected = 0;
  #unavailable = 0;
  #enforced = 0;
  #refused = 0;

  constructor(branchCount: number, targets: Pick<LogTargets, "get">) {
    this.#targets = targets;
    this.#byBranch = new Uint32Array(branchCount);
    this.#incomplete = new Uint32Array(branchCount);
  }

  /** Adds a decided request; returns what it costs at its target, null when that is not known. */
  add(request: LoggedRequest, branch: number, choice: Choice, atMs: number): Picodollars | null {
    this.#byBranch[branch] = (this.#byBranch[branch] ?? 0) + 1;
    const { target, plan } = choice;
    if (plan !== null && plan.dropped.length > 0) this.#enforced += 1;
    if (plan?.refusal?.code === "guard") this.#refused += 1;
    if (target === null) {
      if (choice.rejects === null) this.#unavailable += 1;
      else this.#rejected += 1;
      return 0;
    }
    const tally = this.#tallyOf(target);
    const output = request.usage?.output ?? null;
    const isPriced = choice.promptTokens > 0 || request.usage?.input === 0;
    if (output === null && isPriced) this.#withoutOutput += 1;
    tally.requests += 1;
    tally.tokensIn += choice.promptTokens;
    tally.tokensOut += output ?? 0;
    this.#addLatency(request, target);
    const known = this.#targets.get(target);
    const cost =
      known === undefined || !isPriced ? null : this.#costOf(request, known, choice, atMs);
    if (cost === null || known === undefined) {
      tally.unpriced += 1;
      return null;
    }
    tally.cost.add(cost);
    if (known.discounts !== undefined) this.spend.add(known.provider, cost, atMs);
    return cost;
  }

  #tallyOf(target: string): TargetTally {
    let tally = this.#byTarget.get(target);
    if (tally === undefined) {
      tally = { requests: 0, tokensIn: 0, tokensOut: 0, unpriced: 0, cost: new MoneySum() };
      this.#byTarget.set(target, tally);
    }
    return tally;
  }

  #addLatency({ latency }: LoggedRequest, target: string): void {
    if (latency === null || latency.target !== target) return;
    this.#total.add(latency.totalMs);
    if (latency.firstTokenMs !== null) this.#firstToken.add(latency.firstTokenMs);
  }

  /**
   * Cached tokens were cached, and a tier served, where the request was served; elsewhere the whole prompt is plain input, the
   * tier is the one asked for, and how long it takes follows from the target's speed.
   */
  #costOf(
    { usage, latency }: LoggedRequest,
    target: Target,
    { promptTokens, tier }: Choice,
    atMs: number,
  ): Picodollars | null {
    const spent = target.discounts === undefined ? 0n : this.spend.spent(target.provider, atMs);
    const served = usage?.served ?? null;
    if (served?.target === target.name) {
      return costOf(target, served.usage, atMs, { spent, durationMs: served.durationMs });
    }
    const outputTokens = usage?.output ?? 0;
    this.#usage.inputTokens = promptTokens;
    this.#usage.outputTokens = outputTokens;
    const isServed = tier !== null && (tier !== "flex" || hasFlex(target));
    const used = isServed ? { ...this.#usage, tier } : this.#usage;
    const isMeasured = latency?.target === target.name;
    const durationMs = isMeasured
      ? latency.totalMs
      : expectedMs(target, { promptTokens, outputTokens }, undefined);
    return costOf(target, used, atMs, { spent, durationMs });
  }

  state(): TallyState {
    const byTarget = [...this.#byTarget].map(
      ([target, tally]) => [target, { ...tally, cost: tally.cost.total() }] as const,
    );
    return {
      ...{ byTarget, byBranch: this.#byBranch, incomplete: this.#incomplete },
      ...{ total: this.#total.state(), firstToken: this.#firstToken.state() },
      ...{ withoutOutput: this.#withoutOutput, rejected: this.#rejected },
      ...{ unavailable: this.#unavailable, guards: this.guards() },
    };
  }

  /** Adds what the same program made of other requests. */
  merge(other: TallyState): void {
    for (const [target, { requests, tokensIn, tokensOut, unpriced, cost }] of other.byTarget) {
      const tally = this.#tallyOf(target);
      tally.requests += requests;
      tally.tokensIn += tokensIn;
      tally.tokensOut += tokensOut;
      tally.unpriced += unpriced;
      tally.cost.addTotal(cost);
    }
    addCounts(this.#byBranch, other.byBranch);
    addCounts(this.#incomplete, other.incomplete);
    this.#total.mergeState(other.total);
    this.#firstToken.mergeState(other.firstToken);
    this.#withoutOutput += other.withoutOutput;
    this.#rejected += other.rejected;
    this.#unavailable += other.unavailable;
    this.#enforced += other.guards.enforced;
    this.#refused += other.guards.refused;
  }

  /** The request of this branch was decided without a fact that the policy asked for. */
  addIncomplete(branch: number): void {
    this.#incomplete[branch] = (this.#incomplete[branch] ?? 0) + 1;
  }

  incomplete(requests: number): Report["incomplete"] {
    const count = this.#incomplete.reduce((sum, each) => sum + each, 0);
    return { requests: count, share: shareOf(count, requests) };
  }

  /** Rules in the order of the policy, those that decided nothing too. */
  rules(program: Program, requests: number): readonly RuleCount[] {
    const counts = new Map<string, { count: number; incomplete: number }>();
    for (let branch = 0; branch < program.branchCount; branch += 1) {
      const { id } = program.branch(branch).rule;
      const sums = counts.get(id) ?? { count: 0, incomplete: 0 };
      sums.count += this.#byBranch[branch] ?? 0;
      sums.incomplete += this.#incomplete[branch] ?? 0;
      counts.set(id, sums);
    }
    return [...counts].map(([rule, { count, incomplete }]) => ({
      ...{ rule, count, incomplete },
      share: shareOf(count, requests),
    }));
  }

  /** Targets by the number of their requests. */
  targets(requests: number): readonly TargetShare[] {
    const rows = [...this.#byTarget].map(([target, tally]) => ({
      target,
      requests: tally.requests,
      share: shareOf(tally.requests, requests),
      tokensIn: tally.tokensIn,
      tokensOut: tally.tokensOut,
      cost: tally.unpriced === tally.requests ? null : dollarsOf(tally.cost.total()),
    }));
    return rows.toSorted((a, b) => b.requests - a.requests || (a.target < b.target ? -1 : 1));
  }

  cost(): Report["cost"] {
    let total = 0n;
    let unpriced = 0;
    for (const tally of this.#byTarget.values()) {
      total += tally.cost.total();
      unpriced += tally.unpriced;
    }
    return { total: dollarsOf(total), unpriced, withoutOutput: this.#withoutOutput };
  }

  latency(): Report["latency"] {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.#total.quantile(share));
    if (p50 == null || p95 == null || p99 == null) return null;
    return { p50, p95, p99, ttftP50: this.#firstToken.quantile(0.5) };
  }

  guards(): Report["guards"] {
    return { enforced: this.#enforced, refused: this.#refused };
  }

  outcomes(requests: number): Report["outcomes"] {
    const routed = requests - this.#rejected - this.#unavailable;
    return { routed, rejected: this.#rejected, unavailable: this.#unavailable };
  }
}

function shareOf(count: number, of: number): number {
  return of === 0 ? 0 : count / of;
}

function addCounts(counts: Uint32Array, others: Uint32Array): void {
  for (const [index, count] of others.entries()) counts[index] = (counts[index] ?? 0) + count;
}
