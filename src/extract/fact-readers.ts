import { BugError } from "../base/assert.ts";
import type { Fact, FactValue } from "../facts/fact.ts";
import { readLedgerName } from "../facts/look-up.ts";
import { readFactValue } from "../facts/value.ts";
import { zoneClock } from "../facts/zone-clock.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { countTurns, jsonKind, maxTokens, toolChoice } from "./body-facts.ts";
import {
  readClientWord,
  readConfigured,
  readKeyAttribute,
  type StrangeValue,
} from "./configured-facts.ts";
import type { RequestContext } from "./context.ts";
import { countTools, mediaOf } from "./media.ts";

/** Reads a fact at hand; undefined is unknown. */
export type FactReader = (context: RequestContext) => FactValue | undefined;

const utc = zoneClock("UTC");
const ofBody =
  (read: (body: ChatBody) => FactValue | undefined): FactReader =>
  ({ chat }) =>
    read(chat.body);
const ofKey =
  (name: string): FactReader =>
  (context) => {
    const value = readKeyAttribute(context, name);
    return value === undefined ? undefined : String(value);
  };

const builtIn: Readonly<Record<string, FactReader>> = {
  max_tokens: ofBody(maxTokens),
  messages: ofBody((body) => body.messages.length),
  turns: ofBody(countTurns),
  model: ofBody((body) => body.model),
  endpoint: ({ endpoint }) => endpoint,
  stream: ofBody((body) => body.stream === true),
  tools: ofBody(countTools),
  tool_choice: ofBody(toolChoice),
  json: ofBody(jsonKind),
  images: ofBody((body) => mediaOf(body).images),
  audio: ofBody((body) => mediaOf(body).audio),
  files: ofBody((body) => mediaOf(body).files),
  key: ofKey("name"),
  user: ofKey("user"),
  team: ofKey("team"),
  tier: ofKey("tier"),
  time: ({ nowMs }) => nowMs,
  weekday: ({ nowMs }) => utc.weekday(nowMs),
  date: ({ nowMs }) => utc.date(nowMs),
};

/** `due` has no field of its own in the API: the client says it in a header or in its metadata. */
const dueSources = ["header.x-signalbox-due", "metadata.due"] as const;

/** Makes the reader of a fact of class 0 or 1, `tokens` apart. Throws a BugError for a fact that nobody can read. */
export function factReader(fact: Fact, strange: StrangeValue): FactReader {
  const { name } = fact;
  const standard = fact.default;
  if (fact.from.length > 0) {
    return (context) => readConfigured(fact, context, strange) ?? standard;
  }
  if (name.startsWith("header.") || name.startsWith("metadata.")) {
    return (context) => readFactValue(fact.type, readClientWord(context, name)) ?? standard;
  }
  if (name === "due") {
    return (context) => {
      for (const source of dueSources) {
        const due = readFactValue(fact.type, readClientWord(context, source));
        if (due !== undefined) return due;
      }
      return undefined;
    };
  }
  if (name === "reasoning") {
    return ({ chat }) => readFactValue(fact.type, chat.body.reasoning_effort);
  }
  if (readLedgerName(name) !== null) return ({ counted }) => counted?.get(name);
  const read = builtIn[name];
  if (read === undefined) throw new BugError(`nothing reads the fact ${name}`);
  return read;
}
