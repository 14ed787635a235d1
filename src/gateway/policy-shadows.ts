import { hashToUnit } from "../base/hash.ts";
import type { Picodollars } from "../base/money.ts";
import { estimateCost } from "../catalog/cost.ts";
import { decideBeside, decideFilled } from "../extract/decide.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import { noPlan, type Plan } from "../runtime/plan/plan.ts";
import type { Core } from "./core.ts";
import { fixedPlan, planSources, readGrounds } from "./decision.ts";
import { drawnAs } from "./drawn-as.ts";
import type { DecidedExchange, EndedExchange } from "./record-request.ts";
import { type FirstChoice, ShadowCounts } from "./shadow-counts.ts";
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
  /** Made for these two programs. */
  programs: readonly [Program, Program];
  shared: SharedOperands;
}

/** A request that a candidate is to decide. */
interface Waiting extends Pair {
  readonly snapshot: Snapshot;
  readonly standing: Standing;
  readonly asked: DecidedExchange["asked"];
  readonly seed: number;
  readonly from: FirstChoice;
  readonly attempts: readonly AttemptRecord[];
  /** A frame of the candidate with what was read for the policy in force. */
  readonly held: FactFrame;
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
    const asked = snapshot.configuration.shadowPolicies.get(decided.policy.name);
    if (asked === undefined || this.#closing) return;
    const { policy, seed } = decided;
    const { context, request } = decided.asked;
    const candidate = snapshot.policies.get(asked.policy);
    const from = choiceOf(decided, ended);
    if (candidate === undefined || from === null || request.counting === true) return;
    if (asked.share < 1 && hashToUnit(`shadow\n${context.requestId}`) >= asked.share) return;
    const standing = this.#standingOf({ policy, candidate });
    const bytes = request.bytes.length;
    if (this.#waiting.length >= mostWaiting || this.#waitingBytes + bytes > mostWaitingBytes) {
      standing.counts.missed("left-out");
      this.#core().metrics.policyShadows.decided(policy.name, candidate.name, "left-out");
      return;
    }
    const held = candidate.frames.take();
    copyShared(standing.shared, ended.frame, held);
    const { attempts } = ended;
    this.#waitingBytes += bytes;
    this.#waiting.push({
      ...{
        snapshot,
        policy,
        candidate,
        standing,
        asked: decided.asked,
        seed,
        from,
        attempts,
        held,
      },
    });
    this.#running ??= this.#decideOn();
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
      return { ...told, running: true, ...this.#standingOf({ policy, candidate }).counts.report() };
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
      this.#waitingBytes -= next.asked.request.bytes.length;
      const { policy, candidate, standing, from } = next;
      const { metrics, logger } = this.#core();
      const count = (outcome: string) =>
        metrics.policyShadows.decided(policy.name, candidate.name, outcome);
      try {
        const to = await this.#decide(next);
        count(standing.counts.add(from, to, this.#costDelta(next, to)));
      } catch (err) {
        standing.counts.missed("failed");
        count("failed");
        const { requestId } = next.asked.context;
        logger.error(
          { err, requestId, policy: candidate.name },
          "deciding beside a request failed",
        );
      } finally {
        candidate.frames.release(next.held);
      }
      await nextTurn();
    }
    this.#running = null;
  }

  async #decide(waiting: Waiting): Promise<FirstChoice> {
    const { policy, candidate, snapshot, seed, held, standing, asked } = waiting;
    const { program, extractor, frames } = candidate;
    // What is only counted is not worth the price of a model's answer.
    const alone = { ...asked.context, classify: undefined };
    const context = await withCounted(this.#core(), candidate, alone);
    const frame = frames.take();
    try {
      extractor.fill(frame, context);
      copySettled(held, frame);
      const branch = await decideFilled(program, extractor, frame, context);
      const { rule, action: own } = program.branch(branch);
      if (own.kind === "reject") return { rule: rule.id, target: `${rejects}${own.status}` };
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
  #costDelta(waiting: Waiting, to: FirstChoice): Picodollars | null {
    if (waiting.from.target === to.target) return 0;
    const then = this.#costAt(waiting, waiting.from.target);
    const now = this.#costAt(waiting, to.target);
    return then === null || now === null ? null : now - then;
  }

  #costAt({ snapshot, attempts, asked: { context } }: Waiting, name: string): Picodollars | null {
    const target = snapshot.targets.listed.get(name);
    // Nothing is sent, so nothing is paid.
    if (target === undefined) return name === unavailable || name.startsWith(rejects) ? 0 : null;
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

const unavailable = "unavailable";
const rejects = "reject ";

/** What the policy in force chose; null where the request ended before that was known. */
function choiceOf(
  { rule, plan }: DecidedExchange,
  { outcome, status }: EndedExchange,
): FirstChoice | null {
  if (rule === "") return null;
  if (plan !== noPlan) return { rule, target: firstOf(plan) };
  return outcome === "rejected" ? { rule, target: `${rejects}${status}` } : null;
}

function firstOf({ refusal, steps }: Plan): string {
  if (refusal !== null) return `${rejects}${refusal.status}`;
  return steps.find(({ target }) => target !== null)?.target ?? unavailable;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
