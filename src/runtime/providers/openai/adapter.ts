import type { ModelRequest, Relayed } from "../../../protocol/model-request.ts";
import type {
  Answer,
  ProviderAdapter,
  ResponseHead,
  StreamReader,
  UpstreamRequest,
} from "../adapter.ts";
import { Carrier } from "../carrier.ts";
import type { AnswerDecoder } from "../decoder.ts";
import { exhaustedMs } from "../rate-limits.ts";
import { readErrorAnswer } from "../read-error-answer.ts";
import {
  bodyForResponses,
  openResponseEvents,
  openResponseStream,
  readResponse,
} from "../responses/responses-wire.ts";
import { createWholeDecoder, isWhole, translateStream, translateWhole } from "../translation.ts";
import { createHeadCache, type UpstreamHead } from "../upstream-head.ts";
import { openWholeAsStream } from "../whole-as-stream.ts";
import { withoutCustomTools } from "./custom-tools.ts";
import { ChatDecoder, decodeCompletion } from "./decode.ts";
import type { Differences } from "./differences.ts";
import { headRecipeOf } from "./head.ts";
import { bodyForRelay, noteStripped, noteThinking, prepareBody } from "./prepare.ts";
import { chatRateLimits } from "./rate-limits.ts";
import { readBody } from "./read-body.ts";
import { openChatStream } from "./read-stream.ts";
import { openRelay, relayWhole } from "./relay.ts";
import { translatedRequest } from "./translated-request.ts";

/** Which of OpenAI's two APIs for conversations a provider is asked over. */
export type OpenAiApi = "chat" | "responses";

/**
 * The adapter for OpenAI's APIs; `row` says where a provider departs from the common wire. Clients of Responses are relayed to
 * providers that have it; all others are asked over `api`.
 */
export function createOpenAiAdapter(row: Differences, api: OpenAiApi = "chat"): ProviderAdapter {
  const overResponses = ({ dialect }: ModelRequest): boolean =>
    api === "responses" || (dialect === "responses" && row.hasResponses);
  const headOf = createHeadCache(headRecipeOf(row));
  return {
    prepare(request, target, provider, overrides) {
      const head = headOf(provider);
      if ("cause" in head) return { ok: false, failure: head };
      const relayed = relayedBy(row, request);
      if (relayed !== null)
        return {
          ok: true,
          request: prepareRelay(head, relayed, bodyForRelay(row, request, target, overrides)),
        };
      const carrier = new Carrier(overrides.dropUnsupported === true);
      if (overResponses(request)) {
        const body = bodyForResponses(request, target, overrides, carrier);
        return sent(head, "/responses", body, carrier);
      }
      const asked =
        request.dialect === "chat"
          ? withoutCustomTools(request, { row, carrier, placeOf: (at) => `tools[${at}]` })
          : translatedRequest(request, { row, target, carrier });
      noteStripped(row, asked.body, target, carrier);
      noteThinking(row, asked.body, { target, overrides, carrier });
      const body = prepareBody(row, asked, target, overrides);
      return sent(head, "/chat/completions", body, carrier);
    },
    readBody: (head, bytes, request) =>
      request.relayed === undefined && overResponses(request)
        ? readResponse(head, bytes, request)
        : readWhole(head, bytes, { request, row }),
    readError: (head, bytes) => readErrorAnswer(head, bytes, chatRateLimits),
    exhaustedMs: (head) => exhaustedMs(head, chatRateLimits),
    openStream: (head, request) =>
      request.relayed === undefined && overResponses(request)
        ? openResponseStream(head, request)
        : openStream(head, request, row),
    openEvents: (head, request) =>
      request.relayed === undefined && overResponses(request)
        ? openResponseEvents(head)
        : openChatEvents(head, request, row),
  };
}

function sent(
  head: UpstreamHead,
  path: string,
  body: Uint8Array | string,
  { failure, dropped }: Carrier,
): ReturnType<ProviderAdapter["prepare"]> {
  if (failure !== null) return { ok: false, failure };
  return { ok: true, request: { path: head.path + path, headers: head.headers, body, dropped } };
}

function readWhole(
  head: ResponseHead,
  bytes: Uint8Array,
  { request, row }: { readonly request: ModelRequest; readonly row: Differences },
): Answer {
  const relayed = relayedBy(row, request);
  if (relayed !== null) return relayWhole(head, bytes, relayed);
  return request.dialect === "chat"
    ? readBody(head, bytes, row)
    : translateWhole(decodeCompletion(head, bytes, row), request);
}

function openStream(head: ResponseHead, request: ModelRequest, row: Differences): StreamReader {
  if (relayedBy(row, request) !== null) return openRelay(request.relayed?.answers ?? 1);
  if (request.dialect === "chat")
    return isWhole(head)
      ? openWholeAsStream(head, request, (bytes) => readBody(head, bytes, row))
      : openChatStream(request, row);
  return translateStream(openChatEvents(head, request, row), request);
}

function openChatEvents(
  head: ResponseHead,
  request: ModelRequest,
  row: Differences,
): AnswerDecoder {
  return isWhole(head)
    ? createWholeDecoder(head, (bytes) => decodeCompletion(head, bytes, row))
    : new ChatDecoder(row, request.body.n ?? 1);
}

/** The request as it is to be handed on, where this provider has the same API; null where it has to be translated. */
function relayedBy(row: Differences, { dialect, relayed }: ModelRequest): Relayed | null {
  if (relayed === undefined) return null;
  return dialect === "completions" && !row.completes ? null : relayed;
}

function prepareRelay(
  head: UpstreamHead,
  relayed: Relayed,
  body: Uint8Array | string,
): UpstreamRequest {
  const { contentType } = relayed;
  const headers =
    contentType === null
      ? head.headers
      : head.headers.map((value, at) =>
          at % 2 === 1 && head.headers[at - 1] === "content-type" ? contentType : value,
        );
  return { path: head.path + relayed.path, headers, body };
}
