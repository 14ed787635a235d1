import { hashText } from "../../base/hash.ts";
import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields } from "../../protocol/conversation.ts";
import type { Usage } from "../../protocol/usage.ts";
import { BlockSequence, type BlockSink } from "./block-sequence.ts";
import { notStopped, type Stop, stopOf, usageObject } from "./message-end.ts";

type EventOf<Kind extends AnswerEvent["kind"]> = Extract<AnswerEvent, { readonly kind: Kind }>;

/** An answer as far as its events went; its blocks go to the sink. This wire knows one choice, so all others are left out. */
export class MessageProgress {
  stop: Stop = notStopped;
  usage: Usage | null = null;
  #tier: string | null = null;
  readonly #blocks: BlockSequence;
  #id = "";
  #model: string;
  #created = 0;
  #refusal = "";
  #finish: EventOf<"finish"> | null = null;

  /** `model` is what the client asked for, until the answer names its own. */
  constructor(sink: BlockSink, model: string) {
    this.#blocks = new BlockSequence(sink, model);
    this.#model = model;
  }

  take(event: AnswerEvent): void {
    if ("choice" in event && event.choice !== 0) return;
    switch (event.kind) {
      case "start":
        this.#start(event);
        break;
      case "usage":
        this.usage = event.usage;
        this.#tier = event.tier;
        break;
      case "finish":
        this.#finish ??= event;
        this.#blocks.closeAll();
        break;
      case "ping":
        break;
      default:
        this.#takeContent(event);
    }
  }

  /** All that was going to come has come. */
  close(): void {
    this.#blocks.closeAll();
    if (this.#finish !== null)
      this.stop = stopOf(this.#finish, this.#blocks.callsTools, this.#refusal);
  }

  /** The message with these blocks, as far as is known. */
  message(content: readonly Fields[]): Fields {
    return {
      id: this.#messageId(),
      type: "message",
      role: "assistant",
      model: this.#model,
      content,
      container: null,
      ...this.stop,
      usage: usageObject(this.usage, this.#tier),
    };
  }

  #start(event: EventOf<"start">): void {
    this.#id = event.id;
    this.#created = event.created;
    if (event.model !== "") {
      this.#model = event.model;
      this.#blocks.model = event.model;
    }
    this.#blocks.answer = this.#messageId();
  }

  #messageId(): string {
    return messageId(this.#id, `${this.#model} ${this.#created}`);
  }

  #takeContent(event: Exclude<AnswerEvent, EventOf<"start" | "usage" | "finish" | "ping">>): void {
    switch (event.kind) {
      case "text":
        this.#blocks.text(event.text);
        break;
      case "reasoning":
        this.#blocks.thinking(event.text, event.summary);
        break;
      case "reasoning_end":
        this.#blocks.thought(event.reasoning);
        break;
      case "refusal":
        this.#refusal += event.text;
        this.#blocks.text(event.text);
        break;
      case "citation":
        this.#blocks.citation(event.citation);
        break;
      case "call_start":
        this.#blocks.callStart(event);
        break;
      case "call_args":
        this.#blocks.callArgs(event);
        break;
      default:
        this.#blocks.text(mediaText(event));
    }
  }
}

/** Answers of this wire hold neither images nor sound: the words of a sound, else a note of what was made. */
function mediaText({ mediaType, data, about }: EventOf<"media">): string {
  const words = about?.["transcript"];
  if (typeof words === "string" && words !== "") return words;
  const bytes = Math.floor((data.length * 3) / 4);
  return `(The model made ${mediaType} of ${bytes} bytes, which this API cannot carry.)`;
}

/** Ids begin with `msg_` here; an answer without one gets the same whenever it is asked for. */
function messageId(id: string, about: string): string {
  if (id === "") return `msg_${hashText(about)}`;
  const fitting = id.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return fitting.startsWith("msg_") ? fitting : `msg_${fitting}`;
}
