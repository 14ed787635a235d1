import { endpoints } from "../protocol/endpoint.ts";
import type { CostClass, Fact, FactType, Trust } from "./fact.ts";

/** Days as `weekday` names them, Monday first. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Intents that every policy can test without declaring them (LANGUAGE §3). */
export const shippedIntents = [
  "chat",
  "classify",
  "extract",
  "summarise",
  "translate",
  "code",
  "reason",
  "write",
  "tool",
  "other",
] as const;

interface Source {
  readonly costClass: CostClass;
  readonly trust: Trust;
  readonly mayBeUnknown: boolean;
}

const always = (costClass: CostClass, trust: Trust): Source => ({
  costClass,
  trust,
  mayBeUnknown: false,
});
const perhaps = (costClass: CostClass, trust: Trust): Source => ({
  costClass,
  trust,
  mayBeUnknown: true,
});

const whole: FactType = { kind: "whole" };
const boolean: FactType = { kind: "boolean" };
const text: FactType = { kind: "text" };
const oneOf = (...values: readonly string[]): FactType => ({ kind: "text", values });

function fact(name: string, type: FactType, source: Source, doc: string): Fact {
  return { name, type, ...source, from: [], doc };
}

const body = always(0, "gateway");
const wish = perhaps(0, "client");
const caller = perhaps(0, "key");
const clock = always(0, "gateway");

/**
 * Every fact that needs no declaration (LANGUAGE §5), but for the families `header.NAME` and `metadata.NAME`. Facts of
 * the body are measured by the gateway and never unknown; what a client merely says has the trust of a client.
 */
export const builtInFacts: readonly Fact[] = [
  fact(
    "tokens",
    whole,
    body,
    "Tokens of the prompt as sent, estimated; exact near a constant. What a provider keeps, or its own tools bring, is not in it.",
  ),
  fact("max_tokens", whole, wish, "The client's ceiling on completion tokens."),
  fact("messages", whole, body, "Messages in the request."),
  fact("turns", whole, body, "Messages of the user."),
  fact("model", text, always(0, "client"), "What the client wrote as the model."),
  fact("endpoint", oneOf(...endpoints), body, "The API that was called."),
  fact("stream", boolean, body, "Whether the client wants a stream."),
  fact("tools", whole, body, "Tools offered to the model."),
  fact(
    "tool_choice",
    oneOf("none", "auto", "required", "named"),
    body,
    "Whether a tool must be called; `named` when the client names one.",
  ),
  fact("json", oneOf("none", "object", "schema"), body, "The structured output asked for."),
  fact("images", whole, body, "Images in the messages."),
  fact("audio", whole, body, "Audio clips in the messages."),
  fact("files", whole, body, "Files in the messages."),
  fact(
    "reasoning",
    oneOf("none", "minimal", "low", "medium", "high", "xhigh"),
    wish,
    "The reasoning effort the client asks for; unknown when it says nothing.",
  ),
  fact("due", { kind: "duration" }, wish, "How long the caller can wait."),
  fact("key", text, caller, "Name of the caller's key."),
  fact("user", text, caller, "The user the caller's key belongs to."),
  fact("team", text, caller, "The team the caller's key belongs to."),
  fact("tier", text, caller, "The tier of the caller's key."),
  fact("time", { kind: "time" }, clock, "The moment the request came in."),
  fact("weekday", oneOf(...weekdays), clock, "The day of the week in UTC."),
  fact("date", { kind: "date" }, clock, "The calendar day in UTC."),
  fact("prompt", text, always(2, "client"), "The last text of the user."),
  fact("system", text, always(2, "client"), "The system text; empty when there is none."),
  fact("language", text, perhaps(2, "client"), "Language of the prompt, as an ISO 639-1 code."),
  fact("code", boolean, always(2, "client"), "Whether the prompt holds source code."),
  fact(
    "pii",
    boolean,
    perhaps(2, "gateway"),
    "Whether a text of the request holds personal data that is told by its form: addresses of mail and of machines, numbers of telephones, bank accounts (IBAN), payment cards, and social security numbers of the US with their separators. Names, streets, dates of birth and numbers of other kinds are not recognised, nor what is spelled out, encoded or drawn. What the client says for books and not for the model (`user`, `metadata`, `labels`, cache keys) is not looked at.",
  ),
  fact("intent", oneOf(...shippedIntents), perhaps(3, "client"), "What the prompt asks for."),
  fact(
    "difficulty",
    { kind: "decimal" },
    perhaps(3, "client"),
    "How likely the prompt is to be too hard, 0 to 1, by the configured model; without one it is unknown.",
  ),
  fact(
    "confidence",
    { kind: "decimal" },
    perhaps(3, "client"),
    "How sure the reader of `intent` is, 0 to 1.",
  ),
];

const table: ReadonlyMap<string, Fact> = new Map(builtInFacts.map((each) => [each.name, each]));

/** The built-in facts by name: the table to start from when no configuration declares more. */
export function builtInFactTable(): ReadonlyMap<string, Fact> {
  return table;
}
