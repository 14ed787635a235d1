import type { Target } from "../catalog/target.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { DecisionSnapshot } from "../explain/explain-snapshot.ts";
import { promptText, systemText } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { decide, decideBeside } from "../extract/decide.ts";
import type { Extractor } from "../extract/extractor.ts";
import type { FactRecord } from "../extract/named-facts.ts";
import { estimatedTokens } from "../extract/token-facts.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { type Grounds, readGrounds } from "./decision.ts";
import type { FurtherFacts } from "./further-facts.ts";
import { addedFacts } from "./recorder.ts";

/** What decides requests that are to be explained; an ActivePolicy fits. */
export interface Decider {
  /** The policy's name. */
  readonly name: string;
  readonly program: Program;
  readonly extractor: Extractor;
  readonly further: FurtherFacts | null;
}

/** A request that was decided and not served: what its record would hold, and what would have been done. */
export interface Taken {
  readonly snapshot: DecisionSnapshot;
  readonly rule: string;
  /** Targets in the order they would be tried, each once; none for a reject. */
  readonly targets: readonly string[];
}

interface TakeParts {
  readonly context: RequestContext;
  readonly seed: number | string;
  readonly targets: { get(name: string): Target | undefined };
  readonly defaults: Configuration["dispatch"];
}

/**
 * Decides a request exactly as it would be served, in the same order of readings, and gives what its record would hold.
 * The frame is the caller's to release.
 */
export async function takeSnapshot(
  decider: Decider,
  frame: FactFrame,
  { context, seed, targets, defaults }: TakeParts,
): Promise<Taken> {
  const { program, extractor, further } = decider;
  const { rule, action } = program.branch(await decide(program, extractor, frame, context));
  let grounds: Grounds["facts"] = {};
  let plan: Plan | null = null;
  if (action.kind === "plan") {
    const beside = await decideBeside(program, extractor, frame, context);
    const read = await readGrounds(decider, { action, beside }, frame, context);
    grounds = read.facts;
    plan = makePlan(action, { ...read.inputs, targets, defaults, seed });
  }
  // What was asked for the decision; further facts are read behind it, and nobody asked.
  const asked = extractor.asked(frame);
  const beyond = (await further?.read(frame, context)) ?? {};
  const added = addedFacts({ policy: decider, context, grounds }, beyond);
  const { body } = context.chat;
  return {
    snapshot: {
      time: new Date(context.nowMs).toISOString(),
      id: context.requestId,
      seed,
      facts: { ...extractor.snapshot(frame), ...added },
      asked,
      texts: privateTexts(extractor, context),
      promptTokens: estimatedTokens(body),
    },
    rule: rule.id,
    targets: plan === null || plan.refusal !== null ? [] : targetsOf(plan),
  };
}

/** The texts of persons that the policy compares with texts of its own. */
function privateTexts(extractor: Extractor, { chat }: RequestContext): FactRecord {
  return {
    ...(extractor.keys.has("prompt") ? { prompt: promptText(chat.body) } : {}),
    ...(extractor.keys.has("system") ? { system: systemText(chat.body) } : {}),
  };
}

function targetsOf({ steps }: Plan): readonly string[] {
  return [...new Set(steps.flatMap(({ target }) => (target === null ? [] : [target])))];
}
