import type { Picodollars } from "../base/money.ts";
import type { Flight } from "../runtime/cache/flight.ts";
import type { Lifetime } from "../runtime/cache/freshness.ts";
import { whyNotKept } from "../runtime/cache/kept-answer.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { type KeyAsked, keyOfAnswer } from "./cache-identity.ts";
import type { Exchange } from "./exchange.ts";
import type { Meaning } from "./meaning-index.ts";

/** An answer that came whole. */
export interface Come {
  readonly flight: Flight;
  /** The moment at which the answer was asked for, or earlier. */
  readonly askedAtMs: number;
  readonly asked: KeyAsked;
  readonly lifetime: Lifetime;
  /** By what its prompt is found; null where equal requests alone find it. */
  readonly meaning: Meaning | null;
  readonly attempts: readonly AttemptRecord[];
  /** What each attempt cost, in their order. */
  readonly costs: readonly (Picodollars | null)[];
}

/** Keeps an answer under the target that gave it, or counts why it is not kept. */
export function keepAnswer(
  { core, snapshot }: Pick<Exchange, "core" | "snapshot">,
  come: Come,
): void {
  const { flight, askedAtMs, asked, lifetime, meaning, attempts, costs } = come;
  const { target: name, events } = flight;
  const target = name === null ? undefined : snapshot.targets.get(name);
  if (target === undefined) return;
  const weights = core.servers.identityOf(target.target.name);
  const isFirst = target.target.name === flight.about.target;
  const why = flight.notKept ?? whyNotKept(events, asked.request.body.n ?? 1);
  const key = isFirst ? flight.about.key : keyOfAnswer(asked, target, weights);
  if (why !== null || (isFirst && weights !== asked.weights)) {
    core.cache.meters.answered(why ?? "other-weights");
    return;
  }
  const answered = attempts.findIndex(({ outcome }) => outcome.kind === "ok");
  const storedAtMs = core.clock.now();
  const entry = {
    ...{ ...flight.about, key, target: target.target.name, storedAtMs },
    expiresAtMs: storedAtMs + lifetime.forMs + lifetime.staleMs,
    answer: JSON.stringify(events),
    cost: costs[answered] ?? null,
  };
  core.cache.keep(entry, askedAtMs, () => {
    if (isFirst && meaning !== null) core.cache.meaning.keep(meaning, entry, events);
  });
}
