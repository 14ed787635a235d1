import type { Target } from "../../../catalog/target.ts";
import { withoutMark } from "../../../protocol/byte-order-mark.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import { tieredUsage } from "../../../protocol/usage.ts";
import type { Answer, Overrides, ResponseHead, StreamReader } from "../adapter.ts";
import type { Carrier } from "../carrier.ts";
import type { AnswerDecoder, Decoded } from "../decoder.ts";
import { createWholeDecoder, isWhole, translateStream, translateWhole } from "../translation.ts";
import { decodeResponsesBody } from "./decode-body.ts";
import { ResponsesDecoder } from "./decode-stream.ts";
import { prepareResponses } from "./prepare.ts";
import { prepareNativeResponses } from "./prepare-native.ts";
import { openResponsesRelay } from "./relay.ts";

/** The body of a request over this wire: a client's own where it speaks it too, else a translation. */
export function bodyForResponses(
  request: ModelRequest,
  target: Target,
  overrides: Overrides,
  carrier: Carrier,
): Uint8Array | string {
  return request.dialect === "responses"
    ? prepareNativeResponses(request, target, { overrides, carrier })
    : prepareResponses(request.conversation(), target, overrides, carrier);
}

/** Reads a whole response for a client of any wire; for one of the same wire its bytes stay as they came. */
export function readResponse(head: ResponseHead, bytes: Uint8Array, request: ModelRequest): Answer {
  const decoded = decodeResponsesBody(head, bytes);
  if (request.dialect !== "responses") return translateWhole(decoded, request);
  const answer = readOnly(decoded);
  return answer.ok ? { ok: true, reply: { ...answer.reply, body: withoutMark(bytes) } } : answer;
}

function readOnly(decoded: Decoded): Answer {
  if (!decoded.ok) return decoded;
  const counted = decoded.events.findLast((event) => event.kind === "usage");
  const usage = counted === undefined ? null : tieredUsage(counted.usage, counted.tier);
  const finishReason = decoded.events.find((event) => event.kind === "finish")?.reason ?? null;
  return { ok: true, reply: { body: "", usage, finishReason } };
}

/** Reads a stream of responses for a client of any wire. */
export function openResponseStream(head: ResponseHead, request: ModelRequest): StreamReader {
  return request.dialect === "responses" && !isWhole(head)
    ? openResponsesRelay()
    : translateStream(openResponseEvents(head), request);
}

/** Reads a response, whole or streamed, into events. */
export function openResponseEvents(head: ResponseHead): AnswerDecoder {
  return isWhole(head)
    ? createWholeDecoder(head, (bytes) => decodeResponsesBody(head, bytes))
    : new ResponsesDecoder();
}
