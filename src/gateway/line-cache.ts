import { tenantOf } from "../configuration/tenant-of.ts";
import type { RequestContext } from "../extract/context.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { CachedLine, LineAnswer, LineWork } from "../runtime/batch/host.ts";
import { Flight } from "../runtime/cache/flight.ts";
import { ageOf, anyAnswer, freshness } from "../runtime/cache/freshness.ts";
import { withOwnId } from "../runtime/cache/replay.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { identityOf, mayBeKept, rememberedKey } from "./cache-identity.ts";
import type { CacheTold } from "./cache-visit.ts";
import type { Core } from "./core.ts";
import { type Come, keepAnswer } from "./keep-answer.ts";

/** What a line is asked by: the plan as the lane carries it out, whose key is that of a request of its own. */
interface AskedLine {
  readonly request: ModelRequest;
  readonly plan: Plan;
  readonly context: RequestContext;
}

/** Looks a line up whose rule keeps answers: what is found, or what its own answer is kept by; null where none may be. */
export async function lookUpLine(
  core: Core,
  option: Pick<Plan["options"], "cache" | "staleMs">,
  { request, plan, context }: AskedLine,
): Promise<{ readonly cached: CachedLine; readonly found: readonly AnswerEvent[] | null } | null> {
  const { cache: asked, staleMs = 0 } = option;
  const name = plan.steps.find(({ target }) => target !== null)?.target ?? null;
  const target = name === null ? undefined : core.snapshot.targets.get(name);
  if (asked === undefined || asked.kind === "off") return null;
  if (target === undefined || !mayBeKept(request, target)) return null;
  const tenant = tenantOf(core.cache.settings.scope, context.caller);
  const weights = core.servers.identityOf(target.target.name);
  const cached: CachedLine = {
    key: rememberedKey({ request, plan, tenant }, target, weights),
    ...{ tenant, target: target.target.name, tags: plan.tags },
    ...{ weights, forMs: asked.forMs, staleMs, ageMs: null },
  };
  const entry = await core.cache.find(cached.key);
  const ageMs = entry === null ? 0 : ageOf(entry.storedAtMs, core.clock.now());
  // A line has time: what is past its own is asked for anew.
  if (entry === null || freshness(ageMs, cached, anyAnswer) !== "fresh")
    return { cached, found: null };
  const events = core.cache.eventsOf(entry);
  if (events === null || core.cache.versions.isOld(cached.target, events))
    return { cached, found: null };
  core.cache.saved(cached.target, entry.cost);
  return { cached: { ...cached, ageMs }, found: withOwnId(events, context.requestId) };
}

/** What the record of a line tells of the cache. */
export function toldOf({ key, ageMs }: CachedLine): CacheTold {
  return { verdict: ageMs === null ? "miss" : "hit", key, ageMs, similarity: null };
}

/** Counts what became of a line at the cache, and keeps its answer, where it has one of its own. */
export function keepLine(
  core: Core,
  { grounds, plan, cached }: LineWork,
  answer: LineAnswer | null,
  come: { readonly attempts: readonly AttemptRecord[]; readonly costs: Come["costs"] },
): void {
  if (cached === undefined) return;
  core.cache.asked(grounds.policy, toldOf(cached).verdict);
  if (cached.ageMs !== null || answer === null || plan === null) return;
  const { weights, forMs, staleMs, tenant, target, tags } = cached;
  const active = core.snapshot.targets.get(answer.target);
  // It may have been another model when it was asked: it is kept as that one's answer, or not at all.
  if (active === undefined || identityOf(active) !== answer.identity) {
    core.cache.meters.answered("other-model");
    return;
  }
  const asked = { request: answer.request, plan, tenant, weights };
  const key = answer.target === target ? rememberedKey(asked, active, weights) : cached.key;
  const about = { key, tenant, target, tags };
  // Nobody waits for it: a line may be under way for a day.
  const nobody = { takes: () => false, abandoned() {} };
  const flight = new Flight(about, nobody, core.cache.settings.answerBytes, () => {});
  flight.begins(answer.target, false);
  flight.says(answer.events);
  const [askedAtMs, lifetime] = [grounds.arrivedAtEpochMs, { forMs, staleMs }];
  keepAnswer(
    { core, snapshot: core.snapshot },
    { flight, askedAtMs, asked, lifetime, meaning: null, ...come },
  );
}
