import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import { openAiErrorBody, openAiErrorEvent } from "../../protocol/api-error.ts";
import { type AnswerChoice, collectAnswer } from "../../protocol/collect-answer.ts";
import type { Fields, Reasoning } from "../../protocol/conversation.ts";
import type { AnswerWriter, ModelRequest } from "../../protocol/model-request.ts";
import { doneEvent } from "../../protocol/sse.ts";
import type { Usage } from "../../protocol/usage.ts";

/**
 * Writes answers as chat completions. Beyond OpenAI's own fields: `reasoning_content` and `reasoning_details` for thinking and
 * its replay, `extra_content.google.thought_signature` on calls, `images` for pictures that a model made.
 */
export const chatWriter: AnswerWriter = {
  open: (request) => new ChatEncoder(request.body.stream_options?.include_usage === true),
  whole: wholeCompletion,
  wholeForAll: true,
  problem: openAiErrorBody,
  brokenStream: openAiErrorEvent,
};

/** Usage as a chat completion carries it. */
export function usageObject(usage: Usage): Fields {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedReadTokens,
      cache_write_tokens: usage.cachedWriteTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

/** What of a block of thinking has to come back: signed or sealed, under the model that alone accepts it; null for neither. */
function detailOf({ text, summary, signature, encrypted, id, model }: Reasoning): Fields | null {
  const who = { ...(id === null ? {} : { id }), ...(model === null ? {} : { model }) };
  if (encrypted !== null) {
    const told = text === "" ? {} : { summary: text };
    return { type: "reasoning.encrypted", data: encrypted, ...told, ...who };
  }
  if (signature === null) return null;
  return summary
    ? { type: "reasoning.summary", summary: text, signature, ...who }
    : { type: "reasoning.text", text, signature, ...who };
}

function signed(signature: string | null | undefined): Fields {
  if (signature === null || signature === undefined) return {};
  return { extra_content: { google: { thought_signature: signature } } };
}

function callHead(id: string, name: string, args: string, custom: boolean): Fields {
  return custom
    ? { id, type: "custom", custom: { name, input: args } }
    : { id, type: "function", function: { name, arguments: args } };
}

class ChatEncoder implements AnswerEncoder {
  readonly #showsUsage: boolean;
  #frame = "";
  #usage: Usage | null = null;
  /** Choices that have begun. */
  readonly #begun = new Set<number>();
  readonly #customCalls = new Set<string>();

  constructor(showsUsage: boolean) {
    this.#showsUsage = showsUsage;
  }

  encode(event: AnswerEvent): string {
    switch (event.kind) {
      case "start": {
        const { id, model, created } = event;
        const frame = { id, object: "chat.completion.chunk", created, model };
        this.#frame = `data: ${JSON.stringify(frame).slice(0, -1)}`;
        return this.#begin(0);
      }
      case "usage":
        this.#usage = event.usage;
        return "";
      case "ping":
        return this.#begun.size > 0 ? ": keep-alive\n\n" : "";
      default:
        return this.#begin(event.choice) + this.#said(event);
    }
  }

  end(): string {
    const usage = this.#usage;
    if (!this.#showsUsage || usage === null) return doneEvent;
    return `${this.#frame},"choices":[],"usage":${JSON.stringify(usageObject(usage))}}\n\n${doneEvent}`;
  }

  #said(event: Exclude<AnswerEvent, { kind: "start" | "usage" | "ping" }>): string {
    const { choice } = event;
    switch (event.kind) {
      case "text":
        return this.#chunk(choice, { content: event.text }, null, event.logprobs);
      case "reasoning":
        return this.#chunk(choice, { reasoning_content: event.text });
      case "reasoning_end": {
        const detail = detailOf(event.reasoning);
        return detail === null ? "" : this.#chunk(choice, { reasoning_details: [detail] });
      }
      case "refusal":
        return this.#chunk(choice, { refusal: event.text });
      case "citation":
        return this.#chunk(choice, { annotations: [event.citation] });
      case "call_start": {
        const { call, id, name, custom, signature } = event;
        if (custom) this.#customCalls.add(`${choice} ${call}`);
        const head = callHead(id, name, "", custom);
        return this.#chunk(choice, {
          tool_calls: [{ index: call, ...head, ...signed(signature) }],
        });
      }
      case "call_args": {
        const { call, text } = event;
        const more = this.#customCalls.has(`${choice} ${call}`)
          ? { custom: { input: text } }
          : { function: { arguments: text } };
        return this.#chunk(choice, { tool_calls: [{ index: call, ...more }] });
      }
      case "media":
        return this.#chunk(choice, mediaFields([event]));
      default:
        return this.#chunk(choice, {}, event.reason);
    }
  }

  /** The role, once for each choice. */
  #begin(choice: number): string {
    if (this.#begun.has(choice)) return "";
    this.#begun.add(choice);
    return this.#chunk(choice, { role: "assistant", content: "" });
  }

  #chunk(
    choice: number,
    delta: Fields,
    reason: string | null = null,
    logprobs: readonly Fields[] | undefined = undefined,
  ): string {
    const told = logprobs === undefined ? "null" : JSON.stringify({ content: logprobs });
    return `${this.#frame},"choices":[{"index":${choice},"delta":${JSON.stringify(delta)},"logprobs":${told},"finish_reason":${JSON.stringify(reason)}}]}\n\n`;
  }
}

interface Media {
  readonly mediaType: string;
  readonly data: string;
  readonly about?: Fields;
}

/** Pictures as relays of several makers answer them; sound as OpenAI does. */
function mediaFields(media: readonly Media[]): Fields {
  const images = media
    .filter(({ mediaType }) => mediaType.startsWith("image/"))
    .map(({ mediaType, data }) => ({
      type: "image_url",
      image_url: { url: `data:${mediaType};base64,${data}` },
    }));
  const sound = media.find(({ mediaType }) => mediaType.startsWith("audio/"));
  return {
    ...(images.length === 0 ? {} : { images }),
    ...(sound === undefined ? {} : { audio: { ...sound.about, data: sound.data } }),
  };
}

function wholeCompletion(_request: ModelRequest, events: readonly AnswerEvent[]): string {
  const { id, model, created, choices, usage, tier } = collectAnswer(events);
  return JSON.stringify({
    id,
    object: "chat.completion",
    created,
    model,
    choices: choices.map((choice, index) => ({
      index,
      message: messageOf(choice),
      logprobs: logprobsOf(choice),
      finish_reason: choice.finish ?? "stop",
    })),
    ...(usage === null ? {} : { usage: usageObject(usage) }),
    ...(tier === null ? {} : { service_tier: tier }),
  });
}

function logprobsOf({ blocks }: AnswerChoice): Fields | null {
  const content = blocks.flatMap((block) => (block.kind === "text" ? block.logprobs : []));
  return content.length === 0 ? null : { content };
}

function messageOf({ blocks }: AnswerChoice): Fields {
  const texts = { text: "", refusal: "", reasoning: "" };
  const details: Fields[] = [];
  const calls: Fields[] = [];
  const annotations: Fields[] = [];
  const media: Media[] = [];
  for (const block of blocks) {
    if (block.kind === "call")
      calls.push({
        ...callHead(block.id, block.name, block.args, block.custom),
        ...signed(block.signature),
      });
    else if (block.kind === "media") media.push(block);
    else texts[block.kind] += block.text;
    if (block.kind === "text") for (const each of block.citations) annotations.push(each);
    const detail = block.kind === "reasoning" && block.end !== null ? detailOf(block.end) : null;
    if (detail !== null) details.push(detail);
  }
  const { text, refusal, reasoning } = texts;
  return {
    role: "assistant",
    content: text === "" && (calls.length > 0 || refusal !== "") ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...mediaFields(media),
  };
}
