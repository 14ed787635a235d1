import type { Target } from "../../catalog/target.ts";
import type { CacheSettings, Provider } from "../../configuration/configuration.ts";
import { tenantOf } from "../../configuration/tenant-of.ts";
import { keptState } from "../../extract/kept-state.ts";
import { mediaOf } from "../../extract/media.ts";
import type { CacheOption } from "../../language/checker/checked-policy.ts";
import { beyond } from "../../protocol/chat-request.ts";
import type { Conversation, Fields } from "../../protocol/conversation.ts";
import { cacheKey } from "../../runtime/cache/cache-key.ts";
import type { EntryNames } from "../../runtime/cache/cache-store.ts";
import { type ClientWish, clientWish, type Lifetime } from "../../runtime/cache/freshness.ts";
import { counterValue } from "../../runtime/limits/counter-value.ts";
import type { Plan } from "../../runtime/plan/plan.ts";
import { overrideConversation } from "../../runtime/providers/override-conversation.ts";
import { splitPrompt } from "../../runtime/semantic/split-prompt.ts";
import { overridesOf } from "../../runtime/transport/overrides.ts";
import { leftoversOfChat } from "../../surface/chat/leftovers.ts";
import { chatToConversation } from "../../surface/chat/to-conversation.ts";
import type { LoggedChat, LoggedOutcome, LoggedRequest } from "../logged-request.ts";
import type { AskedMeaning } from "./kept-prompts.ts";
import type { ReplayedJob } from "./replayed-job.ts";

/** What a request asks of the cache of a virtual gateway. */
export interface Lookup {
  /** What the answer of its first target is kept under. */
  readonly about: EntryNames;
  readonly lifetime: Lifetime;
  readonly wish: ClientWish;
  /** By what an answer to a like prompt is found; null where none is. */
  readonly meaning: AskedMeaning | null;
  /** Whether it bears the key of the answer to a like prompt, as a record does whose request was given that. */
  readonly isLike: boolean;
  /** What the log has it answered, in words; null for what is not known, or not asked for. */
  words(): string | null;
  /** What the answer of another target is kept under. */
  aboutAt(target: string): EntryNames;
}

export interface LookupParts {
  readonly scope: CacheSettings["scope"];
  /** The API that a target is asked by; undefined for the usual one. */
  readonly apiOf: (target: string) => Provider["api"] | undefined;
  readonly targetOf: (target: string) => Pick<Target, "prices"> | undefined;
}

type CachePlan = Plan & {
  readonly options: { readonly cache: Exclude<CacheOption, { readonly kind: "off" }> };
};

/**
 * What a request asks of the cache; null where its plan keeps no answers, its answer cannot be kept, or nothing tells what it asks. Copies
 * ask nothing that others than copies of their number ask, so that more traffic hits no more often.
 */
export function lookupOf(
  job: ReplayedJob,
  plan: Plan,
  { scope, apiOf, targetOf }: LookupParts,
): Lookup | null {
  const first = plan.steps.find(({ target }) => target !== null)?.target ?? null;
  if (first === null || !isKept(plan)) return null;
  const { chat } = job.request;
  if (job.logged.cacheKey !== null) return recordedLookup(job, plan, first);
  return chat === null || !mayBeKept(chat, apiOf(first))
    ? null
    : bodyLookup(job, { plan, first, chat, scope, targetOf });
}

function isKept(plan: Plan): plan is CachePlan {
  const { cache } = plan.options;
  return cache !== undefined && cache.kind !== "off";
}

/** What a log does not tell of a request whose answer is to be kept: what it asks, in which words, or what it was answered; null for nothing. */
export function untoldByLog(
  request: Pick<LoggedRequest, "chat" | "outcome" | "answer">,
  plan: Plan | null,
): "key" | "prompt" | "answer" | null {
  if (plan === null || !isKept(plan)) return null;
  const { chat, answer } = request;
  if (chat !== null)
    return plan.options.cache.kind === "semantic" && answer === undefined ? "answer" : null;
  const told = request.outcome();
  if (told.cacheKey === null || isOfUnlike(told, plan)) return "key";
  return plan.options.cache.kind === "semantic" && told.cacheSimilarity === null ? "prompt" : null;
}

/** Whether a record bears the key of the answer to a like prompt, which this plan takes for none. */
function isOfUnlike({ cacheSimilarity }: LoggedOutcome, { options }: CachePlan): boolean {
  if (cacheSimilarity === null) return false;
  return options.cache.kind !== "semantic" || cacheSimilarity < options.cache.above;
}

/** Of a record, which tells by a key what asks the same; of one that was given the answer to a like prompt it is the key of that answer. */
function recordedLookup(job: ReplayedJob, plan: CachePlan, first: string): Lookup | null {
  if (isOfUnlike(job.logged, plan)) return null;
  const asked = counterValue(job.logged.cacheKey ?? "");
  const changes = counterValue(JSON.stringify(overridesOf(plan)));
  const aboutAt = (target: string): EntryNames => ({
    ...{ key: `${asked}\n${target}\n${changes}\n${job.copy}`, tenant: "", target },
    tags: plan.tags,
  });
  const about = aboutAt(first);
  const wish = clientWish(job.logged.cacheControl ?? undefined);
  return {
    ...{ about, aboutAt, lifetime: lifetimeOf(plan), wish, meaning: null },
    ...{ isLike: job.logged.cacheSimilarity !== null, words: () => null },
  };
}

interface AskedBody {
  readonly plan: CachePlan;
  readonly first: string;
  readonly chat: LoggedChat;
  readonly scope: CacheSettings["scope"];
  readonly targetOf: LookupParts["targetOf"];
}

/** Of a body: the gateway's own key and partition, by the target's name in place of all that tells its model. */
function bodyLookup(job: ReplayedJob, { plan, first, chat, scope, targetOf }: AskedBody): Lookup {
  const { body, headers, caller } = chat;
  const conversation = chatToConversation(body);
  const left = leftoversOfChat(body).length + (body[beyond]?.rest ?? []).length;
  const tenant = tenantOf(scope, caller ?? null);
  const overrides = overridesOf(plan);
  const keyOf = (target: string, of: Conversation, whole: Fields | null): string => {
    // What the plan changes on the way up is no matter of what the client wrote there.
    const asked = overrideConversation(of, targetOf(target) ?? { prices: [] }, overrides);
    return cacheKey({
      ...{ tenant, weights: null, conversation: asked, dialect: "chat", wireHeaders: {} },
      ...{ target: `${target}\n${job.copy}`, body: whole, overrides },
    });
  };
  const aboutAt = (target: string): EntryNames => ({
    ...{ key: keyOf(target, conversation, left > 0 ? body : null), tenant, target },
    tags: plan.tags,
  });
  const { cache } = plan.options;
  const split = cache.kind === "semantic" && left === 0 ? splitPrompt(conversation) : null;
  const meaning =
    split === null || cache.kind !== "semantic"
      ? null
      : {
          ...{ tenant, prompt: split.prompt, above: cache.above, within: cache.within },
          partition: keyOf(first, split.rest, null),
        };
  const wish = clientWish(headers?.["cache-control"]);
  const words = () => (meaning === null ? null : (job.request.answer?.() ?? null));
  return {
    ...{ about: aboutAt(first), aboutAt, lifetime: lifetimeOf(plan), wish, meaning, words },
    isLike: false,
  };
}

function lifetimeOf({ options }: CachePlan): Lifetime {
  return { forMs: options.cache.forMs, staleMs: options.staleMs ?? 0 };
}

/** Whether a request and its answer are words alone, as in the gateway: nothing that a provider keeps, or that others may change meanwhile. */
function mayBeKept({ body, endpoint }: LoggedChat, api: Provider["api"] | undefined): boolean {
  const said: Fields = { ...body, ...body[beyond]?.settings };
  const { store, background } = said;
  if (store === true || background === true) return false;
  // OpenAI keeps what was answered over this API unless it is told not to, and a later request may name it.
  if (endpoint === "responses" && store !== false && api === "responses") return false;
  return keptState(body) === null && !mediaOf(body).away;
}
