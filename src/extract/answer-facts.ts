import { type Schema, Validator } from "@cfworker/json-schema";
import type { FactValue } from "../facts/fact.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { AnswerChoice, WholeAnswer } from "../protocol/collect-answer.ts";

/** What is read of an answer: what was said, and what was asked for. */
export interface AnswerContext {
  readonly answer: WholeAnswer;
  readonly body: Pick<ChatBody, "response_format">;
}

/** The value of a fact of an answer, by its name without `response.`; undefined where the answer does not tell it. */
export function readAnswerFact(name: string, context: AnswerContext): FactValue | undefined {
  const { choices, usage } = context.answer;
  switch (name) {
    case "valid_json":
      return isJsonAsAsked(context);
    case "refusal":
      return choices.some(
        ({ blocks, finish }) =>
          finish === "content_filter" || blocks.some(({ kind }) => kind === "refusal"),
      );
    case "complete":
      return choices.every(({ finish }) => finish === "stop" || finish === "tool_calls");
    case "tokens":
      return usage?.outputTokens;
    case "logprob":
      return meanLogprob(choices);
    default:
      return undefined;
  }
}

function meanLogprob(choices: readonly AnswerChoice[]): number | undefined {
  let sum = 0;
  let count = 0;
  for (const { blocks } of choices)
    for (const block of blocks) {
      if (block.kind !== "text") continue;
      for (const { logprob } of block.logprobs) {
        if (typeof logprob !== "number" || !Number.isFinite(logprob)) continue;
        sum += logprob;
        count += 1;
      }
    }
  return count === 0 ? undefined : sum / count;
}

/** Undefined for an answer of calls alone. */
function isJsonAsAsked({ answer, body }: AnswerContext): boolean | undefined {
  const texts = answer.choices.map(textOf).filter((text) => text !== null);
  if (texts.length === 0) return undefined;
  const schema = body.response_format?.json_schema?.schema;
  return texts.every((text) => isJson(text, schema));
}

function textOf({ blocks }: AnswerChoice): string | null {
  const texts = blocks.flatMap((block) => (block.kind === "text" ? [block.text] : []));
  if (texts.length > 0) return texts.join("");
  return blocks.some(({ kind }) => kind === "call") ? null : "";
}

function isJson(text: string, schema: Readonly<Record<string, unknown>> | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return schema === undefined || fits(value, schema);
  } catch {
    // No JSON, nested so deep that nobody could walk it, or held to a schema that is none.
    return false;
  }
}

function fits(value: unknown, schema: Readonly<Record<string, unknown>>): boolean {
  return new Validator(withoutPatterns(schema) as Schema, "2020-12").validate(value).valid;
}

/** Keywords of regular expressions, which a client writes: one of them could hold the gateway up for hours. */
const patterned: ReadonlySet<string> = new Set(["pattern", "patternProperties", "format"]);

/** Under these the keys are names of a client's own, not keywords. */
const named: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);

function withoutPatterns(schema: unknown, areNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((each: unknown) => withoutPatterns(each));
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => areNames || !patterned.has(key));
  return Object.fromEntries(
    kept.map(([key, value]): [string, unknown] => [
      key,
      key === "enum" || key === "const"
        ? value
        : withoutPatterns(value, !areNames && named.has(key)),
    ]),
  );
}
