import type { Failure } from "../../protocol/failure.ts";
import type { ResponseHead } from "../providers/adapter.ts";
import { unsupported } from "../providers/carrier.ts";
import { badResponse, classify, cutStream } from "../providers/classify.ts";
import { errorSignal, isFields, noSignal, parseJson } from "../providers/error-signal.ts";
import { retryHintMs } from "../providers/retry-hint.ts";
import type { Fields } from "./language-model.ts";

/** Whether a value is an error of the AI SDK of a kind; its errors bear a mark, so that versions of it know each other's. */
function isSdkError(value: unknown, name: string): value is Fields {
  return (
    typeof value === "object" && value !== null && Symbol.for(`vercel.ai.error.AI_${name}`) in value
  );
}

const notUnderstood = [
  "EmptyResponseBodyError",
  "InvalidResponseDataError",
  "JSONParseError",
  "NoContentGeneratedError",
  "TypeValidationError",
];
const notSayable = ["UnsupportedFunctionalityError", "InvalidPromptError", "InvalidArgumentError"];

/**
 * Classifies what a package throws, or puts into its stream. Null for what is no error of the AI SDK: then the package itself
 * is at fault, or its credentials.
 */
export function sdkFailure(error: unknown): Failure | null {
  if (isSdkError(error, "APICallError")) return callFailure(error);
  // How some packages tell that a stream ended before its answer did.
  if (
    isSdkError(error, "InvalidResponseDataError") &&
    /ended without/.test(String(error["message"]))
  )
    return cutStream("the provider's stream ended before its answer did");
  if (notUnderstood.some((name) => isSdkError(error, name)))
    return badResponse("the provider's answer is not one that its package can read");
  if (notSayable.some((name) => isSdkError(error, name))) {
    const { functionality } = error as Fields;
    const what = typeof functionality === "string" ? functionality.slice(0, 100) : "this request";
    return unsupported("messages", what);
  }
  if (isSdkError(error, "LoadAPIKeyError") || isSdkError(error, "LoadSettingError"))
    return noCredentials;
  if (isSdkError(error, "NoSuchModelError"))
    return classify(404, { ...noSignal, type: "not_found_error" });
  if (error instanceof Error) return null;
  return streamFailure(error);
}

const noCredentials: Failure = {
  cause: "auth",
  retrySame: false,
  message: "the provider's package lacks credentials or a setting",
};

/** An error of HTTP, as the package saw it. */
function callFailure(error: Fields): Failure {
  const { statusCode, responseBody, responseHeaders, data, message, cause } = error;
  const status = typeof statusCode === "number" ? statusCode : 200;
  const body = typeof responseBody === "string" ? responseBody : "";
  const signal = errorSignal(data) ?? errorSignal(parseJson(body));
  if (status < 300 && signal === null && cause !== undefined)
    return badResponse("the provider's answer is not one that its package can read");
  const headers = isFields(responseHeaders) ? (responseHeaders as ResponseHead["headers"]) : {};
  const told = signal ?? { ...noSignal, message: typeof message === "string" ? message : "" };
  return classify(status < 300 ? 200 : status, told, retryHintMs({ status, headers }, body));
}

/** An error that came in the stream: a text, or fields with the status that the package takes it for. */
function streamFailure(error: unknown): Failure {
  if (typeof error === "string") return classify(200, { ...noSignal, message: error });
  if (!isFields(error)) return classify(200, noSignal);
  const { statusCode, type, code, message, data } = error;
  const status = typeof statusCode === "number" ? statusCode : null;
  const signal = errorSignal({ message, type, code }) ?? errorSignal(data) ?? noSignal;
  return classify(200, { ...signal, innerStatus: status ?? signal.innerStatus });
}
