import { hashToUnit } from "../base/hash.ts";
import { dollarsOf, type Picodollars } from "../base/money.ts";
import { estimateCost } from "../catalog/cost.ts";
import type { RequestContext } from "../extract/context.ts";
import { decideBeside, decideFilled } from "../extract/decide.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import { noPlan } from "../runtime/plan/plan.ts";
import type { ShadowAge, ShadowLane } from "../runtime/telemetry/policy-shadow-meters.ts";
import type { Core } from "./core.ts";
import { fixedPlan, planSources, readGrounds } from "./decision.ts";
import { drawnAs } from "./drawn-as.ts";
import type { DecidedExchange, EndedExchange } from "./record-request.ts";
import {
  type FirstChoice,
  firstOf,
  rejected,
  rejection,
  ShadowCounts,
  unavailable,
} from "./shadow-counts.ts";
import { copySettled, copyShared, type SharedOperands, sharedOperands } from "./shared-operands.ts";
import type { ActivePolicy, Snapshot } from "./snapshot.ts";
import { withCounted } from "./tallies.ts";

/** Requests that wait for a candidate's decision, and their bytes, at most; further ones are left out. */
const mostWaiting = 256;
const mostWaitingBytes = 64 * 1024 * 1024;

type ShadowCore = Pick<Core, "clock" | "limits" | "logger" | "metrics" | "snapshot" | "spend">;

/** A policy in force with the one that decides beside it. */
interface Pair {
  readonly policy: ActivePolicy;
  readonly candidate: ActivePolicy;
}

/** What is kept of a pair from request to request. */
interface Standing {
  readonly policyHash: string;
  readonly candidateHash: string;
  readonly counts: ShadowCounts;
  /** Of the lines of batches, apart. */
  readonly lines: ShadowCounts;
  /** Made for these two programs. */
  programs: readonly [Program, Program];
  shared: SharedOperands;
}

/** A request, or a line of a batch, that a candidate is to decide. */
interface Undecided extends Pair {
  readonly snapshot: Snapshot;
  readonly standing: Standing;
  readonly lane: ShadowLane;
  readonly context: RequestContext;
  readonly seed: number;
  readonly from: FirstChoice;
  /** What its target has used; none for a line, which is decided before it is sent. */
  readonly attempts: readonly AttemptRecord[];
  /** A frame of the candidate with what was read for the policy in force. */
  readonly held: FactFrame;
}

/** A request that waits for its turn. */
interface Waiting extends Undecided {
  readonly bytes: number;
}

/** A line of a batch as the policy in force has decided it. */
export interface DecidedLine {
  readonly policy: ActivePolicy;
  readonly context: RequestContext;
  readonly seed: number;
  readonly from: FirstChoice;
  readonly frame: FactFrame;
}

/** Has candidates decide the requests of policies in force, behind their answers, and counts where they differ. */
export class PolicyShadows {
  readonly #core: () => ShadowCore;
  readonly #standing = new Map<string, Standing>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #closing = false;
  #running: Promise<void> | null = null;

  constructor(core: () => ShadowCore) {
    this.#core = core;
  }

  /** Takes note of a request that is over, before its frame is given back. Never throws for what a request holds. */
  note(snapshot: Snapshot, decided: DecidedExchange, ended: EndedExchange): void {
    const { policy, seed } = decided;
    const { context, request } = decided.asked;
    const candidate = this.#candidateOf(snapshot, policy, context);
    if (candidate === null) return;
    const from = choiceOf(decided, ended);
    if (from === null || request.counting === true) return;
    const standing = this.#standingOf({ policy, candidate });
    const bytes = request.bytes.length;
    if (this.#waiting.length >= mostWaiting || this.#waitingBytes + bytes > mostWaitingBytes) {
      standing.counts.missed("left-out");
      this.#core().metrics.policyShadows.decided(policy.name, candidate.name, "live", "left-out");
      return;
    }
    const held = candidate.frames.take();
    copyShared(standing.shared, ended.frame, held);
    const { attempts } = ended;
    this.#waitingBytes += bytes;
    this.#waiting.push({
      ...{ snapshot, policy, candidate, standing, context, bytes },
      ...{ seed, from, attempts, held, lane: "live" },
    });
    this.#running ??= this.#decideOn();
  }

  /** Decides a line of a batch at once, since nobody waits for it, before its frame is given back. Never rejects. */
  async line(snapshot: Snapshot, { policy, frame, ...decided }: DecidedLine): Promise<void> {
    const candidate = this.#candidateOf(snapshot, policy, decided.context);
    if (candidate === null) return;
    const standing = this.#standingOf({ policy, candidate });
    const held = candidate.frames.take();
    copyShared(standing.shared, frame, held);
    const attempts: readonly AttemptRecord[] = [];
    const line = { snapshot, policy, candidate, standing, held, attempts };
    await this.#count({ ...line, ...decided, lane: "batch" });
  }

  /** Who decides a request beside a policy; null for nobody. */
  #candidateOf(
    { configuration, policies }: Snapshot,
    { name }: ActivePolicy,
    { requestId }: RequestContext,
  ): ActivePolicy | null {
    const asked = configuration.shadowPolicies.get(name);
    if (asked === undefined || this.#closing) return null;
    if (asked.share < 1 && hashToUnit(`shadow\n${requestId}`) >= asked.share) return null;
    return policies.get(asked.policy) ?? null;
  }

  /** What candidates made of requests so far, by policy. */
  report(): readonly object[] {
    const { shadowPolicies } = this.#core().snapshot.configuration;
    const { policies } = this.#core().snapshot;
    return [...shadowPolicies].map(([name, { policy: other, share }]) => {
      const policy = policies.get(name);
      const candidate = policies.get(other);
      const known = { policy: name, hash: policy?.hash ?? null, candidate: other };
      const told = { ...known, candidateHash: candidate?.hash ?? null, share };
      if (policy === undefined || candidate === undefined) return { ...told, running: false };
      const { counts, lines } = this.#standingOf({ policy, candidate });
      return { ...told, running: true, ...counts.report(), batchLines: lines.decisions() };
    });
  }

  /** Since when the decisions of each pair are counted. */
  ages(): readonly ShadowAge[] {
    const { configuration, policies } = this.#core().snapshot;
    return [...configuration.shadowPolicies].flatMap(([name, asked]) => {
      const policy = policies.get(name);
      const candidate = policies.get(asked.policy);
      if (policy === undefined || candidate === undefined) return [];
      const { sinceEpochMs } = this.#standingOf({ policy, candidate }).counts;
      return [{ policy: name, candidate: candidate.name, sinceEpochMs }];
    });
  }

  /** Fulfilled when nothing waits. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Lets go of what waits. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { candidate, held } of this.#waiting) candidate.frames.release(held);
    this.#waiting = [];
    await this.#running;
  }

  /** Counts begin anew with either policy. */
  #standingOf({ policy, candidate }: Pair): Standing {
    const known = this.#standing.get(policy.name);
    const programs = [policy.program, candidate.program] as const;
    if (known?.policyHash !== policy.hash || known.candidateHash !== candidate.hash) {
      const standing = {
        ...{ policyHash: policy.hash, candidateHash: candidate.hash, programs },
        counts: new ShadowCounts(this.#core().clock.now()),
        lines: new ShadowCounts(this.#core().clock.now()),
        shared: sharedOperands(...programs),
      };
      this.#standing.set(policy.name, standing);
      return standing;
    }
    if (known.programs[0] !== programs[0] || known.programs[1] !== programs[1]) {
      known.programs = programs;
      known.shared = sharedOperands(...programs);
    }
    return known;
  }

  /** One decision a turn, so that whatever is asked meanwhile comes between. */
  async #decideOn(): Promise<void> {
    await nextTurn();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.bytes;
      await this.#count(next);
      await nextTurn();
    }
    this.#running = null;
  }

  /** Has the candidate decide, and counts what came of it. */
  async #count(undecided: Undecided): Promise<void> {
    const { policy, candidate, standing, lane, from, context, held } = undecided;
    const counts = lane === "live" ? standing.counts : standing.lines;
    const { metrics, logger } = this.#core();
    const meters = metrics.policyShadows;
    try {
      const to = await this.#decide(undecided);
      const delta = this.#costDelta(undecided, to);
      const outcome = counts.add(from, to, delta);
      meters.decided(policy.name, candidate.name, lane, outcome);
      if (outcome === "different") meters.changed(policy.name, candidate.name, from, to);
      if (delta !== null) meters.costs(policy.name, candidate.name, dollarsOf(delta));
    } catch (err) {
      counts.missed("failed");
      meters.decided(policy.name, candidate.name, lane, "failed");
      const { requestId } = context;
      logger.error({ err, requestId, policy: candidate.name }, "deciding beside a request failed");
    } finally {
      candidate.frames.release(held);
    }
  }

  async #decide(undecided: Undecided): Promise<FirstChoice> {
    const { policy, candidate, snapshot, seed, held, standing } = undecided;
    const { program, extractor, frames } = candidate;
    // What is only counted is not worth the price of a model's answer.
    const alone = { ...undecided.context, classify: undefined };
    const context = await withCounted(this.#core(), candidate, alone);
    const frame = frames.take();
    try {
      extractor.fill(frame, context);
      copySettled(held, frame);
      const branch = await decideFilled(program, extractor, frame, context);
      const { rule, action: own } = program.branch(branch);
      if (own.kind === "reject") return { rule: rule.id, target: rejection(own.status) };
      const action = drawnAs(own, candidate.name, policy.name);
      const beside = await decideBeside(program, extractor, frame, context);
      const fixed = fixedPlan(action, beside, snapshot);
      // Where both keep sessions by the same, they keep to the same target.
      const name = standing.shared.areAll ? policy.name : candidate.name;
      const plan =
        fixed ??
        makePlan(action, {
          ...(await readGrounds({ extractor, name }, { action, beside }, frame, context)).inputs,
          ...planSources(snapshot),
          seed,
        });
      return { rule: rule.id, target: firstOf(plan) };
    } finally {
      frames.release(frame);
    }
  }

  /** What the request would have cost more at the candidate's target, by the tokens that it took; null where nobody can tell. */
  #costDelta(undecided: Undecided, to: FirstChoice): Picodollars | null {
    if (undecided.from.target === to.target) return 0;
    const then = this.#costAt(undecided, undecided.from.target);
    const now = this.#costAt(undecided, to.target);
    return then === null || now === null ? null : now - then;
  }

  #costAt({ snapshot, attempts, context }: Undecided, name: string): Picodollars | null {
    const target = snapshot.targets.listed.get(name);
    // Nothing is sent, so nothing is paid.
    if (target === undefined) return name === unavailable || name.startsWith(rejected) ? 0 : null;
    const usage = attempts.findLast(({ outcome }) => outcome.kind === "ok")?.usage ?? null;
    if (usage === null) return null;
    const { spend } = this.#core();
    const size = { promptTokens: usage.inputTokens, outputTokens: usage.outputTokens };
    return estimateCost(target, size, context.nowMs, {
      spent: target.discounts === undefined ? 0n : spend.spent(target.provider, context.nowMs),
      tokensPerSecond: context.live.measured(name, "tps"),
    });
  }
}

/** What the policy in force chose; null where the request ended before that was known. */
function choiceOf(
  { rule, plan }: DecidedExchange,
  { outcome, status }: EndedExchange,
): FirstChoice | null {
  if (rule === "") return null;
  if (plan !== noPlan) return { rule, target: firstOf(plan) };
  return outcome === "rejected" ? { rule, target: rejection(status) } : null;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
