import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { CacheEntry } from "./cache-store.ts";

type Loose = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => typeof value === "number";
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isFields: Check = (value) => isLoose(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isShape =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isLoose(value)) return false;
    for (const name in shape) if (shape[name]?.(value[name]) !== true) return false;
    return true;
  };

const textOrNull = orNull(isText);
const block = { choice: isCount, text: isText };

/** The fields of each event that is kept, by its kind. */
const events: Readonly<Record<Exclude<AnswerEvent["kind"], "ping">, Check>> = {
  start: isShape({ id: isText, model: isText, created: isNumber }),
  text: isShape({
    ...block,
    logprobs: orAbsent((value) => Array.isArray(value) && value.every(isFields)),
  }),
  reasoning: isShape({ ...block, summary: isFlag, id: orAbsent(isText) }),
  reasoning_end: isShape({
    choice: isCount,
    reasoning: isShape({
      ...{ text: isText, summary: isFlag, signature: textOrNull, encrypted: textOrNull },
      ...{ id: textOrNull, model: textOrNull, dialect: orAbsent(isText) },
    }),
  }),
  refusal: isShape(block),
  citation: isShape({ choice: isCount, citation: isFields }),
  call_start: isShape({
    ...{ choice: isCount, call: isCount, id: isText, name: isText, custom: isFlag },
    signature: orAbsent(isText),
  }),
  call_args: isShape({ ...block, call: isCount }),
  media: isShape({
    ...{ choice: isCount, mediaType: isText, data: isText, about: orAbsent(isFields) },
  }),
  finish: isShape({
    choice: isCount,
    reason: isText,
    native: textOrNull,
    stopSequence: textOrNull,
  }),
  usage: isShape({
    usage: isShape({
      ...{ inputTokens: isNumber, cachedReadTokens: isNumber, cachedWriteTokens: isNumber },
      ...{ outputTokens: isNumber, reasoningTokens: isNumber, estimated: isFlag },
      ...{ tier: orAbsent(isText), region: orAbsent(isText), model: orAbsent(isText) },
    }),
    tier: textOrNull,
  }),
};

/** Events from their JSON text; null where they are no whole answer: one begin, first, and an end of each choice. */
export function readAnswer(text: string): readonly AnswerEvent[] | null {
  const read = parsed(text);
  if (!Array.isArray(read)) return null;
  const [ended, begun] = [new Set<unknown>(), new Set<unknown>()];
  for (const [at, event] of (read as readonly unknown[]).entries()) {
    if (!isEvent(event) || (event["kind"] === "start") !== (at === 0)) return null;
    if (event["kind"] === "finish") ended.add(event["choice"]);
    else if ("choice" in event) begun.add(event["choice"]);
  }
  const isWhole = ended.size > 0 && [...begun].every((choice) => ended.has(choice));
  return isWhole ? (read as readonly AnswerEvent[]) : null;
}

const isEntry = isShape({
  ...{ key: isText, tenant: isText, target: isText, tags: isTexts, answer: isText },
  ...{ storedAtMs: isNumber, expiresAtMs: isNumber, cost: orNull(isNumber) },
});

/** The entry of a key from its JSON text; null where that is none, or another's. */
export function readEntry(text: string, key: string): CacheEntry | null {
  const read = parsed(text);
  return isEntry(read) && (read as CacheEntry).key === key ? (read as CacheEntry) : null;
}

function isEvent(value: unknown): value is Loose {
  if (!isLoose(value)) return false;
  const { kind } = value;
  return typeof kind === "string" && Object.hasOwn(events, kind)
    ? events[kind as keyof typeof events](value)
    : false;
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
