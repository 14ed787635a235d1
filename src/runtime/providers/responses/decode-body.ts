import type { Failure } from "../../../protocol/failure.ts";
import type { ResponseHead } from "../adapter.ts";
import { badResponse, classify } from "../classify.ts";
import type { Decoded } from "../decoder.ts";
import { errorSignal, isFields, parseJson } from "../error-signal.ts";
import { retryHintMs } from "../retry-hint.ts";
import { AnswerReader } from "./answer-reader.ts";
import { responseFailure } from "./failure.ts";

const decoder = new TextDecoder("utf-8");

/** Reads a whole response object; one that failed, or is not whole, is a failure. */
export function decodeResponsesBody(head: ResponseHead, bytes: Uint8Array): Decoded {
  const text = decoder.decode(bytes);
  const value = parseJson(text);
  if (value === undefined)
    return failed(badResponse("the provider's answer is not JSON", head.status));
  const hint = retryHintMs(head, text);
  if (!isFields(value) || value["object"] !== "response" || !Array.isArray(value["output"])) {
    const signal = errorSignal(value);
    if (signal !== null) return failed(classify(200, signal, hint));
    return failed(badResponse("the provider's answer is not a response", head.status));
  }
  const { status = "completed" } = value;
  if (status === "failed") return failed(responseFailure(value["error"], hint));
  if (status !== "completed" && status !== "incomplete")
    return failed(badResponse("the provider's answer is not finished", head.status));
  const reader = new AnswerReader();
  const events = reader.take({ type: `response.${status}`, response: value });
  return reader.failure === null ? { ok: true, events } : failed(reader.failure);
}

function failed(failure: Failure): Decoded {
  return { ok: false, failure };
}
