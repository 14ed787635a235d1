import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields, Reasoning } from "../../protocol/conversation.ts";
import { sealThought } from "../seal.ts";
import { CallLine } from "./call-line.ts";
import { citationBlock } from "./citation.ts";

/** What becomes of blocks: written to a stream, or gathered into a whole answer. They never overlap. */
export interface BlockSink {
  open(index: number, block: Fields): void;
  delta(index: number, delta: Fields): void;
  close(index: number): void;
}

type EventOf<Kind extends AnswerEvent["kind"]> = Extract<AnswerEvent, { readonly kind: Kind }>;

/** Sorts what an answer tells into content blocks that follow one another, indexes rising from 0. */
export class BlockSequence {
  /** The model that answers, for proofs that do not name it. */
  model: string;
  readonly #sink: BlockSink;
  readonly #calls: CallLine;
  #index = -1;
  #open: "text" | "thinking" | null = null;
  /** The text so far, since citations may name places in it. */
  #text = "";
  /** Citations that came while no text was open. */
  #citations: Fields[] = [];
  #summary = false;

  constructor(sink: BlockSink, model: string) {
    this.#sink = sink;
    this.model = model;
    this.#calls = new CallLine({
      open: (block) => this.#start(block),
      delta: (delta) => this.#delta(delta),
      close: () => this.#sink.close(this.#index),
    });
  }

  /** What tells this answer from others: ids of calls rest on it. */
  set answer(id: string) {
    this.#calls.answer = id;
  }

  /** Whether the answer calls any tool. */
  get callsTools(): boolean {
    return this.#calls.count > 0;
  }

  text(text: string): void {
    if (text === "") return;
    this.#turnTo("text");
    this.#text += text;
    this.#delta({ type: "text_delta", text });
  }

  /** Kept for the next text where none is open; this wire has no place for one behind the last. */
  citation(citation: Fields): void {
    const block = citationBlock(citation, this.#text);
    if (this.#open === "text") this.#delta({ type: "citations_delta", citation: block });
    else this.#citations.push(block);
  }

  thinking(text: string, summary: boolean): void {
    if (text === "") return;
    this.#turnTo("thinking");
    this.#summary = summary;
    this.#delta({ type: "thinking_delta", thinking: text });
  }

  /** The end of a block of thinking, with its proof; thinking that was not told yet is told whole. */
  thought(reasoning: Reasoning): void {
    const { text, signature, encrypted } = reasoning;
    const proof = sealThought({ ...reasoning, model: reasoning.model ?? this.model });
    if (this.#open === "thinking") this.#closeBlock(proof);
    else if (text !== "" || signature !== null) {
      this.#turnTo("thinking");
      if (text !== "") this.#delta({ type: "thinking_delta", thinking: text });
      this.#closeBlock(proof);
    } else if (encrypted !== null) {
      this.closeAll();
      this.#start({ type: "redacted_thinking", data: proof });
      this.#sink.close(this.#index);
    }
  }

  callStart(event: EventOf<"call_start">): void {
    this.#closeBlock();
    this.#calls.start(event);
  }

  callArgs(event: EventOf<"call_args">): void {
    this.#calls.args(event.call, event.text);
  }

  closeAll(): void {
    this.#closeBlock();
    this.#calls.closeAll();
  }

  #turnTo(kind: "text" | "thinking"): void {
    if (this.#open === kind) return;
    this.closeAll();
    this.#open = kind;
    if (kind === "thinking") {
      this.#start({ type: "thinking", thinking: "", signature: "" });
      return;
    }
    this.#start({ type: "text", text: "", citations: null });
    for (const citation of this.#citations) this.#delta({ type: "citations_delta", citation });
    this.#citations = [];
  }

  #start(block: Fields): void {
    this.#index += 1;
    this.#sink.open(this.#index, block);
  }

  #delta(delta: Fields): void {
    this.#sink.delta(this.#index, delta);
  }

  /** Thinking that ends without a proof is sealed too, so that it is known for another maker's when it comes back. */
  #closeBlock(proof = this.#noProof()): void {
    if (this.#open === null) return;
    if (this.#open === "thinking") this.#delta({ type: "signature_delta", signature: proof });
    this.#open = null;
    this.#sink.close(this.#index);
  }

  #noProof(): string {
    if (this.#open !== "thinking") return "";
    const { model } = this;
    const nothing = { signature: null, encrypted: null, id: null };
    return sealThought({ model, summary: this.#summary, ...nothing });
  }
}
