import type { RequestContext } from "../extract/context.ts";
import { decide, decideBeside } from "../extract/decide.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { AskedLine, LineDecision, LineGrounds } from "../runtime/batch/host.ts";
import { makePlan } from "../runtime/plan/make-plan.ts";
import { namesNothing, type Plan } from "../runtime/plan/plan.ts";
import { ownerNow } from "./caller.ts";
import { chargeLine } from "./charge-line.ts";
import { choosePolicy } from "./choose-policy.ts";
import { classifyFor } from "./classify.ts";
import type { Core } from "./core.ts";
import { type Grounds, readGrounds } from "./decision.ts";
import { lookUpLine } from "./line-cache.ts";
import type { DecidedLine } from "./policy-shadows.ts";
import { problems } from "./problems.ts";
import { recordTexts } from "./recorder.ts";
import { newRequestId } from "./request-id.ts";
import { firstOf, rejection } from "./shadow-counts.ts";
import type { ActivePolicy } from "./snapshot.ts";
import { lineSurfaceAt } from "./surfaces.ts";
import { withCounted } from "./tallies.ts";

/** How long the sender of a batch can wait, where no header of its own says otherwise. */
const dueHeader = "x-signalbox-due";

/** Decides a line of a batch as a request of its own would be, in the same order of readings. */
export async function decideLine(core: Core, { batch, bytes }: AskedLine): Promise<LineDecision> {
  const { snapshot } = core;
  const surface = lineSurfaceAt(batch.endpoint);
  if (surface === null) return refused(problems.notBatched());
  const asked = surface.read(bytes, snapshot.configuration.server, batch.headers);
  if (!asked.ok) return refused(asked.problem);
  const { request } = asked;
  if (request.body.stream === true) return refused(problems.streamedLine());
  const key = ownerNow(core, batch.owner);
  if (typeof key === "string") return refused(problems.keyRefused(key));
  const choice = choosePolicy(request.body.model, key, snapshot);
  if (choice === null) return refused(problems.modelNotFound(request.body.model));
  const requestId = newRequestId();
  const window = Math.round((batch.expiresAtMs - batch.createdAtMs) / 60_000);
  const context: RequestContext = {
    chat: request,
    headers: { [dueHeader]: `${window}m`, ...batch.headers },
    caller: key,
    nowMs: core.clock.now(),
    requestId,
    endpoint: surface.endpoint,
    requested: choice.requested,
    live: core.liveTargets,
    classify: classifyFor({ core, snapshot, id: requestId }, choice.policy),
  };
  const frame = choice.policy.frames.take();
  try {
    const counted = await withCounted(core, choice.policy, context);
    const decider = new LineDecider(core, choice.policy, counted, frame);
    const decision = await decider.decide(request);
    const first = decider.first();
    if (first !== null) await core.policyShadows.line(snapshot, first);
    return decision;
  } finally {
    choice.policy.frames.release(frame);
  }
}

function refused(problem: ApiProblem, grounds: LineGrounds | null = null): LineDecision {
  return { kind: "refused", problem, grounds };
}

class LineDecider {
  readonly #core: Core;
  readonly #policy: ActivePolicy;
  readonly #context: RequestContext;
  readonly #frame: FactFrame;
  readonly #seed: number;
  #facts: Grounds["facts"] = {};
  #rule = "";
  /** Where it would be sent first, in the words of `FirstChoice`; null before that is known. */
  #target: string | null = null;

  constructor(core: Core, policy: ActivePolicy, context: RequestContext, frame: FactFrame) {
    this.#core = core;
    this.#policy = policy;
    this.#context = context;
    this.#frame = frame;
    this.#seed = core.nextSeed();
  }

  /** What was chosen, for a policy that decides beside; null where that never came about. */
  first(): DecidedLine | null {
    if (this.#target === null) return null;
    return {
      ...{ policy: this.#policy, context: this.#context, frame: this.#frame, seed: this.#seed },
      from: { rule: this.#rule, target: this.#target },
    };
  }

  async decide(request: ModelRequest): Promise<LineDecision> {
    const { program, extractor, meters } = this.#policy;
    const branch = await decide(program, extractor, this.#frame, this.#context);
    const { rule, action } = program.branch(branch);
    this.#rule = rule.id;
    meters.decided(rule.id);
    if (action.kind === "reject") {
      this.#target = rejection(action.status);
      return await this.#refuse(problems.rejectedByRule(action.status, action.message));
    }
    const beside = await decideBeside(program, extractor, this.#frame, this.#context);
    const decided = { action, beside };
    const read = await readGrounds(this.#policy, decided, this.#frame, this.#context);
    this.#facts = read.facts;
    const { targets, configuration } = this.#core.snapshot;
    const plan = makePlan(action, {
      ...read.inputs,
      targets: targets.listed,
      defaults: configuration.dispatch,
      seed: this.#seed,
    });
    this.#target = firstOf(plan);
    if (plan.refusal !== null) return await this.#refuse(problems.refusedByPlan(plan.refusal));
    if (namesNothing(plan)) return await this.#refuse(problems.modelNotFound(request.body.model));
    const asked = { request, plan: keptPlan(plan), context: this.#context };
    const looked = await lookUpLine(this.#core, plan.options, asked);
    // What was kept costs nothing, and so is no matter of budgets.
    if (looked?.found != null) {
      const { cached, found } = looked;
      const body = request.writer.whole(request, found);
      const usage = found.findLast((event) => event.kind === "usage")?.usage ?? null;
      return { kind: "answered", grounds: await this.#grounds(), cached, body, usage };
    }
    const asking = { plan, request, readOperand: read.inputs.readOperand };
    const charged = await chargeLine(this.#core, this.#context, asking);
    if ("message" in charged) return await this.#refuse(charged);
    const kept = looked === null ? {} : { cached: looked.cached };
    return { kind: "plan", grounds: await this.#grounds(), plan: keptPlan(charged), ...kept };
  }

  async #refuse(problem: ApiProblem): Promise<LineDecision> {
    return refused(problem, await this.#grounds());
  }

  async #grounds(): Promise<LineGrounds> {
    return await lineGrounds(this.#core, this.#policy, this.#frame, {
      context: this.#context,
      facts: this.#facts,
      rule: this.#rule,
      seed: this.#seed,
    });
  }
}

/** What is kept of a decision for the record that is written when the line has its answer. */
export async function lineGrounds(
  core: Core,
  policy: ActivePolicy,
  frame: FactFrame,
  {
    context,
    facts,
    rule,
    seed,
  }: {
    readonly context: RequestContext;
    readonly facts: Grounds["facts"];
    readonly rule: string;
    readonly seed: number;
  },
): Promise<LineGrounds> {
  const further = (await policy.further?.read(frame, context)) ?? {};
  const table = core.snapshot.configuration.facts;
  return {
    id: context.requestId,
    arrivedAtEpochMs: context.nowMs,
    policy: policy.name,
    hash: policy.hash,
    ...recordTexts({ policy, frame, context, grounds: facts, facts: table }, further),
    rule,
    seed,
  };
}

/** A plan as it is kept: what was weighed for it is told by the record. */
export function keptPlan(plan: Plan): Plan {
  const { dropUnsupported, batchWithinMs } = plan.options;
  return {
    ...plan,
    options: {
      ...(dropUnsupported === undefined ? {} : { dropUnsupported }),
      ...(batchWithinMs === undefined ? {} : { batchWithinMs }),
    },
    dropped: [],
  };
}
