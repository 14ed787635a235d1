import { openAiErrorBody } from "../../protocol/api-error.ts";
import type { AnswerWriter } from "../../protocol/model-request.ts";
import { errorEvent } from "./error-event.ts";
import { ResponseEncoder } from "./response-encoder.ts";

/**
 * Writes answers of `POST /v1/responses`. A stream that breaks ends with `response.failed` and `error` when its encoder ends it
 * (`broken`), with `error` alone when only the writer is at hand: that event needs no id, and clients raise on it.
 */
export const responsesWriter: AnswerWriter = {
  open: (request) => new ResponseEncoder(request.native, true),
  whole(request, events) {
    const encoder = new ResponseEncoder(request.native, false);
    for (const event of events) encoder.encode(event);
    return JSON.stringify(encoder.response());
  },
  problem: openAiErrorBody,
  brokenStream: (problem) => errorEvent(problem, 0),
};
