import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import { openAiErrorBody, openAiErrorEvent } from "../../protocol/api-error.ts";
import { collectAnswer } from "../../protocol/collect-answer.ts";
import type { AnswerWriter } from "../../protocol/model-request.ts";
import { doneEvent, encodeSse } from "../../protocol/sse.ts";
import type { Usage } from "../../protocol/usage.ts";
import { usageObject } from "../chat/write-chat.ts";

/** Writes answers as `text_completion`: text alone, since the older API knows nothing else. */
export const completionsWriter: AnswerWriter = {
  open: (request) => new CompletionsEncoder(request.body.stream_options?.include_usage === true),
  whole(_request, events) {
    const { id, model, created, choices, usage } = collectAnswer(events);
    return JSON.stringify({
      id,
      object: "text_completion",
      created,
      model,
      choices: choices.map(({ blocks, finish }, index) => ({
        text: blocks.map((block) => (block.kind === "text" ? block.text : "")).join(""),
        index,
        logprobs: null,
        finish_reason: finish ?? "stop",
      })),
      ...(usage === null ? {} : { usage: usageObject(usage) }),
    });
  },
  problem: openAiErrorBody,
  brokenStream: openAiErrorEvent,
};

class CompletionsEncoder implements AnswerEncoder {
  readonly #showsUsage: boolean;
  #head: object = {};
  #usage: Usage | null = null;

  constructor(showsUsage: boolean) {
    this.#showsUsage = showsUsage;
  }

  encode(event: AnswerEvent): string {
    switch (event.kind) {
      case "start": {
        const { id, created, model } = event;
        this.#head = { id, object: "text_completion", created, model };
        return "";
      }
      case "usage":
        this.#usage = event.usage;
        return "";
      case "text":
        return this.#chunk(event.choice, event.text, null);
      case "finish":
        return this.#chunk(event.choice, "", event.reason);
      default:
        return "";
    }
  }

  end(): string {
    if (!this.#showsUsage || this.#usage === null) return doneEvent;
    const last = { ...this.#head, choices: [], usage: usageObject(this.#usage) };
    return encodeSse(JSON.stringify(last)) + doneEvent;
  }

  #chunk(index: number, text: string, finish_reason: string | null): string {
    const choices = [{ text, index, logprobs: null, finish_reason }];
    return encodeSse(JSON.stringify({ ...this.#head, choices }));
  }
}
