import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Dialect, Fields } from "../../../protocol/conversation.ts";
import type { Failure } from "../../../protocol/failure.ts";
import { badResponse, cutStream } from "../classify.ts";
import { isFields } from "../error-signal.ts";
import { responseFailure } from "./failure.ts";
import { type ItemState, newItem, partOf } from "./item-state.ts";
import { readResponsesUsage } from "./usage.ts";

/** No answer has as many items or parts; a provider that sends more has lost its mind. */
const mostItems = 10_000;
const ownDialect: Dialect = "responses";

/** Reads the events of one response, already parsed, into those of an answer. Unknown events are passed over. */
export class AnswerReader {
  done = false;
  failure: Failure | null = null;
  readonly #items = new Map<number, ItemState>();
  readonly #finished = new Set<number>();
  #parts = 0;
  #calls = 0;
  #started = false;
  #model = "";
  #out: AnswerEvent[] = [];

  /** Takes one event in; what it says. */
  take(event: Fields): readonly AnswerEvent[] {
    this.#takeEvent(event);
    if (this.#items.size + this.#finished.size + this.#parts > mostItems)
      this.failure = badResponse("the provider's answer has too many parts");
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #takeEvent(event: Fields): void {
    switch (event["type"]) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        this.#begin(fieldsOf(event["response"]));
        return;
      case "response.completed":
      case "response.incomplete":
        this.#complete(fieldsOf(event["response"]), event["type"] === "response.incomplete");
        return;
      case "response.failed":
        this.#count(fieldsOf(event["response"]));
        this.failure = responseFailure(fieldsOf(event["response"])["error"]);
        return;
      case "error":
        this.failure = responseFailure(event);
        return;
      case "response.cancelled":
        this.failure = cutStream("the provider cancelled its answer");
        return;
      case "keepalive":
        this.#out.push({ kind: "ping" });
        return;
      default:
        this.#takeStep(event);
    }
  }

  #takeStep(event: Fields): void {
    const index = indexOf(event["output_index"]);
    switch (event["type"]) {
      case "response.output_item.added":
        this.#addItem(index, fieldsOf(event["item"]));
        return;
      case "response.output_item.done":
        this.#finishItem(index, fieldsOf(event["item"]));
        return;
      case "response.content_part.done":
        this.#finishPart(index, indexOf(event["content_index"]), fieldsOf(event["part"]));
        return;
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#takeText(index, event);
        return;
      case "response.output_text.annotation.added":
        this.#cite(index, indexOf(event["content_index"]), event["annotation"]);
        return;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        this.#think(index, event);
        return;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#writeCall(this.#item(index), textOf(event["delta"]));
        return;
    }
  }

  #begin(response: Fields): void {
    if (this.#started) return;
    this.#started = true;
    this.#model = textOf(response["model"]);
    this.#out.push({
      kind: "start",
      id: textOf(response["id"]),
      model: this.#model,
      created: Math.floor(numberOf(response["created_at"])),
    });
  }

  #item(index: number, item: Fields = {}): ItemState {
    this.#begin({});
    let state = this.#items.get(index);
    if (state === undefined) {
      state = newItem(item);
      this.#items.set(index, state);
    }
    return state;
  }

  #part(index: number, part: number): ReturnType<typeof partOf> {
    const state = this.#item(index);
    if (!state.parts.has(part)) this.#parts++;
    return partOf(state, part);
  }

  #addItem(index: number, item: Fields): void {
    const state = this.#item(index, item);
    if (isCall(item)) this.#startCall(state, item);
  }

  #startCall(state: ItemState, item: Fields): void {
    if (state.call >= 0) return;
    state.call = this.#calls++;
    const custom = item["type"] === "custom_tool_call";
    this.#out.push({
      kind: "call_start",
      choice: 0,
      call: state.call,
      id: textOf(item["call_id"]) || textOf(item["id"]),
      name: textOf(item["name"]),
      custom,
    });
    this.#writeCall(state, textOf(item[custom ? "input" : "arguments"]));
  }

  #writeCall(state: ItemState, text: string): void {
    if (text === "" || state.call < 0) return;
    state.told = true;
    this.#out.push({ kind: "call_args", choice: 0, call: state.call, text });
  }

  #takeText(index: number, event: Fields): void {
    const part = this.#part(index, indexOf(event["content_index"]));
    const text = textOf(event["delta"]);
    const refused = event["type"] === "response.refusal.delta";
    part.told ||= text !== "";
    if (refused) this.#refuse(text);
    else this.#say(text, event["logprobs"]);
  }

  #say(text: string, logprobs: unknown): void {
    const told = Array.isArray(logprobs) ? logprobs.filter(isFields) : [];
    if (text === "" && told.length === 0) return;
    this.#out.push({
      kind: "text",
      choice: 0,
      text,
      ...(told.length === 0 ? {} : { logprobs: told }),
    });
  }

  #refuse(text: string): void {
    if (text !== "") this.#out.push({ kind: "refusal", choice: 0, text });
  }

  #cite(index: number, part: number, annotation: unknown): void {
    this.#part(index, part).citations++;
    if (isFields(annotation))
      this.#out.push({ kind: "citation", choice: 0, citation: nestedCitation(annotation) });
  }

  /** Parts of one block stand apart like paragraphs. */
  #think(index: number, event: Fields): void {
    const state = this.#item(index);
    const summary = event["type"] === "response.reasoning_summary_text.delta";
    const part = indexOf(event[summary ? "summary_index" : "content_index"]);
    const delta = textOf(event["delta"]);
    if (delta === "") return;
    const apart = state.told && part !== state.thinkingPart;
    state.told = true;
    state.thinkingPart = part;
    this.#thought(state, apart ? `\n\n${delta}` : delta, summary);
  }

  #thought({ id }: ItemState, text: string, summary: boolean): void {
    this.#out.push({
      kind: "reasoning",
      choice: 0,
      text,
      summary,
      ...(id === null ? {} : { id }),
    });
  }

  /** What of a part was not told yet: some servers stream nothing of it, and sources may come with its end. */
  #finishPart(index: number, at: number, part: Fields): void {
    if (!partTypes.has(part["type"])) return;
    const state = this.#part(index, at);
    if (state.done) return;
    state.done = true;
    if (part["type"] === "output_audio") {
      this.#hear(part);
      return;
    }
    if (!state.told) {
      if (part["type"] === "refusal") this.#refuse(textOf(part["refusal"]));
      else this.#say(textOf(part["text"]), part["logprobs"]);
    }
    const annotations = Array.isArray(part["annotations"]) ? part["annotations"] : [];
    for (const annotation of annotations.slice(state.citations)) this.#cite(index, at, annotation);
  }

  #hear({ data, transcript }: Fields): void {
    const about = { transcript: textOf(transcript) };
    const media = { mediaType: "audio/wav", data: textOf(data), about };
    this.#out.push({ kind: "media", choice: 0, ...media });
  }

  #finishItem(index: number, item: Fields): void {
    if (this.#finished.has(index)) return;
    const state = this.#item(index, item);
    switch (item["type"]) {
      case "message":
        for (const [at, part] of listOf(item["content"]).entries())
          this.#finishPart(index, at, part);
        break;
      case "function_call":
      case "custom_tool_call":
        this.#startCall(state, item);
        if (!state.told) this.#writeCall(state, textOf(item["arguments"] ?? item["input"]));
        break;
      case "reasoning":
        this.#finishThinking(state, item);
        break;
      case "image_generation_call":
        this.#see(item);
        break;
    }
    this.#parts -= state.parts.size;
    this.#items.delete(index);
    this.#finished.add(index);
  }

  #finishThinking(state: ItemState, item: Fields): void {
    const thought = joined(item["content"]);
    const summary = thought === "";
    const text = summary ? joined(item["summary"]) : thought;
    if (!state.told && text !== "") this.#thought(state, text, summary);
    const encrypted = textOf(item["encrypted_content"]) || null;
    const model = this.#model || null;
    const proofs = { signature: null, encrypted, id: state.id, model, dialect: ownDialect };
    this.#out.push({ kind: "reasoning_end", choice: 0, reasoning: { text, summary, ...proofs } });
  }

  #see(item: Fields): void {
    const data = textOf(item["result"]);
    if (data === "") return;
    const mediaType = `image/${textOf(item["output_format"]) || "png"}`;
    this.#out.push({ kind: "media", choice: 0, mediaType, data });
  }

  #complete(response: Fields, cut: boolean): void {
    this.#begin(response);
    for (const [index, item] of listOf(response["output"]).entries()) this.#finishItem(index, item);
    this.done = true;
    const finish = cut ? cutFinish(response) : wholeFinish(this.#calls > 0);
    this.#out.push({ kind: "finish", choice: 0, ...finish, stopSequence: null });
    this.#count(response);
  }

  #count(response: Fields): void {
    const usage = readResponsesUsage(response);
    if (usage !== null) this.#out.push({ kind: "usage", usage, tier: tierOf(response) });
  }
}

const partTypes: ReadonlySet<unknown> = new Set(["output_text", "refusal", "output_audio"]);

/** Why an answer ended: in the words of chat completions, and in the provider's own. */
export interface Finish {
  readonly reason: string;
  readonly native: string;
}

/** How a response ends that came whole. */
export function wholeFinish(called: boolean): Finish {
  return { reason: called ? "tool_calls" : "stop", native: "completed" };
}

/** How a response ends that was cut off. */
export function cutFinish(response: Fields): Finish {
  const native = textOf(fieldsOf(response["incomplete_details"])["reason"]) || "incomplete";
  const isLimit = native === "max_output_tokens" || native === "incomplete";
  return { reason: isLimit ? "length" : native, native };
}

/** The tier that served the answer; null when only the wish is echoed. */
function tierOf(response: Fields): string | null {
  const tier = textOf(response["service_tier"]);
  return tier === "" || tier === "auto" ? null : tier;
}

/** Whether an item of the output asks the client for something. */
export function isCall(item: Fields): boolean {
  return item["type"] === "function_call" || item["type"] === "custom_tool_call";
}

/** This wire says flat what chat completions nest. */
function nestedCitation(annotation: Fields): Fields {
  if (annotation["type"] !== "url_citation" || annotation["url_citation"] !== undefined)
    return annotation;
  const { type, ...url_citation } = annotation;
  return { type, url_citation };
}

function joined(parts: unknown): string {
  return listOf(parts)
    .map((part) => textOf(part["text"]))
    .join("\n\n");
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);
const indexOf = (value: unknown): number => (typeof value === "number" ? value : 0);
const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : [];
