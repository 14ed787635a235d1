import { dollarsOf, MoneySum, type Picodollars } from "../../base/money.ts";
import type { Program } from "../../language/program/program.ts";
import type { Cause } from "../../protocol/cause.ts";
import type { AttemptRecord } from "../../runtime/dispatch/machine-types.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { LogTargets } from "../log-targets.ts";
import { type BesideAttempts, type EndedRequest, type Ending, endings } from "./ended-request.ts";
import { Intervals, isFallback } from "./intervals.ts";
import { Measured, MeasuredKinds, othersName, quantilesOf } from "./measured.ts";
import type { FallbackTraffic, ReplayReport, TargetWork } from "./replay-report.ts";
import type { Found } from "./replayed-visit.ts";
import { Samples } from "./samples.ts";
import { Waits } from "./waits.ts";

class Work {
  attempts = 0;
  answered = 0;
  answeredForOthers = 0;
  aborted = 0;
  tokensIn = 0;
  tokensOut = 0;
  unpriced = 0;
  readonly failed = new Map<Cause, number>();
  readonly cost = new MoneySum();
  readonly total = new LatencyHistogram();
  readonly firstToken = new LatencyHistogram();
}

interface Counted {
  enforced: number;
  refused: number;
}

const msPerDay = 86_400_000;

/** Paths from target to target that are told apart. */
const mostPaths = 1_000;

/** What became of the requests of a log so far. Its size depends on the policy, not on the log. */
export class ReplayTally {
  /** By which two policies are held against each other. */
  readonly samples = new Samples();
  readonly #program: Program;
  readonly #targets: Pick<LogTargets, "get">;
  readonly #kindOf: KindsOf;
  readonly #outcomes = new Map<Ending, number>();
  readonly #work = new Map<string, Work>();
  readonly #all = new Measured();
  readonly #firstToken = new LatencyHistogram();
  readonly #fallbacks = new Measured();
  readonly #fallbackCauses = new Map<Cause, number>();
  readonly #paths = new Map<string, number>();
  readonly #limited = new Map<string, number>();
  readonly #guards = new Map<string, Counted>();
  readonly #rules: readonly Measured[];
  readonly #tenants = new MeasuredKinds();
  readonly #intents = new MeasuredKinds();
  readonly #days = new MeasuredKinds();
  readonly #flows = new Map<string, number>();
  readonly #providers = new Map<string, MoneySum>();
  readonly #intervals = new Intervals();
  readonly #waits = new Waits();
  readonly #wasted = new MoneySum();
  readonly #saved = new MoneySum();
  readonly #beside = new MoneySum();
  readonly #found = new Map<Found["by"], number>();
  readonly #likeAnswers = { compared: 0, disagreed: 0 };
  #unpriced = 0;
  #local = 0;
  #fromMs: number | null = null;
  #toMs: number | null = null;

  constructor(program: Program, targets: Pick<LogTargets, "get">, kindOf: KindsOf) {
    this.#program = program;
    this.#targets = targets;
    this.#kindOf = kindOf;
    const rules = new Map<string, Measured>();
    this.#rules = Array.from({ length: program.branchCount }, (_, branch) => {
      const { id } = program.branch(branch).rule;
      const measured = rules.get(id) ?? new Measured();
      rules.set(id, measured);
      return measured;
    });
  }

  add(request: EndedRequest): void {
    const { arrivedAtMs, endedAtMs, ending, branch, arrival } = request;
    this.#fromMs = Math.min(this.#fromMs ?? arrivedAtMs, arrivedAtMs);
    this.#toMs = Math.max(this.#toMs ?? endedAtMs, endedAtMs);
    this.#outcomes.set(ending, (this.#outcomes.get(ending) ?? 0) + 1);
    const cost = this.#addCosts(request);
    this.#all.add(request, cost);
    this.#rules[branch]?.add(request, cost);
    this.#intervals.add(request, cost);
    this.#waits.add(request);
    this.#days.of(dayOf(arrivedAtMs)).add(request, cost);
    const { tenant, intent } = this.#kindOf(arrival.request);
    if (tenant !== null) this.#tenants.of(tenant).add(request, cost);
    if (intent !== null) this.#intents.of(intent).add(request, cost);
    if (request.firstTokenAtMs !== null) this.#firstToken.add(request.firstTokenAtMs - arrivedAtMs);
    if (isFallback(request)) this.#addFallback(request);
    this.#addAnswer(request);
    this.#addGuards(request);
    if (request.found !== null) this.#addFound(request.found);
    if (request.limitedBy !== null) count(this.#limited, request.limitedBy);
    const isLocal = this.#isLocal(request.answeredBy);
    this.samples.add(request, { cost, isLocal, tenant, intent });
  }

  /** Attempts that answered no request: nobody's, but of their targets and in the whole. */
  beside({ arrival, attempts, costs }: BesideAttempts): void {
    const cost = this.#addAttempts(attempts, costs, null);
    this.#beside.add(cost);
    this.samples.addCost(arrival, cost);
  }

  report(told: Told): ReplayReport {
    const answered = this.#all.answered;
    return {
      ...{ scenario: told.scenario, faults: told.faults, fromMs: this.#fromMs, toMs: this.#toMs },
      ...{ late: told.late, untimed: told.untimed },
      outcomes: Object.fromEntries(
        endings.map((ending) => [ending, this.#outcomes.get(ending) ?? 0]),
      ) as Record<Ending, number>,
      latency: quantilesOf(this.#all.total),
      firstToken: quantilesOf(this.#firstToken),
      cost: {
        total: dollarsOf(this.#all.cost.total() + this.#beside.total()),
        wasted: dollarsOf(this.#wasted.total()),
        saved: dollarsOf(this.#saved.total()),
        unpriced: this.#unpriced,
      },
      cached: {
        same: this.#found.get("same") ?? 0,
        like: this.#found.get("like") ?? 0,
        underWay: this.#found.get("under way") ?? 0,
        ...this.#likeAnswers,
      },
      localShare: answered === 0 ? null : this.#local / answered,
      targets: this.#targetWork(),
      fallbacks: this.#fallbackTraffic(),
      batch: this.#waits.work(told.batchesMade),
      limited: [...this.#limited].map(([option, requests]) => ({ option, requests })),
      guards: [...this.#guards].map(([guard, counts]) => ({ guard, ...counts })),
      rules: this.#ruleShares(),
      tenants: this.#tenants.shares(),
      intents: this.#intents.shares(),
      days: this.#days.shares().toSorted(byDay),
      providers: [...this.#providers]
        .map(([provider, sum]) => ({ provider, cost: dollarsOf(sum.total()) }))
        .toSorted((a, b) => b.cost - a.cost || (a.provider < b.provider ? -1 : 1)),
      flows: [...this.#flows].map(([flow, requests]) => {
        const [rule = "", target = ""] = flow.split("\n");
        return { rule, target, requests };
      }),
      intervals: this.#intervals.list(),
      notPlayed: told.notPlayed,
    };
  }

  #addCosts({ attempts, costs, answeredBy, saved }: EndedRequest): Picodollars {
    if (saved > 0) this.#saved.add(saved);
    return this.#addAttempts(attempts, costs, { answeredBy });
  }

  /** Adds each attempt to its target; what all of them cost. `of` tells who answered the request that they were made for. */
  #addAttempts(
    attempts: readonly AttemptRecord[],
    costs: readonly (Picodollars | null)[],
    of: Pick<EndedRequest, "answeredBy"> | null,
  ): Picodollars {
    let sum = 0;
    for (const [index, attempt] of attempts.entries()) {
      const work = this.#workOf(attempt.target);
      const cost = costs[index] ?? null;
      addAttempt(work, attempt);
      const isWasted =
        of !== null && !(attempt.outcome.kind === "ok" && attempt.target === of.answeredBy);
      if (cost === null) {
        // An attempt that failed before a token is billed by nobody.
        if (attempt.outcome.kind === "ok") {
          work.unpriced += 1;
          this.#unpriced += 1;
        }
        continue;
      }
      sum += cost;
      work.cost.add(cost);
      this.#providerOf(attempt.target).add(cost);
      if (isWasted) this.#wasted.add(cost);
    }
    return sum;
  }

  #providerOf(target: string): MoneySum {
    const provider = this.#targets.get(target)?.provider ?? target;
    let sum = this.#providers.get(provider);
    if (sum === undefined) {
      sum = new MoneySum();
      this.#providers.set(provider, sum);
    }
    return sum;
  }

  #workOf(target: string): Work {
    let work = this.#work.get(target);
    if (work === undefined) {
      work = new Work();
      this.#work.set(target, work);
    }
    return work;
  }

  #addAnswer(request: EndedRequest): void {
    const { answeredBy, branch, ending } = request;
    const rule = this.#program.branch(branch).rule.id;
    count(this.#flows, `${rule}\n${ending === "cached" ? "cache" : (answeredBy ?? ending)}`);
    if (answeredBy === null || ending === "cached") return;
    const work = this.#workOf(answeredBy);
    work.answered += 1;
    if (isFallback(request)) work.answeredForOthers += 1;
    if (this.#isLocal(answeredBy)) this.#local += 1;
  }

  #isLocal(target: string | null): boolean {
    return target !== null && this.#targets.get(target)?.local === true;
  }

  #addFallback(request: EndedRequest): void {
    const { choice, answeredBy, costs, movedBy } = request;
    this.#fallbacks.add(request, costs.at(-1) ?? 0);
    count(this.#fallbackCauses, movedBy ?? "unavailable");
    const path = `${choice.target ?? ""}\n${answeredBy ?? ""}`;
    if (this.#paths.has(path) || this.#paths.size < mostPaths) count(this.#paths, path);
  }

  #fallbackTraffic(): FallbackTraffic {
    const { requests, cost, total } = this.#fallbacks;
    const paths = [...this.#paths].map(([path, each]) => {
      const [from = "", to = ""] = path.split("\n");
      return { from, to, requests: each };
    });
    return {
      requests,
      share: this.#all.requests === 0 ? 0 : requests / this.#all.requests,
      cost: dollarsOf(cost.total()),
      latency: quantilesOf(total),
      causes: Object.fromEntries(this.#fallbackCauses),
      paths: paths.toSorted((a, b) => b.requests - a.requests),
    };
  }

  #addFound({ by, agrees }: Found): void {
    count(this.#found, by);
    if (agrees === null) return;
    this.#likeAnswers.compared += 1;
    if (!agrees) this.#likeAnswers.disagreed += 1;
  }

  #addGuards({ choice: { plan } }: EndedRequest): void {
    if (plan === null || (plan.dropped.length === 0 && plan.refusal?.code !== "guard")) return;
    const guards = new Set(plan.dropped.map(({ guard }) => guard));
    const refused = plan.refusal?.code === "guard" ? plan.refusal.message : null;
    for (const guard of guards) {
      const counts = this.#guards.get(guard) ?? { enforced: 0, refused: 0 };
      if (refused?.includes(guard) === true) counts.refused += 1;
      else counts.enforced += 1;
      this.#guards.set(guard, counts);
    }
    if (refused === null || [...guards].some((guard) => refused.includes(guard))) return;
    const text = refused.slice(refused.indexOf(": ") + 2);
    const counts = this.#guards.get(text) ?? { enforced: 0, refused: 0 };
    counts.refused += 1;
    this.#guards.set(text, counts);
  }

  #targetWork(): readonly TargetWork[] {
    return [...this.#work]
      .map(([target, work]) => ({
        target,
        ...{ attempts: work.attempts, answered: work.answered },
        ...{ answeredForOthers: work.answeredForOthers, aborted: work.aborted },
        failed: Object.fromEntries(work.failed),
        ...{ tokensIn: work.tokensIn, tokensOut: work.tokensOut, unpriced: work.unpriced },
        cost: work.unpriced === work.attempts ? null : dollarsOf(work.cost.total()),
        latency: quantilesOf(work.total),
        firstToken: quantilesOf(work.firstToken),
      }))
      .toSorted((a, b) => b.attempts - a.attempts || (a.target < b.target ? -1 : 1));
  }

  #ruleShares(): ReplayReport["rules"] {
    const seen = new Set<string>();
    return this.#rules.flatMap((measured, branch) => {
      const { id } = this.#program.branch(branch).rule;
      if (seen.has(id)) return [];
      seen.add(id);
      return [measured.share(id)];
    });
  }
}

/** What a report says that no request tells. */
export interface Told
  extends Pick<ReplayReport, "scenario" | "faults" | "late" | "untimed" | "notPlayed"> {
  readonly batchesMade: number;
}

/** What a request of a log is counted under; null for nothing. */
export type KindsOf = (request: EndedRequest["arrival"]["request"]) => {
  readonly tenant: string | null;
  readonly intent: string | null;
};

function addAttempt(work: Work, attempt: AttemptRecord): void {
  const { outcome, usage, startedAtMs, endedAtMs, firstTokenAtMs } = attempt;
  work.attempts += 1;
  if (usage !== null) {
    work.tokensIn += usage.inputTokens;
    work.tokensOut += usage.outputTokens;
  }
  if (outcome.kind === "failed") count(work.failed, outcome.failure.cause);
  else if (outcome.kind === "aborted") work.aborted += 1;
  else if (usage?.tier !== "batch") work.total.add(endedAtMs - startedAtMs);
  if (firstTokenAtMs !== null) work.firstToken.add(firstTokenAtMs - startedAtMs);
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Days beyond the bound, counted together, come last. */
function byDay(
  { name: one }: { readonly name: string },
  { name: other }: { readonly name: string },
): number {
  if (one === othersName || other === othersName) return one === othersName ? 1 : -1;
  return one < other ? -1 : 1;
}

let dayStartMs = Number.NaN;
let dayText = "";

/** `2026-11-28`, UTC. */
function dayOf(atMs: number): string {
  const startMs = Math.floor(atMs / msPerDay) * msPerDay;
  if (startMs !== dayStartMs) {
    dayStartMs = startMs;
    dayText = new Date(startMs).toISOString().slice(0, 10);
  }
  return dayText;
}
