import type { RequestContext } from "../extract/context.ts";
import { bearsAdminKey } from "./client-keys.ts";
import { type Exchange, fault, guarded, refuse } from "./exchange.ts";
import { problems } from "./problems.ts";
import type { ActivePolicy } from "./snapshot.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { sendText } from "./to-response.ts";

/** Whether a request wants to be explained instead of answered. Any word but `false` asks: a slip must not be served and billed. */
export function wantsExplanation({ request }: Pick<Exchange, "request">): boolean {
  const said = request.headers["x-signalbox-explain"];
  return said !== undefined && said !== "false";
}

/** Whether a request may be explained; false after it was refused. */
export function mayExplain(exchange: Exchange): boolean {
  const { adminKey } = exchange.snapshot.configuration;
  if (bearsAdminKey(exchange.request, adminKey)) return true;
  refuse(exchange, problems.explainForbidden(adminKey?.kind === "value" && adminKey.value !== ""));
  return false;
}

/** Answers a request with why it would be decided as it would be. Nothing is sent upstream, billed or recorded. */
export function explainLive(
  exchange: Exchange,
  policy: ActivePolicy,
  context: RequestContext,
): void {
  const seed = seedOf(exchange);
  if (seed === null) {
    refuse(exchange, problems.malformedSeed());
    return;
  }
  const { response, headers } = exchange;
  // Nobody is asked for it, a classifier neither.
  const alone = { ...context, classify: undefined };
  explanationOf(exchange, policy, { context: alone, seed }).then(
    guarded(exchange, (json) => {
      if (response.destroyed) return;
      if (json === null) refuse(exchange, problems.explainBusy());
      else
        sendText(response, json, "application/json", [...headers, "x-signalbox-explain", "true"]);
    }),
    (error: unknown) => fault(exchange, error, { policy: policy.header }),
  );
}

async function explanationOf(
  { core, snapshot }: Exchange,
  policy: ActivePolicy,
  request: { readonly context: RequestContext; readonly seed: number },
): Promise<string | null> {
  const { configuration, targets } = snapshot;
  const frame = policy.frames.take();
  const taken = await takeSnapshot(policy, frame, {
    ...request,
    targets: targets.listed,
    defaults: configuration.dispatch,
  }).finally(() => policy.frames.release(frame));
  policy.meters.explained();
  return await core.explainer.explain({
    bundle: policy.bundle,
    hash: policy.hash,
    configuration,
    snapshot: taken.snapshot,
    decided: { rule: taken.rule, targets: taken.targets },
  });
}

/** The seed that choices are drawn from: a new one, or that of a request to be understood. Null for what is no seed. */
function seedOf({ core, request }: Exchange): number | null {
  const said = request.headers["x-signalbox-seed"];
  if (said === undefined) return core.nextSeed();
  const isSeed = typeof said === "string" && /^\d{1,10}$/.test(said) && Number(said) < 2 ** 32;
  return isSeed ? Number(said) : null;
}
