import type { Fields } from "../../protocol/conversation.ts";

type Loose = Record<string, unknown>;
/** Tells the client of a step; does nothing where the answer is written whole. */
export type Say = (type: string, fields: Fields) => void;
export type ItemStatus = "completed" | "incomplete";

/** Where an item stands: its id and its place in the output. */
export interface Place {
  readonly id: string;
  readonly index: number;
}

interface OpenPart {
  readonly type: "output_text" | "refusal" | "reasoning_text" | "summary_text";
  readonly pieces: string[];
  readonly annotations: Fields[];
  readonly logprobs: Fields[];
}

/** An item of the output under way. */
export interface OpenItem {
  readonly place: Place;
  close(status: ItemStatus): Fields;
  /** The item as far as it has come. */
  soFar(): Fields;
}

/** A message: text with its sources, refusals and sounds, one part after the other. */
export class MessageItem implements OpenItem {
  readonly place: Place;
  readonly #say: Say;
  readonly #parts: Fields[] = [];
  #open: OpenPart | null = null;

  constructor(place: Place, say: Say) {
    this.place = place;
    this.#say = say;
    say("response.output_item.added", {
      output_index: place.index,
      item: this.#item("in_progress"),
    });
  }

  text(text: string, logprobs: readonly Fields[]): void {
    const part = this.#partOf("output_text");
    part.pieces.push(text);
    for (const one of logprobs) part.logprobs.push(one);
    this.#say("response.output_text.delta", { ...this.#at(), delta: text, logprobs });
  }

  refuse(text: string): void {
    this.#partOf("refusal").pieces.push(text);
    this.#say("response.refusal.delta", { ...this.#at(), delta: text });
  }

  cite(annotation: Fields): void {
    const { annotations } = this.#partOf("output_text");
    this.#say("response.output_text.annotation.added", {
      ...this.#at(),
      annotation_index: annotations.length,
      annotation,
    });
    annotations.push(annotation);
  }

  /** A part that comes whole. */
  add(part: Fields): void {
    this.#closePart();
    this.#say("response.content_part.added", { ...this.#at(), part });
    this.#say("response.content_part.done", { ...this.#at(), part });
    this.#parts.push(part);
  }

  close(status: ItemStatus): Fields {
    this.#closePart();
    const item = this.#item(status);
    this.#say("response.output_item.done", { output_index: this.place.index, item });
    return item;
  }

  soFar(): Fields {
    const item = this.#item("incomplete");
    const open = this.#open === null ? [] : [wholePart(this.#open)];
    return { ...item, content: [...this.#parts, ...open] };
  }

  #item(status: string): Fields {
    const { id } = this.place;
    return { id, type: "message", status, role: "assistant", content: [...this.#parts] };
  }

  #at(): Fields {
    const { id, index } = this.place;
    return { item_id: id, output_index: index, content_index: this.#parts.length };
  }

  #partOf(type: "output_text" | "refusal"): OpenPart {
    if (this.#open?.type === type) return this.#open;
    this.#closePart();
    const part = emptyPart(type);
    this.#open = part;
    this.#say("response.content_part.added", { ...this.#at(), part: wholePart(part) });
    return part;
  }

  #closePart(): void {
    const part = this.#open;
    if (part === null) return;
    const text = part.pieces.join("");
    const at = this.#at();
    if (part.type === "refusal") this.#say("response.refusal.done", { ...at, refusal: text });
    else this.#say("response.output_text.done", { ...at, text, logprobs: part.logprobs });
    const whole = wholePart(part);
    this.#say("response.content_part.done", { ...at, part: whole });
    this.#parts.push(whole);
    this.#open = null;
  }
}

function emptyPart(type: OpenPart["type"]): OpenPart {
  return { type, pieces: [], annotations: [], logprobs: [] };
}

function wholePart({ type, pieces, annotations, logprobs }: OpenPart): Fields {
  const text = pieces.join("");
  if (type === "refusal") return { type, refusal: text };
  if (type !== "output_text") return { type, text };
  return { type, annotations: [...annotations], logprobs: [...logprobs], text };
}

/** A block of thinking: its text, a summary, or neither where it is hidden. */
export class ReasoningItem implements OpenItem {
  readonly place: Place;
  readonly #say: Say;
  readonly #summary: Fields[] = [];
  readonly #content: Fields[] = [];
  #open: OpenPart | null = null;
  #sealed: string | null = null;

  constructor(place: Place, say: Say) {
    this.place = place;
    this.#say = say;
    say("response.output_item.added", { output_index: place.index, item: this.#item() });
  }

  think(text: string, summary: boolean): void {
    this.#partOf(summary ? "summary_text" : "reasoning_text").pieces.push(text);
    const type = summary
      ? "response.reasoning_summary_text.delta"
      : "response.reasoning_text.delta";
    this.#say(type, { ...this.#at(summary), delta: text });
  }

  /** What has to come back with the block. */
  keep(sealed: string | null): void {
    this.#sealed = sealed;
  }

  close(): Fields {
    this.#closePart();
    const item = this.#item();
    this.#say("response.output_item.done", { output_index: this.place.index, item });
    return item;
  }

  soFar(): Fields {
    const open = this.#open;
    const parts = open === null ? [] : [wholePart(open)];
    const field = open?.type === "summary_text" ? "summary" : "content";
    const done = field === "summary" ? this.#summary : this.#content;
    return open === null ? this.#item() : { ...this.#item(), [field]: [...done, ...parts] };
  }

  #item(): Fields {
    const item: Loose = { id: this.place.id, type: "reasoning", summary: [...this.#summary] };
    if (this.#content.length > 0) item["content"] = [...this.#content];
    if (this.#sealed !== null) item["encrypted_content"] = this.#sealed;
    return item;
  }

  #at(summary: boolean): Fields {
    const { id, index } = this.place;
    const at = { item_id: id, output_index: index };
    return summary
      ? { ...at, summary_index: this.#summary.length }
      : { ...at, content_index: this.#content.length };
  }

  #partOf(type: "summary_text" | "reasoning_text"): OpenPart {
    if (this.#open?.type === type) return this.#open;
    this.#closePart();
    const part = emptyPart(type);
    this.#open = part;
    this.#tellPart("added", part);
    return part;
  }

  #closePart(): void {
    const part = this.#open;
    if (part === null) return;
    const summary = part.type === "summary_text";
    const type = summary ? "response.reasoning_summary_text.done" : "response.reasoning_text.done";
    this.#say(type, { ...this.#at(summary), text: part.pieces.join("") });
    this.#tellPart("done", part);
    (summary ? this.#summary : this.#content).push(wholePart(part));
    this.#open = null;
  }

  #tellPart(step: "added" | "done", part: OpenPart): void {
    const summary = part.type === "summary_text";
    const type = summary
      ? `response.reasoning_summary_part.${step}`
      : `response.content_part.${step}`;
    this.#say(type, { ...this.#at(summary), part: wholePart(part) });
  }
}

/** A call of a function, or of a custom tool. */
export class CallItem implements OpenItem {
  readonly place: Place;
  readonly #say: Say;
  readonly #custom: boolean;
  readonly #head: Fields;
  readonly #pieces: string[] = [];

  constructor(
    place: Place,
    say: Say,
    call: { readonly id: string; readonly name: string; readonly custom: boolean },
  ) {
    this.place = place;
    this.#say = say;
    this.#custom = call.custom;
    this.#head = { call_id: call.id, name: call.name };
    say("response.output_item.added", {
      output_index: place.index,
      item: this.#item("in_progress"),
    });
  }

  write(text: string): void {
    this.#pieces.push(text);
    const { id, index } = this.place;
    const type = this.#custom
      ? "response.custom_tool_call_input.delta"
      : "response.function_call_arguments.delta";
    this.#say(type, { item_id: id, output_index: index, delta: text });
  }

  close(status: ItemStatus): Fields {
    // Clients parse arguments as JSON, and a function without any may be called with nothing at all.
    if (!this.#custom && status === "completed" && this.#pieces.length === 0) this.write("{}");
    const { id, index } = this.place;
    const at = { item_id: id, output_index: index };
    const text = this.#pieces.join("");
    if (this.#custom) this.#say("response.custom_tool_call_input.done", { ...at, input: text });
    else
      this.#say("response.function_call_arguments.done", {
        ...at,
        arguments: text,
        name: this.#head["name"],
      });
    const item = this.#item(status);
    this.#say("response.output_item.done", { output_index: index, item });
    return item;
  }

  soFar(): Fields {
    return this.#item("incomplete");
  }

  #item(status: string): Fields {
    const { id } = this.place;
    const text = this.#pieces.join("");
    return this.#custom
      ? { id, type: "custom_tool_call", status, ...this.#head, input: text }
      : { id, type: "function_call", status, ...this.#head, arguments: text };
  }
}
