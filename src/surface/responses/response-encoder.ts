import { invariant } from "../../base/assert.ts";
import { hashText } from "../../base/hash.ts";
import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Fields, Reasoning } from "../../protocol/conversation.ts";
import { isObject } from "../../protocol/field-checks.ts";
import { encodeSse } from "../../protocol/sse.ts";
import type { Usage } from "../../protocol/usage.ts";
import { sealCall } from "../seal.ts";
import { errorEvent } from "./error-event.ts";
import {
  CallItem,
  type ItemStatus,
  MessageItem,
  type OpenItem,
  ReasoningItem,
} from "./output-items.ts";
import { type ResponseState, responseObject } from "./response-shape.ts";
import { sealReasoning } from "./sealed-reasoning.ts";

type Event<K extends AnswerEvent["kind"]> = Extract<AnswerEvent, { readonly kind: K }>;

const incompleteReasons: ReadonlyMap<string, string> = new Map([
  ["length", "max_output_tokens"],
  ["content_filter", "content_filter"],
]);

/**
 * Turns the events of an answer into those of a response. A message or a block of thinking ends where something else begins; calls
 * stay open till the answer's end, since their arguments may interleave. This wire knows one choice: the first.
 */
export class ResponseEncoder implements AnswerEncoder {
  readonly #request: Fields;
  readonly #streams: boolean;
  /** A client that asks for a summary shows nothing else, and what other wires call thinking is what they show. */
  readonly #summarises: boolean;
  #out = "";
  #sequence = 0;
  #start: Event<"start"> | null = null;
  #responseId = "";
  /** Finished items by their place; holes are those still open. */
  readonly #output: Fields[] = [];
  #items = 0;
  #message: MessageItem | null = null;
  #reasoning: ReasoningItem | null = null;
  readonly #calls = new Map<number, CallItem>();
  #finish: Event<"finish"> | null = null;
  #usage: Usage | null = null;
  #tier: string | null = null;

  constructor(request: Fields, streams: boolean) {
    this.#request = request;
    this.#streams = streams;
    const asked = isObject(request["reasoning"]) ? request["reasoning"] : {};
    this.#summarises = typeof (asked["summary"] ?? asked["generate_summary"]) === "string";
  }

  encode(event: AnswerEvent): string {
    if (!("choice" in event) || event.choice === 0) this.#take(event);
    return this.#taken();
  }

  end(): string {
    this.#closeAll();
    const response = this.response();
    this.#say(`response.${String(response["status"])}`, { response });
    return this.#taken();
  }

  broken(problem: ApiProblem): string {
    if (this.#start !== null) {
      const code = problem.code ?? "server_error";
      const error = { code, message: problem.message };
      const output = this.#soFar();
      const response = this.#object({ status: "failed", output, error, usage: this.#usage });
      this.#say("response.failed", { response });
    }
    return this.#taken() + errorEvent(problem, this.#sequence++);
  }

  /** The whole answer, when all its events were taken. */
  response(): Fields {
    this.#closeAll();
    const reason = incompleteReasons.get(this.#finish?.reason ?? "");
    return this.#object({
      status: reason === undefined ? "completed" : "incomplete",
      ...(reason === undefined ? {} : { incompleteReason: reason }),
      output: this.#output,
      usage: this.#usage,
      tier: this.#tier,
    });
  }

  #object(state: Omit<ResponseState, "id" | "model" | "created">): Fields {
    invariant(this.#start !== null, "an answer starts before it ends");
    const { model, created } = this.#start;
    return responseObject(this.#request, { id: this.#responseId, model, created, ...state });
  }

  readonly #say = (type: string, fields: Fields): void => {
    if (!this.#streams) return;
    const data = JSON.stringify({ type, sequence_number: this.#sequence++, ...fields });
    this.#out += encodeSse(data, type);
  };

  #taken(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #begin(event: Event<"start">): void {
    if (this.#start !== null) return;
    this.#start = event;
    this.#responseId = responseIdOf(event.id);
    const response = this.#object({ status: "in_progress", output: [] });
    this.#say("response.created", { response });
    this.#say("response.in_progress", { response });
  }

  #take(event: AnswerEvent): void {
    switch (event.kind) {
      case "start":
        this.#begin(event);
        return;
      case "ping":
        if (this.#streams) this.#out += ": keep-alive\n\n";
        return;
      case "usage":
        this.#usage = event.usage;
        this.#tier = event.tier ?? this.#tier;
        return;
      case "text":
        if (event.text !== "" || event.logprobs !== undefined)
          this.#messageItem().text(event.text, event.logprobs ?? []);
        return;
      case "refusal":
        if (event.text !== "") this.#messageItem().refuse(event.text);
        return;
      case "citation":
        this.#messageItem().cite(flatCitation(event.citation));
        return;
      case "reasoning":
        if (event.text !== "") this.#think(this.#reasoningItem(event.id), event);
        return;
      case "reasoning_end":
        this.#endReasoning(event.reasoning);
        return;
      case "call_start":
        this.#startCall(event);
        return;
      case "call_args":
        if (event.text !== "") this.#calls.get(event.call)?.write(event.text);
        return;
      case "media":
        this.#addMedia(event);
        return;
      case "finish":
        this.#finish ??= event;
        this.#closeAll();
        return;
    }
  }

  #messageItem(): MessageItem {
    this.#closeReasoning();
    this.#message ??= new MessageItem(this.#place("msg"), this.#say);
    return this.#message;
  }

  #reasoningItem(id?: string | null): ReasoningItem {
    this.#closeMessage();
    this.#reasoning ??= new ReasoningItem(this.#place("rs", id ?? null), this.#say);
    return this.#reasoning;
  }

  #think(item: ReasoningItem, { text, summary }: Pick<Reasoning, "text" | "summary">): void {
    item.think(text, summary || this.#summarises);
  }

  #endReasoning(reasoning: Reasoning): void {
    const { id, text } = reasoning;
    const begun = this.#reasoning !== null;
    const item = this.#reasoningItem(id);
    if (!begun && text !== "") this.#think(item, reasoning);
    item.keep(sealReasoning(reasoning, item.place.id));
    this.#closeReasoning();
  }

  #startCall(event: Event<"call_start">): void {
    if (this.#calls.has(event.call)) return;
    this.#closeSpoken();
    if (event.signature !== undefined) {
      this.#reasoningItem().keep(sealCall(event.id, event.signature));
      this.#closeReasoning();
    }
    const place = this.#place(event.custom ? "ctc" : "fc");
    // Without an id of its own no result could be told to belong to it.
    const id = event.id || place.id.replace(/^[a-z]+/, "call");
    this.#calls.set(event.call, new CallItem(place, this.#say, { ...event, id }));
  }

  /** Images are items of their own; a sound is a part of the message. */
  #addMedia({ mediaType, data, about }: Event<"media">): void {
    if (!mediaType.startsWith("image/")) {
      const transcript = String(about?.["transcript"] ?? "");
      this.#messageItem().add({ type: "output_audio", data, transcript });
      return;
    }
    this.#closeSpoken();
    const { id, index } = this.#place("ig");
    const item = { id, type: "image_generation_call", output_format: mediaType.slice(6) };
    this.#say("response.output_item.added", {
      output_index: index,
      item: { ...item, status: "in_progress", result: null },
    });
    const done = { ...item, status: "completed", result: data };
    this.#say("response.output_item.done", { output_index: index, item: done });
    this.#output[index] = done;
  }

  #closeMessage(): void {
    if (this.#message !== null) this.#keep(this.#message, "completed");
    this.#message = null;
  }

  #closeReasoning(): void {
    if (this.#reasoning !== null) this.#keep(this.#reasoning, "completed");
    this.#reasoning = null;
  }

  #closeSpoken(): void {
    this.#closeMessage();
    this.#closeReasoning();
  }

  /** What was last under way is what a limit cut. */
  #closeAll(): void {
    const cut = incompleteReasons.has(this.#finish?.reason ?? "");
    const open = this.#open();
    this.#calls.clear();
    this.#message = null;
    this.#reasoning = null;
    const last = open.at(-1);
    for (const item of open) this.#keep(item, cut && item === last ? "incomplete" : "completed");
  }

  /** Items under way, in the order of their places. */
  #open(): readonly OpenItem[] {
    return [this.#message, this.#reasoning, ...this.#calls.values()]
      .filter((item) => item !== null)
      .sort((a, b) => a.place.index - b.place.index);
  }

  #keep(item: OpenItem, status: ItemStatus): void {
    this.#output[item.place.index] = item.close(status);
  }

  #soFar(): readonly Fields[] {
    const output = [...this.#output];
    for (const item of this.#open()) output[item.place.index] = item.soFar();
    return output;
  }

  /** The next place; under the maker's own id where it has the form of this wire. */
  #place(prefix: string, given: string | null = null): { id: string; index: number } {
    invariant(this.#start !== null, "an answer starts before it says anything");
    const index = this.#items++;
    const own = given?.startsWith(`${prefix}_`) === true ? given : null;
    return { id: own ?? `${prefix}_${hashed(`${this.#responseId} ${index}`)}`, index };
  }
}

/** Ids of other wires become ids of this one; the same id always becomes the same. */
function responseIdOf(id: string): string {
  return /^resp_[\w-]{1,120}$/.test(id) ? id : `resp_${hashed(id)}`;
}

const hashed = (text: string): string => hashText(text) + hashText(`${text} `);

/** Chat completions nest what a citation says; this wire does not. */
function flatCitation(citation: Fields): Fields {
  const nested = citation["url_citation"];
  return citation["type"] === "url_citation" && isObject(nested)
    ? { type: "url_citation", ...nested }
    : citation;
}
