import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import { callInput } from "../../protocol/call-input.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { AnswerWriter, ModelRequest } from "../../protocol/model-request.ts";
import { encodeSse } from "../../protocol/sse.ts";
import type { BlockSink } from "./block-sequence.ts";
import { lateUsage } from "./message-end.ts";
import { MessageProgress } from "./message-progress.ts";
import { problemBody, problemEvent } from "./write-problem.ts";

/** Writes answers as the Messages API has them (wire-formats §2.4 to §2.6). */
export const messagesWriter: AnswerWriter = {
  open: (request) => new MessageStream(askedModel(request)),
  whole(request, events) {
    const blocks = new GatheredBlocks();
    const progress = new MessageProgress(blocks, askedModel(request));
    for (const event of events) progress.take(event);
    progress.close();
    return JSON.stringify(progress.message(blocks.content));
  },
  problem: problemBody,
  brokenStream: problemEvent,
  count: (inputTokens) => JSON.stringify({ input_tokens: inputTokens }),
};

function askedModel(request: ModelRequest): string {
  return String(request.native["model"]);
}

function eventText(type: string, fields: Fields): string {
  return encodeSse(JSON.stringify({ type, ...fields }), type);
}

const pingText = eventText("ping", {});

/** The head waits for the first content, so that it can tell the counts that come before it. */
class MessageStream implements AnswerEncoder, BlockSink {
  readonly #progress: MessageProgress;
  #begun = false;
  #out = "";

  constructor(model: string) {
    this.#progress = new MessageProgress(this, model);
  }

  encode(event: AnswerEvent): string {
    if (event.kind === "ping") return pingText;
    if (event.kind !== "start" && event.kind !== "usage") this.#begin();
    this.#progress.take(event);
    return this.#taken();
  }

  end(): string {
    this.#begin();
    this.#progress.close();
    const { stop, usage } = this.#progress;
    const delta = { ...stop, container: null };
    this.#out += eventText("message_delta", { delta, usage: lateUsage(usage) });
    this.#out += eventText("message_stop", {});
    return this.#taken();
  }

  open(index: number, block: Fields): void {
    this.#out += eventText("content_block_start", { index, content_block: block });
  }

  delta(index: number, delta: Fields): void {
    this.#out += eventText("content_block_delta", { index, delta });
  }

  close(index: number): void {
    this.#out += eventText("content_block_stop", { index });
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const message = this.#progress.message([]);
    this.#out += eventText("message_start", {
      message: { ...message, usage: nothingSaid(message) },
    });
  }

  #taken(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}

/** Some clients add what the first event counts to what the last one does, so output is counted in the last alone. */
function nothingSaid({ usage }: Fields): Fields {
  return { ...(usage as Fields), output_tokens: 0, output_tokens_details: null };
}

/** Blocks as they stand in a whole answer. */
class GatheredBlocks implements BlockSink {
  readonly content: Record<string, unknown>[] = [];
  #json = "";

  open(_index: number, block: Fields): void {
    this.content.push({ ...block });
    this.#json = "";
  }

  delta(_index: number, delta: Fields): void {
    const block = this.content.at(-1);
    if (block === undefined) return;
    switch (delta["type"]) {
      case "text_delta":
        block["text"] = `${block["text"]}${delta["text"]}`;
        break;
      case "thinking_delta":
        block["thinking"] = `${block["thinking"]}${delta["thinking"]}`;
        break;
      case "signature_delta":
        block["signature"] = delta["signature"];
        break;
      case "citations_delta": {
        const citations: unknown[] = Array.isArray(block["citations"]) ? block["citations"] : [];
        citations.push(delta["citation"]);
        block["citations"] = citations;
        break;
      }
      default:
        this.#json += String(delta["partial_json"]);
    }
  }

  close(): void {
    const block = this.content.at(-1);
    if (block?.["type"] === "tool_use") block["input"] = callInput(this.#json);
  }
}
