import { hash } from "node:crypto";
import type { Target } from "../catalog/target.ts";
import type { Provider } from "../configuration/configuration.ts";
import { keptState } from "../extract/kept-state.ts";
import { mediaOf } from "../extract/media.ts";
import { beyond } from "../protocol/chat-request.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { cacheKey } from "../runtime/cache/cache-key.ts";
import { canonicalJson } from "../runtime/cache/canonical-json.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { overrideConversation } from "../runtime/providers/override-conversation.ts";
import { splitPrompt } from "../runtime/semantic/split-prompt.ts";
import { overridesOf } from "../runtime/transport/overrides.ts";
import { leftoversOfChat } from "../surface/chat/leftovers.ts";
import type { ActiveTarget } from "./target-table.ts";

/**
 * Whether a request and its answer are words alone, so that another request that asks the same may be given the answer: nothing that
 * a provider keeps or does is part of either, and nothing that others may change meanwhile.
 */
export function mayBeKept(
  request: ModelRequest,
  { provider }: Pick<ActiveTarget, "provider">,
): boolean {
  if (request.relayed !== undefined || request.counting === true) return false;
  const { store, background } = request.native;
  if (store === true || background === true) return false;
  // OpenAI keeps what was answered over this API unless it is told not to, and a later request may name it.
  if (request.dialect === "responses" && store !== false && provider.api === "responses")
    return false;
  return keptState(request.body) === null && !mediaOf(request.body).away;
}

const identities = new WeakMap<Target, Map<Provider, string>>();

/** What tells a target's model from all others, and what is sent there from what others are sent. The same text for each request. */
export function identityOf({ target, provider, standIn }: ActiveTarget): string {
  let known = identities.get(target);
  if (known === undefined) {
    known = new Map();
    identities.set(target, known);
  }
  let identity = known.get(provider);
  if (identity === undefined) {
    identity = canonicalJson({
      ...{ name: target.name, model: target.model, region: target.region },
      ...{ quantization: target.quantization, maxOutputTokens: target.maxOutputTokens },
      ...{ rejectsSampling: target.rejectsSampling, rejectsEffort: target.rejectsEffort },
      rejectsForcedTools: target.rejectsForcedTools,
      rejectsPrefill: target.rejectsPrefill ?? false,
      thinking: [...(target.thinking ?? [])].sort(),
      lacks: [...(target.lacks ?? [])].sort(),
      ...{ provider: provider.name, kind: provider.kind, url: provider.url, api: provider.api },
      ...{ headers: provider.headers, package: provider.sdk?.package ?? null, standIn },
      options: provider.sdk?.options ?? null,
    });
    known.set(provider, identity);
  }
  return identity;
}

/** What a key is made from, besides the target. */
export interface KeyAsked {
  readonly request: ModelRequest;
  readonly plan: Plan;
  readonly tenant: string;
  /** The weights behind the plan's first target when the request came; null where nobody says. */
  readonly weights: string | null;
}

/** What a request asks, and what it asks it about. */
export interface AskedPrompt {
  readonly prompt: string;
  /** The key of the request with its prompt taken out. */
  readonly partition: string;
}

/**
 * Takes what is asked out of a request, for its answer to be found by meaning; null where its prompt cannot be told from the rest: it has
 * none, or its body says more to its own wire than the conversation holds.
 */
export function promptOfAnswer(
  { request, plan, tenant, weights }: KeyAsked,
  active: ActiveTarget,
): AskedPrompt | null {
  if (hasLeftovers(request)) return null;
  const overrides = overridesOf(plan);
  const { dialect, wireHeaders = {} } = request;
  const conversation = overrideConversation(request.conversation(), active.target, overrides);
  const split = splitPrompt(conversation);
  if (split === null) return null;
  const partition = cacheKey({
    ...{ tenant, weights, conversation: split.rest, overrides, dialect, wireHeaders },
    ...{ target: identityOf(active), body: null },
  });
  return { prompt: split.prompt, partition };
}

/** The key of the answer of a target. `weights` tells what its server runs at present; null where nobody says. */
export function keyOfAnswer(
  { request, plan, tenant }: Omit<KeyAsked, "weights">,
  active: ActiveTarget,
  weights: string | null,
): string {
  const overrides = overridesOf(plan);
  const { dialect, wireHeaders = {} } = request;
  const conversation = overrideConversation(request.conversation(), active.target, overrides);
  return cacheKey({
    ...{ tenant, weights, conversation, overrides, dialect, wireHeaders },
    target: identityOf(active),
    body: hasLeftovers(request) ? request.native : null,
  });
}

/** Keys by what they were made from, so that a body that comes again need not be taken apart again. */
interface Remembered {
  readonly keys: Map<string, string>;
  /** What the last key was made from besides its body, and the text of that: one request is mostly like the next. */
  last: Beside | null;
  text: string;
}

interface Beside extends Pick<KeyAsked, "plan" | "tenant" | "weights"> {
  readonly dialect: ModelRequest["dialect"];
  readonly wireHeaders: ModelRequest["wireHeaders"];
}

const remembered = new WeakMap<ActiveTarget, Remembered>();

/** For each target; about 200 bytes each. */
const mostRemembered = 4_096;

/** The same, and quicker for a body that came before. */
export function rememberedKey(
  asked: Omit<KeyAsked, "weights">,
  active: ActiveTarget,
  weights: string | null,
): string {
  let known = remembered.get(active);
  if (known === undefined) {
    known = { keys: new Map(), last: null, text: "" };
    remembered.set(active, known);
  }
  const { keys } = known;
  const from = digestOf(asked.request) + textBeside(asked, weights, known);
  let key = keys.get(from);
  if (key === undefined) {
    key = keyOfAnswer(asked, active, weights);
    if (keys.size >= mostRemembered) keys.clear();
    keys.set(from, key);
  }
  return key;
}

/** Digests of the bodies of requests that come again; null until they are asked for. */
const digests = new WeakMap<ModelRequest, string | null>();

/** Has the digest of a request's body kept, as long as the request is: it will be asked again. */
export function keepDigest(request: ModelRequest): void {
  if (!digests.has(request)) digests.set(request, null);
}

function digestOf(request: ModelRequest): string {
  const known = digests.get(request);
  if (typeof known === "string") return known;
  const digest = hash("sha256", request.bytes, "binary");
  if (known === null) digests.set(request, digest);
  return digest;
}

/** What a key is made from besides its body, as one text. */
function textBeside(
  { request: { dialect, wireHeaders }, plan, tenant }: Omit<KeyAsked, "weights">,
  weights: string | null,
  known: Remembered,
): string {
  const { last } = known;
  const isSame =
    last?.plan === plan &&
    last.dialect === dialect &&
    last.tenant === tenant &&
    last.weights === weights &&
    last.wireHeaders === wireHeaders;
  if (!isSame) {
    known.last = { plan, dialect, tenant, weights, wireHeaders };
    known.text = JSON.stringify([dialect, tenant, weights, wireHeaders, overridesOf(plan)]);
  }
  return known.text;
}

/** Whether the client's body says more to a provider of its own wire than the conversation holds. */
function hasLeftovers({ dialect, body }: ModelRequest): boolean {
  const left = dialect === "chat" ? leftoversOfChat(body) : (body[beyond]?.rest ?? []);
  return left.length > 0;
}
