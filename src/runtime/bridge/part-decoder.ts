import type { AnswerEvent, FinishReason } from "../../protocol/answer-event.ts";
import type { Failure } from "../../protocol/failure.ts";
import { badResponse, cutStream } from "../providers/classify.ts";
import type { AnswerDecoder, Decoded } from "../providers/decoder.ts";
import { isFields } from "../providers/error-signal.ts";
import type { Fields, Generated } from "./language-model.ts";
import { usageOf } from "./read-usage.ts";

/** What stands for what a package does not tell, and how errors and warnings are judged. */
export interface PartReading {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  failureOf(error: unknown): Failure;
  warned(warnings: unknown): void;
}

/** A block of thinking that is open. */
interface Thought {
  text: string;
  signature: string | null;
  encrypted: string | null;
  id: string | null;
}

interface Call {
  readonly call: number;
  filled: boolean;
}

/** Reads the parts that a package makes of an answer. They are data of another's code: nothing of them is taken for granted. */
export class PartDecoder implements AnswerDecoder<unknown> {
  done = false;
  failure: Failure | null = null;
  readonly #reading: PartReading;
  readonly #thoughts = new Map<unknown, Thought>();
  readonly #calls = new Map<unknown, Call>();
  #begun = false;

  constructor(reading: PartReading) {
    this.#reading = reading;
  }

  push(part: unknown): readonly AnswerEvent[] {
    if (this.done || this.failure !== null || !isFields(part)) return [];
    if (part["type"] === "response-metadata") return this.#start(part);
    const events = this.#read(part);
    return events.length === 0 || this.#begun ? events : [...this.#start({}), ...events];
  }

  end(): readonly AnswerEvent[] {
    if (!this.done) this.failure ??= cutStream("the provider's stream ended before its answer did");
    return [];
  }

  #start({ id, modelId, timestamp }: Fields): readonly AnswerEvent[] {
    if (this.#begun) return [];
    this.#begun = true;
    const atMs = timestamp instanceof Date ? timestamp.getTime() : Number.NaN;
    return [
      {
        kind: "start",
        id: text(id) || this.#reading.id,
        model: text(modelId) || this.#reading.model,
        created: Number.isFinite(atMs) ? Math.floor(atMs / 1000) : this.#reading.created,
      },
    ];
  }

  #read(part: Fields): readonly AnswerEvent[] {
    switch (part["type"]) {
      case "stream-start":
        this.#reading.warned(part["warnings"]);
        return [];
      case "text-delta":
        return said("text", part["delta"]);
      case "reasoning-start":
      case "reasoning-delta":
        return this.#think(part);
      case "reasoning-end":
        return this.#thought(part);
      case "tool-input-start":
        return part["providerExecuted"] === true
          ? []
          : this.#call(part["id"], part["toolName"], part);
      case "tool-input-delta":
        return this.#args(part["id"], part["delta"]);
      case "tool-call":
        return part["providerExecuted"] === true ? [] : this.#wholeCall(part);
      case "source":
        return citationOf(part);
      case "file":
        return mediaOf(part);
      case "finish":
        return this.#finish(part);
      case "error":
        this.failure = this.#reading.failureOf(part["error"]);
        return [];
      default:
        return [];
    }
  }

  #think({ id, delta, providerMetadata }: Fields): readonly AnswerEvent[] {
    let thought = this.#thoughts.get(id);
    if (thought === undefined) {
      thought = { text: "", signature: null, encrypted: null, id: null };
      this.#thoughts.set(id, thought);
    }
    note(thought, providerMetadata);
    if (typeof delta !== "string" || delta === "") return [];
    thought.text += delta;
    return [{ kind: "reasoning", choice: 0, text: delta, summary: false }];
  }

  #thought({ id, providerMetadata }: Fields): readonly AnswerEvent[] {
    const thought = this.#thoughts.get(id);
    this.#thoughts.delete(id);
    if (thought === undefined) return [];
    note(thought, providerMetadata);
    if (thought.text === "" && thought.signature === null && thought.encrypted === null) return [];
    const { model } = this.#reading;
    return [{ kind: "reasoning_end", choice: 0, reasoning: { ...thought, summary: false, model } }];
  }

  #call(id: unknown, name: unknown, { providerMetadata }: Fields): readonly AnswerEvent[] {
    if (this.#calls.has(id)) return [];
    const call = this.#calls.size;
    this.#calls.set(id, { call, filled: false });
    const signature = signatureOf(providerMetadata);
    return [
      {
        kind: "call_start",
        choice: 0,
        call,
        id: text(id) || `call_${call}`,
        name: text(name),
        custom: false,
        ...(signature === null ? {} : { signature }),
      },
    ];
  }

  #args(id: unknown, delta: unknown): readonly AnswerEvent[] {
    const open = this.#calls.get(id);
    if (open === undefined || typeof delta !== "string" || delta === "") return [];
    open.filled = true;
    return [{ kind: "call_args", choice: 0, call: open.call, text: delta }];
  }

  #wholeCall(part: Fields): readonly AnswerEvent[] {
    const { toolCallId: id, toolName, input } = part;
    const started = this.#call(id, toolName, part);
    if (this.#calls.get(id)?.filled === true) return started;
    const args = typeof input === "string" ? input : JSON.stringify(input ?? {});
    return [...started, ...this.#args(id, args.trim() === "" ? "{}" : args)];
  }

  #finish({ finishReason, usage, providerMetadata }: Fields): readonly AnswerEvent[] {
    const { unified, raw } = finishOf(finishReason);
    if (unified === "error" || (raw === null && !knownFinishes.has(unified))) {
      // The model's server never said that its answer is whole.
      this.failure =
        raw === null
          ? cutStream("the provider's stream ended without a reason")
          : badResponse("the provider reported an error");
      return [];
    }
    this.done = true;
    const open = [...this.#thoughts.keys()].flatMap((id) => this.#thought({ id }));
    const counted = usageOf(usage);
    return [
      ...open,
      ...(counted === null ? [] : [{ kind: "usage", usage: counted, tier: null } as const]),
      {
        kind: "finish",
        choice: 0,
        reason: knownFinishes.get(unified) ?? "stop",
        native: raw,
        stopSequence: metadataText(providerMetadata, ["stopSequence"])?.value ?? null,
      },
    ];
  }
}

/** A whole answer, read as the stream that it would be. */
export function decodeGenerated(generated: Generated, reading: PartReading): Decoded {
  const decoder = new PartDecoder(reading);
  const { content, finishReason, usage, warnings, response, providerMetadata } = generated;
  const parts: Fields[] = [
    { type: "stream-start", warnings },
    { ...(isFields(response) ? response : {}), type: "response-metadata" },
    ...(Array.isArray(content) ? content : []).flatMap((item: unknown, index) =>
      partsOf(item, index),
    ),
    { type: "finish", finishReason, usage, providerMetadata },
  ];
  const events = parts.flatMap((part) => decoder.push(part));
  return decoder.failure === null ? { ok: true, events } : { ok: false, failure: decoder.failure };
}

function partsOf(item: unknown, index: number): readonly Fields[] {
  if (!isFields(item)) return [];
  const { type, text: delta, providerMetadata } = item;
  const id = `${index}`;
  if (type === "text") return [{ type: "text-delta", id, delta }];
  if (type !== "reasoning") return [item];
  return [
    { type: "reasoning-start", id, providerMetadata },
    { type: "reasoning-delta", id, delta },
    { type: "reasoning-end", id },
  ];
}

const knownFinishes: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool-calls", "tool_calls"],
  ["content-filter", "content_filter"],
]);

/** A reason of any version: a word alone in version 2, with the provider's own beside it since. */
function finishOf(reason: unknown): { readonly unified: string; readonly raw: string | null } {
  if (!isFields(reason)) {
    const unified = text(reason);
    // In version 2 these two stand for a reason that was told; an untold one is `unknown`.
    return { unified, raw: unified === "other" || unified === "error" ? unified : null };
  }
  const { unified, raw } = reason;
  return { unified: text(unified), raw: typeof raw === "string" ? raw : null };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function said(kind: "text", delta: unknown): readonly AnswerEvent[] {
  return typeof delta === "string" && delta !== "" ? [{ kind, choice: 0, text: delta }] : [];
}

/** The first of the named texts in metadata, whatever the namespace it stands under. */
function metadataText(
  metadata: unknown,
  names: readonly string[],
): { readonly name: string; readonly value: string } | null {
  if (!isFields(metadata)) return null;
  for (const fields of Object.values(metadata)) {
    if (!isFields(fields)) continue;
    for (const name of names) {
      const value = fields[name];
      if (typeof value === "string" && value !== "") return { name, value };
    }
  }
  return null;
}

function signatureOf(metadata: unknown): string | null {
  return metadataText(metadata, ["signature", "thoughtSignature"])?.value ?? null;
}

/** Sealed thinking keeps the name of its field in front, so that it can go back under the same. */
function note(thought: Thought, metadata: unknown): void {
  const sealed = metadataText(metadata, [
    "redactedData",
    "redactedContent",
    "reasoningEncryptedContent",
  ]);
  thought.signature = signatureOf(metadata) ?? thought.signature;
  if (sealed !== null) thought.encrypted = `${sealed.name}:${sealed.value}`;
  thought.id = metadataText(metadata, ["itemId"])?.value ?? thought.id;
}

function citationOf(part: Fields): readonly AnswerEvent[] {
  const { sourceType, url, title, filename } = part;
  const citation =
    sourceType === "url"
      ? {
          type: "url_citation",
          url_citation: { url, title: text(title), start_index: 0, end_index: 0 },
        }
      : { type: "file_citation", file_citation: { title, filename } };
  return [{ kind: "citation", choice: 0, citation }];
}

function mediaOf({ mediaType, data: given }: Fields): readonly AnswerEvent[] {
  const data = isFields(given) && !(given instanceof Uint8Array) ? given["data"] : given;
  const base64 = data instanceof Uint8Array ? Buffer.from(data).toString("base64") : text(data);
  const url: unknown = isFields(given) ? given["url"] : undefined;
  // Nobody fetches it here: the client is told where it is.
  if (base64 === "" && url !== undefined)
    return citationOf({ sourceType: "url", url: String(url), title: text(mediaType) });
  if (base64 === "") return [];
  return [{ kind: "media", choice: 0, mediaType: text(mediaType), data: base64 }];
}
