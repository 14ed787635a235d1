import type { Failure } from "../../protocol/failure.ts";
import type { ResponseHead } from "./adapter.ts";
import { classify } from "./classify.ts";
import { errorSignal, noSignal, parseJson } from "./error-signal.ts";
import { headerOf, retryHintMs } from "./retry-hint.ts";

/** More of an error's body says nothing new. */
const readBytes = 256 * 1024;

/** Classifies a non-2xx answer of either wire; a body that is no JSON is judged by the status alone. */
export function readErrorAnswer(head: ResponseHead, bytes: Uint8Array): Failure {
  const text = new TextDecoder("utf-8").decode(bytes.subarray(0, readBytes));
  const signal = errorSignal(parseJson(text)) ?? noSignal;
  const failure = classify(head.status, signal, retryHintMs(head, text));
  return headerOf(head, "x-should-retry") === "false" ? { ...failure, retrySame: false } : failure;
}
