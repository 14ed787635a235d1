import { createHash } from "node:crypto";
import type { RequestContext } from "../extract/context.ts";
import { type Beside, besideBy } from "../extract/decide.ts";
import { restsOnIntent } from "../extract/extractor.ts";
import type { IntentAnswer, IntentQuestion } from "../extract/intent-reader.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { FactClassifier } from "../facts/fact.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { EnforcedGuard, Program } from "../language/program/program.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { isCostCeiling } from "../runtime/plan/guard-keeper.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { PlanAction } from "../runtime/plan/route-needs.ts";
import { identityOf } from "./cache-identity.ts";
import { chargeBeside } from "./charge-beside.ts";
import {
  classifiedText,
  classifierRequest,
  classifierTokens,
  labelOfAnswer,
} from "./classifier-request.ts";
import { nobody, readGrounds } from "./decision.ts";
import type { Exchange } from "./exchange.ts";
import type { ActivePolicy } from "./snapshot.ts";
import type { ActiveTarget } from "./target-table.ts";

/** A request whose intent may have to be asked for. */
export type Asker = Pick<Exchange, "core" | "snapshot" | "id">;

/** How the intent of a policy's requests is asked for; undefined where the configuration names nobody to ask. */
export function classifyFor(asker: Asker, policy: ActivePolicy): RequestContext["classify"] {
  const settings = asker.snapshot.configuration.facts.get("intent")?.classifier;
  if (settings === undefined) return undefined;
  return async (question, context) => {
    const answer = await answerTo({ asker, policy, settings }, question, context).catch(
      (err: unknown): IntentAnswer => {
        asker.core.logger.error({ err, requestId: asker.id }, "asking a classifier failed");
        return { label: null, outcome: "fault" };
      },
    );
    asker.core.metrics.classified(settings.target, answer.outcome);
    return answer;
  };
}

interface Asked {
  readonly asker: Asker;
  readonly policy: ActivePolicy;
  readonly settings: FactClassifier;
}

async function answerTo(
  { asker, policy, settings }: Asked,
  question: IntentQuestion,
  context: RequestContext,
): Promise<IntentAnswer> {
  const { core, snapshot, id } = asker;
  const active = snapshot.targets.get(settings.target);
  // What a stand-in says is modelled, and would pass for a fact.
  if (active === undefined || active.standIn) return { label: null, outcome: "nobody" };
  const request = classifierRequest(question, active.target, snapshot.configuration.server);
  const bounds = { request, maxTokens: classifierTokens(question, active.target) };
  const plan = await permittedPlan({ asker, policy, settings }, active, bounds, context);
  if (plan === null) return { label: null, outcome: "guard" };
  const to = { id, policy: policy.name, rule: "", key: context.caller?.name ?? "" };
  return await core.classifier.ask({
    ...{ key: () => keyOf(asker, policy, active, question), target: settings.target, plan },
    request: () => request,
    read: (answer) => labelOfAnswer(answer, question.labels),
    upstreamOf: (name) => snapshot.targets.get(name),
    ended: (attempt) => {
      chargeBeside(core, snapshot.targets, { ...to, lane: "classifier" }, attempt);
    },
  });
}

/**
 * A policy's hash stands for its labels and for whom it asks, and what tells its model from others for what that says. What is
 * remembered of a text says nothing of who sent it.
 */
function keyOf(
  { core }: Asker,
  { hash }: ActivePolicy,
  active: ActiveTarget,
  question: IntentQuestion,
): string {
  const names = question.labels.map(({ name }) => name);
  const { name } = active.target;
  const weights = core.servers.identityOf(name);
  const model = [identityOf(active), weights, core.cache.versions.of(name)];
  const asked = JSON.stringify([hash, names, model, classifiedText(question)]);
  return createHash("sha256").update(asked).digest("base64");
}

/** What is sent to a classifier, as far as guards look at it. */
interface Bounds {
  readonly request: ModelRequest;
  readonly maxTokens: number;
}

/**
 * The plan of one step, tried once, that asks a classifier; null where the policy's guards forbid it. They hold as for a step of a
 * plan, those that are proved for plans too. What rests on the intent is unknown, and unknown forbids. What `ensure` says of plans
 * as a whole is not asked, but for a ceiling on cost.
 */
async function permittedPlan(
  { asker: { snapshot }, policy, settings }: Asked,
  { target }: ActiveTarget,
  { request, maxTokens }: Bounds,
  asked: RequestContext,
): Promise<Plan | null> {
  const { timeoutMs } = settings;
  const action: PlanAction = {
    kind: "plan",
    steps: [{ route: { kind: "target", target: target.name }, on: [], span: nowhereWritten }],
    // The deadline comes first: an attempt that it ends is no mark against its target.
    options: { timeoutMs: 2 * timeoutMs, deadlineMs: timeoutMs, retries: 0, dropUnsupported: true },
    span: nowhereWritten,
  };
  const context = { ...asked, classify: undefined };
  const frame = policy.frames.take();
  try {
    const guards = await guardsFor(policy, frame, context);
    const beside: Beside = { alsos: [], guards };
    const inputs =
      guards.length === 0
        ? nobody
        : (await readGrounds(policy, { action, beside }, frame, context)).inputs;
    const plan = makePlan(action, {
      ...{ ...nobody, ...inputs, ...beside, maxTokens, seed: 0 },
      ...{ promptTokens: estimatedTokens(request.body), choices: 1, tier: null, kept: null },
      targets: snapshot.targets.listed,
      defaults: snapshot.configuration.dispatch,
    });
    if (plan.refusal !== null || plan.steps[0]?.target !== target.name) return null;
    return { ...plan, maxAttempts: 1, costLimit: null };
  } finally {
    policy.frames.release(frame);
  }
}

const nowhereWritten = { file: "", start: 0, end: 0 };

/** The guards that hold for a request before its intent is known, of those that can forbid a target. */
async function guardsFor(
  { program, extractor }: ActivePolicy,
  frame: FactFrame,
  context: RequestContext,
): Promise<readonly EnforcedGuard[]> {
  const alone = guardsAlone(program);
  if (alone.guards.length === 0) return [];
  extractor.fill(frame, context);
  for (const [operand, { shape }] of program.operands.entries())
    if (restsOnIntent(shape)) frame.state[operand] = frameState.unknown;
  const read = (operand: number) => extractor.read(operand, frame, context);
  return (await besideBy(alone, frame, read)).guards;
}

const guardsOfPrograms = new WeakMap<Program, Program>();

/** A program of which nothing is left beside its rules but guards on targets. */
function guardsAlone(program: Program): Program {
  const known = guardsOfPrograms.get(program);
  if (known !== undefined) return known;
  const guards = [...program.guards, ...program.proved].filter(({ guard }) => forbids(guard));
  const alone = { ...program, alsos: [], guards };
  guardsOfPrograms.set(program, alone);
  return alone;
}

function forbids(guard: EnforcedGuard): boolean {
  if (guard.kind === "never") return true;
  return guard.requirement.kind === "bound" && isCostCeiling(guard.requirement);
}
