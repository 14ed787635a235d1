import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { Answer, ResponseHead } from "../adapter.ts";
import { badResponse, classify } from "../classify.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../error-signal.ts";
import { retryHintMs } from "../retry-hint.ts";
import type { Differences } from "./differences.ts";
import { finishOf, normaliseMessage, repairCalls } from "./normalise.ts";
import { readAnswerUsage, withCommonUsage } from "./read-usage.ts";

type Fields = Readonly<Record<string, unknown>>;
type Loose = Record<string, unknown>;

const decoder = new TextDecoder("utf-8");

/**
 * Reads a whole `chat.completion`. Bytes that are already in the client's dialect are handed on as they came; an error inside
 * a 200, HTML, cut JSON and a wrong shape are failures.
 */
export function readBody(head: ResponseHead, bytes: Uint8Array, row: Differences): Answer {
  const text = decoder.decode(bytes);
  const value = parseJson(text);
  if (value === undefined)
    return { ok: false, failure: badResponse("the provider's answer is not JSON", head.status) };
  const signal = errorSignal(value);
  if (signal !== null)
    return { ok: false, failure: classify(200, signal, retryHintMs(head, text)) };
  return readCompletion(value, bytes, row);
}

/** The same from parsed JSON that is no error. */
function readCompletion(value: unknown, bytes: Uint8Array, row: Differences): Answer {
  const choices = isFields(value) ? value["choices"] : null;
  const first: unknown = Array.isArray(choices) ? choices[0] : null;
  if (!isFields(value) || !isFields(first) || !isFields(first["message"]))
    return { ok: false, failure: badResponse("the provider's answer is not a chat completion") };
  const reason = finishOf(first["finish_reason"]);
  if (reason === "error")
    return {
      ok: false,
      failure: classify(200, { ...noSignal, code: String(first["finish_reason"]) }),
    };
  const usage = readAnswerUsage(value);
  const cached = usage?.cachedReadTokens ?? 0;
  const repaired = repair(cached === 0 ? value : withCommonUsage(value), value, row);
  const finishReason = finishOfChoice(first, first["message"], row);
  const reply = { body: repaired ?? withoutMark(bytes), usage, finishReason };
  return { ok: true, reply };
}

/** The answer serialised again where it departs from the dialect; null where the bytes can stay. */
function repair(value: Fields, received: Fields, row: Differences): string | null {
  let changed = value !== received;
  const repaired = (value["choices"] as readonly unknown[]).map((choice) => {
    if (!isFields(choice) || !isFields(choice["message"])) return choice;
    const message = normaliseMessage(choice["message"]);
    const calls = repairCalls(message["tool_calls"]);
    const reason = finishOfChoice(choice, message, row);
    if (message === choice["message"] && calls === null && reason === choice["finish_reason"])
      return choice;
    changed = true;
    const out: Loose = { ...message };
    if (calls !== null) out["tool_calls"] = calls;
    return { ...choice, message: out, finish_reason: reason };
  });
  return changed ? JSON.stringify({ ...value, choices: repaired }) : null;
}

/** How a choice finished in OpenAI's words; what finished with calls finished because of them. */
function finishOfChoice(choice: Fields, message: Fields, row: Differences): string | null {
  const reason = finishOf(choice["finish_reason"]);
  const calls = message["tool_calls"];
  const called = Array.isArray(calls) && calls.length > 0;
  return reason === "stop" && called && row.callsFinishAsStop ? "tool_calls" : reason;
}
