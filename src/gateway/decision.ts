import { recordedSpend, spendOfRecord, spentKey } from "../catalog/month-spend.ts";
import { type LiveTargets, noLiveTargets } from "../catalog/target-fact.ts";
import { maxTokens } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import type { Beside } from "../extract/decide.ts";
import { isSafePoint } from "../extract/is-safe-point.ts";
import { keptState } from "../extract/kept-state.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { FactValue } from "../facts/fact.ts";
import { type FactFrame, frameState, markOf } from "../language/program/frame.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { billedTier } from "../protocol/usage.ts";
import { counterValue } from "../runtime/limits/counter-value.ts";
import { makePlan, type PlanInputs } from "../runtime/plan/make-plan.ts";
import { type Plan, stuckKey } from "../runtime/plan/plan.ts";
import { needsOf, type PlanAction, type RouteNeeds } from "../runtime/plan/route-needs.ts";
import { ratioKey } from "../runtime/plan/tokens-at.ts";
import type { Exchange } from "./exchange.ts";
import type { PromptPrints } from "./prompt-memory.ts";
import type { ActivePolicy, Snapshot } from "./snapshot.ts";

const byPlan = markOf("plan");

interface Caller extends Pick<RequestContext, "caller" | "endpoint" | "requested" | "classify"> {
  /** The beginnings of its prompt; null where its policy never asks who has them cached. */
  readonly prints: PromptPrints | null;
}

/** What facts of a request are read from. */
export function contextOf(
  { core, request, id, snapshot }: Exchange,
  chat: Pick<ModelRequest, "body">,
  { caller, endpoint, requested, prints, classify }: Caller,
): RequestContext {
  const now = core.clock.now();
  return {
    chat,
    headers: request.headers,
    caller,
    nowMs: now,
    requestId: id,
    endpoint,
    requested,
    live:
      prints === null
        ? core.liveTargets
        : core.prompts.over(core.liveTargets, {
            prints,
            atMs: now,
            targets: snapshot.targets.listed,
          }),
    spent: (provider) => core.spend.spent(provider, core.clock.now()),
    tokenRatio: core.counts.ratiosFor(chat.body, snapshot.targets.listed),
    recalls: (key) => core.sticky.recall(key),
    staysAt: (key) => core.sticky.find(key, now, isSafePoint(chat.body)),
    classify,
  };
}

/** The plan of an action that nothing of the request can change; null for any other. */
export function fixedPlan(
  action: PlanAction,
  beside: Beside,
  { fixedPlans, configuration }: Pick<Snapshot, "fixedPlans" | "configuration">,
): Plan | null {
  const isPlain = beside.alsos.length + beside.guards.length === 0;
  const known = isPlain ? fixedPlans.get(action) : undefined;
  if (known !== undefined) return known;
  if (!needsOf(action, beside).fixed) return null;
  const { targets, dispatch: defaults } = configuration;
  const plan = makePlan(action, { ...nobody, ...beside, targets, defaults });
  if (isPlain) fixedPlans.set(action, plan);
  return plan;
}

/** A request of which nothing is asked. */
export const nobody: Omit<PlanInputs, "targets" | "defaults" | keyof Beside> = {
  requested: null,
  requestId: "",
  seed: 0,
  promptTokens: 0,
  maxTokens: null,
  atMs: 0,
  readOperand: () => undefined,
  live: noLiveTargets,
};

/** What every plan of a snapshot is made from. */
export function planSources({
  targets,
  configuration,
}: Pick<Snapshot, "targets" | "configuration">): Pick<
  PlanInputs,
  "targets" | "defaults" | "embeddings"
> {
  const { dispatch: defaults, cache } = configuration;
  return { targets: targets.listed, defaults, embeddings: cache.embeddings };
}

/** What a choice of targets rests on, besides the configuration and the seed. */
export interface Grounds {
  readonly inputs: Omit<PlanInputs, "targets" | "defaults" | "embeddings" | "seed">;
  /** What of it the policy's own facts do not tell, for the record. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
  /** Under which key the target that answers is remembered; null where the plan is not sticky. */
  readonly stickyKey: string | null;
}

/** An action and what stands beside its rule. */
interface Decided {
  readonly action: PlanAction;
  readonly beside: Beside;
}

/**
 * Reads what an action's choice of targets rests on, so that the recorded facts reproduce the choice. A promise only when
 * that takes more than a moment.
 */
export function readGrounds(
  policy: Pick<ActivePolicy, "extractor" | "name">,
  { action, beside }: Decided,
  frame: FactFrame,
  context: RequestContext,
): Grounds | Promise<Grounds> {
  const { extractor } = policy;
  const needs = needsOf(action, beside);
  const ofTokens = extractor.operands.findIndex(({ key }) => key === "tokens");
  const operands =
    needs.exactSize && ofTokens >= 0 ? [...needs.operands, ofTokens] : needs.operands;
  for (const operand of operands) {
    const state = frame.state[operand];
    if (state === frameState.known || state === frameState.unknown) continue;
    frame.asked[operand] = byPlan;
    const reading = policy.extractor.read(operand, frame, context);
    if (reading !== undefined) {
      return reading.then(() => readGrounds(policy, { action, beside }, frame, context));
    }
  }
  const grounds = (counted: number | null): Grounds | Promise<Grounds> => {
    const read = (): Grounds => groundsOf(policy, { needs, beside, counted }, frame, context);
    const stickyKey = stickyKeyOf(policy, needs, frame);
    const recalling = stickyKey === null ? undefined : context.recalls?.(stickyKey);
    return recalling === undefined ? read() : recalling.then(read);
  };
  if (!needs.exactSize || ofTokens >= 0) return grounds(null);
  const counted = extractor.countTokens(context);
  return typeof counted === "number" ? grounds(counted) : counted.then(grounds);
}

interface Read {
  readonly needs: RouteNeeds;
  readonly beside: Beside;
  /** The exact tokens of the prompt where the policy's facts do not tell them; null where an estimate will do. */
  readonly counted: number | null;
}

function groundsOf(
  policy: Pick<ActivePolicy, "extractor" | "name">,
  { needs, beside, counted }: Read,
  frame: FactFrame,
  context: RequestContext,
): Grounds {
  const facts: Record<string, FactValue | null> = {};
  const fact = (key: string, read: () => number | undefined): number | null => {
    const operand = policy.extractor.operands.findIndex((each) => each.key === key);
    if (operand >= 0) return settled(policy, frame, operand, read);
    const value = read() ?? null;
    facts[key] = value;
    return value;
  };
  const { body } = context.chat;
  const stickyKey = stickyKeyOf(policy, needs, frame);
  const stuck = stickyKey === null ? null : (context.staysAt?.(stickyKey) ?? null);
  if (stuck !== null) facts[stuckKey] = stuck;
  if (needs.requested && isShort(context)) facts["model"] = body.model;
  return {
    inputs: {
      ...beside,
      requested: context.requested,
      requestId: context.requestId,
      promptTokens: needs.sizes ? (fact("tokens", () => counted ?? estimatedTokens(body)) ?? 0) : 0,
      maxTokens: needs.sizes ? fact("max_tokens", () => maxTokens(body)) : null,
      choices: body.n ?? 1,
      tier: billedTier(body["service_tier"]),
      kept: needs.exactSize ? keptState(body) : null,
      stuck,
      tokenRatio: (target) => {
        const ratio = context.tokenRatio?.(target);
        if (ratio !== undefined) facts[ratioKey(target)] = ratio;
        return ratio;
      },
      spent: (provider) => {
        // Rounded as it is recorded, so that the record reproduces the choice.
        const recorded = recordedSpend(context.spent?.(provider) ?? 0n);
        facts[spentKey(provider)] = recorded;
        return spendOfRecord(recorded) ?? 0n;
      },
      atMs: context.nowMs,
      readOperand: (operand) => operandValue(policy, frame, operand),
      live: measuredNow(needs, context.live, {
        fact,
        unhealthy: unhealthyNow(policy, needs, context, facts),
      }),
    },
    facts,
    stickyKey,
  };
}

/** Keys of one policy are no other's. Nobody in particular stays nowhere. */
function stickyKeyOf(
  policy: Pick<ActivePolicy, "extractor" | "name">,
  { sticky }: RouteNeeds,
  frame: FactFrame,
): string | null {
  const value = sticky === null ? undefined : operandValue(policy, frame, sticky);
  return value === undefined ? null : `${policy.name}\n${sticky}\n${counterValue(value)}`;
}

/** A name that no target has may be as long as a body: the record does without it. */
function isShort({ requested, chat }: RequestContext): boolean {
  return requested !== null || chat.body.model.length <= 200;
}

/** The targets that are not healthy at this moment, which the record names; null for none. */
function unhealthyNow(
  { extractor }: Pick<ActivePolicy, "extractor">,
  { healthOf }: RouteNeeds,
  { live }: RequestContext,
  facts: Record<string, FactValue | null>,
): ReadonlySet<string> | null {
  let unhealthy: Set<string> | null = null;
  for (const target of healthOf) {
    if (live.healthy(target) !== false) continue;
    unhealthy ??= new Set();
    unhealthy.add(target);
    const key = `${target}.healthy`;
    if (!extractor.keys.has(key)) facts[key] = false;
  }
  return unhealthy;
}

interface Now {
  readonly fact: (key: string, read: () => number | undefined) => number | null;
  readonly unhealthy: ReadonlySet<string> | null;
}

/** What is measured at this moment, which is the one that is recorded. */
function measuredNow(needs: RouteNeeds, live: LiveTargets, { fact, unhealthy }: Now): LiveTargets {
  const values = new Map<string, number | undefined>();
  for (const { target, measure } of needs.measured) {
    const key = `${target}.${measure}`;
    values.set(key, fact(key, () => live.measured(target, measure)) ?? undefined);
  }
  return {
    healthy: (target) => unhealthy?.has(target) !== true,
    measured(target, measure) {
      const key = `${target}.${measure}`;
      if (values.has(key)) return values.get(key);
      // A cost rests on the speed, or on the cache, of the targets that have one, which only the plan knows.
      if (measure === "cached" && !live.measured(target, measure)) return undefined;
      if (measure !== "tps" && measure !== "cached") return undefined;
      return fact(key, () => live.measured(target, measure)) ?? undefined;
    },
  };
}

/** The number of an operand. One known by its bounds becomes the estimate between them, here and in the record. */
function settled(
  policy: Pick<ActivePolicy, "extractor">,
  frame: FactFrame,
  operand: number,
  estimate: () => number | undefined,
): number | null {
  if (frame.state[operand] === frameState.bounded) {
    frame.numbers[operand] = estimate() ?? 0;
    frame.state[operand] = frameState.known;
  }
  const value = operandValue(policy, frame, operand);
  return typeof value === "number" ? value : null;
}

function operandValue(
  policy: Pick<ActivePolicy, "extractor">,
  frame: FactFrame,
  operand: number,
): FactValue | undefined {
  if (frame.state[operand] !== frameState.known) return undefined;
  const kind = policy.extractor.operands[operand]?.type.kind;
  if (kind === "text") return frame.texts[operand];
  const number = frame.numbers[operand];
  return kind === "boolean" ? number === 1 : number;
}
