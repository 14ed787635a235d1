import type { ServerResponse } from "node:http";
import type { RequestContext } from "../extract/context.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { batchWireOf } from "../runtime/providers/batch-wires.ts";
import type { Batch } from "../runtime/store/batch-records.ts";
import { batchObject } from "./batch-objects.ts";
import { keptPlan, lineGrounds } from "./decide-line.ts";
import type { Grounds } from "./decision.ts";
import { type Exchange, pathOf } from "./exchange.ts";
import { problems } from "./problems.ts";
import type { ActivePolicy } from "./snapshot.ts";
import { headersRead } from "./surfaces.ts";
import { sendAccepted } from "./to-response.ts";

/**
 * Whether a plan lets its request wait, and its first target has a provider to wait at that takes such requests. Else it is
 * answered at once, streamed or not.
 */
export function mayWait(
  { options, steps }: Plan,
  request: ModelRequest,
  { snapshot, surface }: Exchange,
): boolean {
  // A form bears a file, and what is kept of a request is JSON.
  const isForm = (request.relayed?.contentType ?? null) !== null;
  if (options.batchWithinMs === undefined || surface?.batches !== true || isForm) return false;
  const first = steps[0]?.target ?? null;
  const kind = first === null ? undefined : snapshot.targets.get(first)?.provider.kind;
  return kind !== undefined && batchWireOf(kind)?.takes(request) === true;
}

/** A decided request that may wait. */
export interface Waiting {
  readonly policy: ActivePolicy;
  readonly plan: Plan;
  readonly request: ModelRequest;
  readonly context: RequestContext;
  readonly frame: FactFrame;
  readonly facts: Grounds["facts"];
  readonly rule: string;
  readonly seed: number;
}

/** Keeps a request in the lane, and answers where its answer will be; a problem where that cannot be. */
export async function deferRequest(
  exchange: Exchange,
  headers: () => readonly string[],
  waiting: Waiting,
): Promise<ApiProblem | null> {
  const made = await keepInLane(exchange, waiting);
  if ("message" in made) return made;
  sendDeferred(exchange.response, made, headers());
  return null;
}

/** Keeps a request in the lane as a batch of one line; a problem where that cannot be. */
async function keepInLane(
  exchange: Exchange,
  { policy, plan, request, context, frame, facts, rule, seed }: Waiting,
): Promise<Batch | ApiProblem> {
  const { core, snapshot } = exchange;
  const open = core.batches.open();
  if (open === null) return problems.storeUnusable();
  const owner = context.caller?.name ?? "";
  const { totalLimitBytes } = snapshot.configuration.batches;
  if (open.store.files.bytesOf(owner) + request.bytes.length > totalLimitBytes)
    return problems.storageFull(totalLimitBytes);
  const grounds = await lineGrounds(core, policy, frame, { context, facts, rule, seed });
  return open.lane.defer({
    owner,
    endpoint: pathOf(exchange.request),
    headers:
      exchange.surface === null ? {} : headersRead(exchange.surface, exchange.request.headers),
    request,
    work: { grounds, plan: keptPlan(plan), attempts: [], from: 0 },
    withinMs: plan.options.batchWithinMs ?? 0,
  });
}

/** Answers that a request waits, and where its answer will be. */
function sendDeferred(response: ServerResponse, batch: Batch, headers: readonly string[]): void {
  sendAccepted(response, batchObject(batch), [...headers, "x-signalbox-batch", batch.id]);
}
