import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { CacheEntry, EntryNames } from "../runtime/cache/cache-store.ts";
import type { Flight } from "../runtime/cache/flight.ts";
import { ageOf, type ClientWish, freshness, type Lifetime } from "../runtime/cache/freshness.ts";
import { whyNotKept } from "../runtime/cache/kept-answer.ts";
import type { Payer } from "../runtime/semantic/semantic-cache.ts";
import type { SemanticHit } from "../runtime/semantic/semantic-judge.ts";
import type { AnswerCache } from "./answer-cache.ts";
import { wordsOfAnswer } from "./answer-words.ts";
import { type KeyAsked, promptOfAnswer } from "./cache-identity.ts";
import type { Exchange } from "./exchange.ts";
import type { Meaning } from "./meaning-index.ts";
import type { ActiveTarget } from "./target-table.ts";

/** A kept answer of a like prompt. `reask`: this time the model is asked as well, to see whether it says the same. */
export interface Sought {
  readonly kind: "hit" | "reask";
  readonly hit: SemanticHit;
  readonly entry: CacheEntry;
  readonly events: readonly AnswerEvent[];
}

/** By what a request is found whose plan looks for meanings; null where its plan does not, or its prompt cannot be told from the rest. */
export function meaningOf(
  { core, snapshot, id }: Exchange,
  asked: KeyAsked,
  active: ActiveTarget,
  of: Omit<Payer, "id">,
): Meaning | null {
  const { cache: option } = asked.plan.options;
  if (option?.kind !== "semantic") return null;
  const seeker = core.cache.meaning.seekerOf(snapshot);
  const found = seeker === null ? null : promptOfAnswer(asked, active);
  if (seeker === null || found === null) return null;
  const { above, within } = option;
  return { ...found, seeker, above, within, tenant: asked.tenant, payer: { id, ...of } };
}

interface Wanted {
  readonly meaning: Meaning;
  readonly about: EntryNames;
  readonly lifetime: Lifetime;
  readonly wish: Pick<ClientWish, "maxAgeMs">;
  readonly atMs: number;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/**
 * Looks for the answer to a like prompt, young enough for who asks; null where there is none. Of an index that names an answer that is no
 * longer kept, the prompt is forgotten.
 */
export async function seekMeaning(
  cache: AnswerCache,
  { meaning, about, lifetime, wish, atMs, signal }: Wanted,
): Promise<Sought | null> {
  const { forMs, staleMs } = lifetime;
  // One that is as old as that is too old, one that is as old as a client takes is not.
  const oldestMs = Math.min(forMs + staleMs - 1, wish.maxAgeMs ?? Number.POSITIVE_INFINITY);
  const finding = await cache.meaning.find(meaning, atMs - oldestMs, signal);
  if (finding === null || finding.kind === "none") return null;
  const { hit, kind } = finding;
  const entry = await cache.find(hit.key, "failed");
  if (entry === "failed") {
    cache.meaning.lookedUp("failed");
    return null;
  }
  const events = entry === null ? null : cache.eventsOf(entry);
  if (entry === null || events === null) {
    cache.meaning.forget(hit.key);
    cache.meaning.lookedUp("gone");
    return null;
  }
  const isTheirs = entry.tenant === about.tenant && entry.target === about.target;
  const ageMs = ageOf(entry.storedAtMs, atMs);
  const isOver = ageMs === Number.POSITIVE_INFINITY || cache.versions.isOld(entry.target, events);
  if (!isTheirs || isOver || freshness(ageMs, lifetime, wish) === "expired") {
    // Else it would be the nearest for as long as nobody asks the very same.
    if (isTheirs && isOver) cache.meaning.forget(hit.key);
    cache.meaning.lookedUp(isTheirs ? "expired" : "foreign");
    return null;
  }
  return { kind, hit, entry, events };
}

interface Compared {
  readonly meaning: Meaning;
  readonly asked: KeyAsked;
  /** What the model said this time. */
  readonly flight: Flight;
  readonly sought: Sought;
}

/** Tells the index whether the model still says what was kept for a like prompt; nothing where it did not say all. */
export function compareAnswers(
  { meaning: index }: AnswerCache,
  { meaning, asked, flight, sought }: Compared,
): void {
  const { events, target, notKept } = flight;
  if (target !== sought.entry.target || notKept !== null) return;
  if (whyNotKept(events, asked.request.body.n ?? 1) !== null) return;
  const [kept, fresh] = [wordsOfAnswer(sought.events), wordsOfAnswer(events)];
  if (kept !== null && fresh !== null) index.reasked(meaning, sought.hit, kept, fresh);
}

/** How like a prompt is, to two places and never more than it is; 1 of the very same. */
export function shownSimilarity(sought: Sought | null): string {
  const similarity = sought === null ? 1 : Math.min(sought.hit.similarity, 1);
  return (Math.floor(similarity * 100) / 100).toFixed(2);
}
