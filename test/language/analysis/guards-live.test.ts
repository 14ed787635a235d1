import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf } from "../../../src/catalog/cost.ts";
import type { Target } from "../../../src/catalog/target.ts";
import { builtInFactTable } from "../../../src/facts/built-in.ts";
import type { FactValue } from "../../../src/facts/fact.ts";
import { judgeGuards } from "../../../src/language/analysis/guards.ts";
import type { GuardVerdict } from "../../../src/language/analysis/guards-verdict.ts";
import { createSpace } from "../../../src/language/analysis/space.ts";
import { dearestAttempt } from "../../../src/language/analysis/worst-case.ts";
import type {
  CheckedGuard,
  CheckedPolicy,
  Requirement,
} from "../../../src/language/checker/checked-policy.ts";
import { besideRules } from "../../../src/language/interpreter/beside.ts";
import {
  compareValues,
  evaluateCondition,
  interpret,
} from "../../../src/language/interpreter/interpret.ts";
import { evaluateTargetCondition } from "../../../src/language/interpreter/target-condition.ts";
import { causes } from "../../../src/protocol/cause.ts";
import { dispatch } from "../../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../../src/runtime/dispatch/machine-types.ts";
import type { Job } from "../../../src/runtime/dispatch/world.ts";
import { makePlan } from "../../../src/runtime/plan/make-plan.ts";
import type { Plan } from "../../../src/runtime/plan/plan.ts";
import { readTarget } from "../../../src/runtime/plan/read-target.ts";
import { worstCaseOf } from "../../../src/runtime/plan/worst-case.ts";
import { VirtualWorld } from "../../../src/simulator/virtual-world.ts";
import {
  type GuardedRequest,
  guardedRequest,
  randomGuarded,
  valuesOf,
} from "../../support/random-guarded.ts";
import { variedTargets } from "../../support/random-target-condition.ts";

const targets = new Map(variedTargets.map((target) => [target.name, target]));
const vocabulary = { targets, facts: builtInFactTable() };
const defaults = {
  timeoutMs: 3_000,
  deadlineMs: 20_000,
  firstTokenMs: 60_000,
  idleMs: 60_000,
  retries: 1,
  maxAttempts: 4,
};

/** A request with the plan it gets while only these guards are enforced; null where it is rejected. */
interface Carried {
  readonly request: GuardedRequest;
  readonly plan: Plan;
  readonly outputCeiling: number | null;
  readonly read: (operand: number) => FactValue | undefined;
}

function carry(
  policy: CheckedPolicy,
  request: GuardedRequest,
  enforced: readonly CheckedGuard[] = [],
): Carried | null {
  const values = valuesOf(request);
  const read = (operand: number): FactValue | undefined => values[operand];
  const action = policy.branches[interpret(policy, read)]?.action;
  if (action?.kind !== "plan") return null;
  const { tokens, maxTokens, choices, requested, id, atMs } = request;
  const beside = besideRules({ alsos: policy.alsos, guards: enforced }, read);
  const plan = makePlan(action, {
    targets,
    requested,
    requestId: id,
    seed: id,
    promptTokens: tokens,
    maxTokens: maxTokens ?? null,
    choices,
    atMs,
    readOperand: read,
    live: liveOf(request),
    defaults,
    alsos: beside.alsos.map(({ options }) => options),
    guards: beside.guards,
  });
  const ceilings = [plan.maxTokens, maxTokens ?? null].filter((each) => each !== null);
  const outputCeiling = ceilings.length === 0 ? null : Math.min(...ceilings);
  return { request, plan, outputCeiling, read };
}

function liveOf({ healthy, queue }: GuardedRequest) {
  return {
    healthy: (name: string) => healthy[variedTargets.findIndex((target) => target.name === name)],
    measured: () => queue,
  };
}

/** What a dispatch in a virtual world does, every attempt as dear as its bounds allow. */
function carryOut({ request, plan, outputCeiling }: Carried): {
  readonly result: DispatchResult;
  readonly cost: number | null;
} {
  let nth = 0;
  let cost: number | null = 0;
  const world = new VirtualWorld<Job>({
    random: () => 0.999,
    model: ({ target: name }) => {
      const { afterMs, cause } = request.ends[nth % request.ends.length]!;
      nth += 1;
      const spent = spendingAt(targets.get(name)!, request, outputCeiling);
      cost = cost === null || spent === null ? null : cost + spent;
      const failure =
        cause === null ? null : { cause: causes[cause]!, retrySame: true, message: "" };
      const ends = afterMs < 0 ? plan.timeoutMs - 1 : afterMs;
      return { firstTokenMs: null, flowsUntilMs: 0, end: { afterMs: ends, failure, usage: null } };
    },
  });
  const results: DispatchResult[] = [];
  dispatch({ plan, streamed: false, finished: (each) => results.push(each) }, world);
  world.run();
  return { result: results[0]!, cost };
}

function spendingAt(
  target: Target,
  { tokens, atMs, choices }: GuardedRequest,
  ceiling: number | null,
): number | null {
  const room = target.contextTokens ?? 99;
  const output = Math.min(ceiling ?? 99, target.maxOutputTokens ?? 99, room);
  const usage = {
    inputTokens: Math.min(tokens, room),
    cachedReadTokens: 0,
    cachedWriteTokens: Math.min(tokens, room),
    outputTokens: output * choices,
    reasoningTokens: 0,
    estimated: false,
  };
  return costOf(target, usage, atMs);
}

/** Whether a target breaks a `never` for this request: what is not known of it does. */
function breaks(
  guard: Extract<CheckedGuard, { readonly kind: "never" }>,
  name: string,
  { request, outputCeiling, read }: Carried,
): boolean {
  const present = {
    live: liveOf(request),
    atMs: request.atMs,
    promptTokens: request.tokens,
    outputCeiling,
  };
  const verdict = evaluateTargetCondition(guard.target, read, (question) =>
    readTarget(question, targets.get(name)!, present),
  );
  return verdict !== "false";
}

function meets(requirement: Requirement, { plan, request, outputCeiling }: Carried): boolean {
  if (requirement.kind === "has") {
    if (requirement.what === "fallback") return plan.steps.length > 1;
    return plan.options[requirement.what] !== undefined;
  }
  const worst = worstCaseOf(plan, (name) => {
    const dearest = dearestAttempt(targets.get(name)!, {
      promptTokens: request.tokens,
      outputCeiling,
      choices: request.choices,
      tier: null,
      timeoutMs: plan.timeoutMs,
    });
    return dearest.kind === "known" ? dearest.value : null;
  });
  const { cost, timeMs: time, attempts } = worst;
  const figure = { cost, time, attempts }[requirement.of];
  return figure !== null && compareValues(figure, requirement.op, requirement.value) === "true";
}

function holdsFor({ when }: CheckedGuard, { read }: Carried): boolean {
  return when === null || evaluateCondition(when, read) !== "false";
}

/** Every target that the plan's steps and its shadow name, whether or not an attempt gets there. */
function namedIn({ plan }: Carried): readonly string[] {
  const steps = plan.steps.flatMap(({ target }) => target ?? []);
  return plan.options.shadow === undefined ? steps : [...steps, plan.options.shadow.target];
}

const isLong = process.env["SIGNALBOX_LONG"] === "1";
const wanted = isLong ? 100_000 : 2_000;

test("every proved guard survives random requests through the dispatcher, fallbacks and shadows included, while nothing enforces it, whatever else is enforced", () => {
  const tried = { never: 0, ensure: 0 };
  const story = fc.tuple(randomGuarded, fc.array(guardedRequest, { minLength: 12, maxLength: 12 }));
  for (let seed = 1; Math.min(tried.never, tried.ensure) < wanted; seed += 1) {
    const [sample] = fc.sample(story, { seed, numRuns: 1 });
    const [policy, requests] = sample!;
    const verdicts = judgeGuards(policy, createSpace(policy, vocabulary), vocabulary, defaults);
    const proved = verdicts.filter(({ verdict }) => verdict === "proved");
    if (proved.length === 0) continue;
    const others = seed % 2 === 0 ? [] : verdicts.filter(({ verdict }) => verdict === "enforced");
    for (const request of requests) {
      const enforced = others.map(({ guard }) => guard);
      const carried = carry(policy, request, enforced);
      if (carried === null || carried.plan.refusal !== null) continue;
      const held = proved.filter(({ guard }) => holdsFor(guard, carried));
      if (held.length === 0) continue;
      const { result, cost } = carryOut(carried);
      for (const { guard } of held) {
        tried[guard.kind] += 1;
        const told = `seed ${seed}, ${guard.id}, ${JSON.stringify(request)}`;
        if (guard.kind === "never") {
          const reached = [...namedIn(carried), ...result.attempts.map(({ target }) => target)];
          expect(
            reached.filter((name) => breaks(guard, name, carried)),
            told,
          ).toEqual([]);
          continue;
        }
        const { requirement } = guard;
        expect(meets(requirement, carried), told).toBe(true);
        if (requirement.kind !== "bound" || !requirement.op.startsWith("<")) continue;
        const time = result.attempts.at(-1)?.endedAtMs ?? 0;
        const figure = { cost: cost ?? Number.NaN, time, attempts: result.attempts.length };
        expect(compareValues(figure[requirement.of], requirement.op, requirement.value), told).toBe(
          "true",
        );
      }
    }
  }
});

/** The request that a witness describes. */
function requestOf(facts: NonNullable<GuardVerdict["witness"]>, id: string): GuardedRequest {
  const [tokens, maxTokens, team, pii] = ["tokens", "max_tokens", "team", "pii"].map(
    (key) => facts[key] ?? undefined,
  );
  return {
    tokens: typeof tokens === "number" ? tokens : 0,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    choices: 1,
    team: typeof team === "string" ? team : undefined,
    pii: typeof pii === "boolean" ? pii : undefined,
    requested: null,
    id,
    healthy: variedTargets.map(() => true),
    queue: undefined,
    atMs: 0,
    ends: [{ afterMs: 1, cause: 0 }],
  };
}

/** Whether a plan shows what a refusal says of it; a selection may be empty at the moment, and then shows nothing. */
function shows({ guard, culprit }: GuardVerdict, policy: CheckedPolicy, carried: Carried): boolean {
  if (guard.kind === "ensure") return !meets(guard.requirement, carried);
  const broken = namedIn(carried).filter((name) => breaks(guard, name, carried));
  if (broken.includes(culprit?.target ?? "")) return true;
  const action = policy.branches[interpret(policy, carried.read)]?.action;
  if (action?.kind !== "plan") return false;
  return action.steps.some(
    ({ route }) =>
      route.kind === "select" && route.from.some((name) => breaks(guard, name, carried)),
  );
}

test("the witness of every refused guard gets a plan that breaks it", () => {
  const tried = { never: 0, ensure: 0 };
  const enough = isLong ? 3_000 : 100;
  for (let seed = 1; Math.min(tried.never, tried.ensure) < enough; seed += 1) {
    const [policy] = fc.sample(randomGuarded, { seed, numRuns: 1 });
    const verdicts = judgeGuards(policy!, createSpace(policy!, vocabulary), vocabulary, defaults);
    for (const verdict of verdicts.filter((each) => each.verdict === "refused")) {
      tried[verdict.guard.kind] += 1;
      const told = `seed ${seed}, ${verdict.guard.id}, ${JSON.stringify(verdict)}`;
      // The share that a request without a key falls to is a matter of its id.
      const ids = Array.from({ length: 2_000 }, (_, index) => `request-${index}`);
      const isShown = ids.some((id) => {
        const carried = carry(policy!, requestOf(verdict.witness!, id));
        if (carried === null || !holdsFor(verdict.guard, carried)) return false;
        return shows(verdict, policy!, carried);
      });
      expect(isShown, told).toBe(true);
      const carried = carry(policy!, requestOf(verdict.witness!, "request-0"))!;
      expect(interpret(policy!, carried.read), told).toBe(verdict.branch);
    }
  }
});
