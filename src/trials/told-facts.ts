import { noLiveTargets } from "../catalog/target-fact.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { asksDetector } from "../extract/configured-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import { createFactsByName } from "../extract/facts-by-name.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import type { FactRecord } from "../extract/named-facts.ts";
import { derivationOf } from "../extract/prompt-derivations.ts";
import type { Fact } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import type { CheckedIntent } from "../language/checker/checked-policy.ts";
import type { ChatBody, ChatMessage } from "../protocol/chat-request.ts";

/** Tells facts from a body, or from the `prompt` and `system` that a trial gives; those it says nothing of are left out. */
export type Teller = (
  given: FactRecord,
  body: ChatBody | null,
  atMs: number,
) => Promise<FactRecord>;

/** Makes a teller of the named facts, as the gateway would read them. */
export function createTeller(
  names: readonly string[],
  intents: readonly CheckedIntent[],
  configuration: Configuration,
): Teller {
  const facts = names.flatMap((name) => lookUpFact(configuration.facts, name) ?? []);
  const readBody = createFactsByName(
    facts.map(({ name }) => name),
    intents,
    configuration,
  );
  const ofTexts = facts.filter(isToldByTexts).map(({ name }) => name);
  const readTexts = createFactsByName(ofTexts, intents, configuration);
  const derived = facts.flatMap(({ name, from }) => {
    const derive = from.length === 0 ? derivationOf(name, intents, configuration.facts) : null;
    return derive === null ? [] : [{ name, derive }];
  });
  return async (given, body, atMs) => {
    if (body !== null) return toldByBody(await readBody(contextOf(body, atMs)), facts);
    const { prompt, system } = given;
    const messages = [messageOf("system", system), messageOf("user", prompt)].filter(
      (message) => message !== null,
    );
    if (messages.length === 0) return {};
    const told: Record<string, unknown> = await readTexts(contextOf({ model: "", messages }, atMs));
    if (typeof prompt !== "string") return told;
    await loadDerivations(derived.map(({ name }) => ({ key: name })));
    for (const { name, derive } of derived) told[name] = derive(prompt, given["tools"]) ?? null;
    return told;
  };
}

function messageOf(role: string, content: unknown): ChatMessage | null {
  return typeof content === "string" ? { role, content } : null;
}

/** Facts that the texts of a request tell, whoever wrote them. */
function isToldByTexts(fact: Fact): boolean {
  if (fact.from.length > 0) return asksDetector(fact);
  return fact.name === "tokens" || fact.name === "pii";
}

const ofOthers = /^(?:key|user|team|tier|time|weekday|date|due|difficulty|confidence)$|^[a-z]+\./;
const mayBeLeftOut = /^(?:max_tokens|reasoning|language|intent|pii)$|^metadata\./;

/** What a body says, or says by its silence; what it knows nothing of counts as not given. */
function toldByBody(read: FactRecord, facts: readonly Fact[]): FactRecord {
  const told: Record<string, unknown> = {};
  for (const { name, from, model } of facts) {
    const value = read[name];
    if (value !== null && value !== undefined && !isClock(name, from)) told[name] = value;
    else if (from.length > 0) continue;
    else if (model !== undefined || mayBeLeftOut.test(name) || !ofOthers.test(name)) {
      told[name] = null;
    }
  }
  return told;
}

/** A body does not say when it came. */
function isClock(name: string, from: readonly string[]): boolean {
  return from.length === 0 && (name === "time" || name === "date" || name === "weekday");
}

function contextOf(body: ChatBody, atMs: number): RequestContext {
  return {
    chat: { body },
    headers: {},
    caller: null,
    nowMs: atMs,
    requestId: "trial",
    endpoint: "chat",
    requested: null,
    live: noLiveTargets,
  };
}
