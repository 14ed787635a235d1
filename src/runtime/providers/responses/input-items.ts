import { hashText } from "../../../base/hash.ts";
import type { Target } from "../../../catalog/target.ts";
import type {
  Conversation,
  Fields,
  FilePart,
  Part,
  Reasoning,
  ResultPart,
  Source,
  Turn,
} from "../../../protocol/conversation.ts";
import { type Carrier, isKeptElsewhere, keptElsewhere } from "../carrier.ts";
import { isSameModel } from "../same-model.ts";

/** Clients of both wires leave their files with the same house. */
const own = ["chat", "responses"] as const;

type Loose = Record<string, unknown>;

/** The longest id of a call that the API takes. */
const longestCallId = 64;

/** Items of `input` for all turns; what this wire cannot carry is told to the carrier and left out. */
export function inputItems(
  { turns }: Conversation,
  target: Target,
  carrier: Carrier,
): readonly Fields[] {
  const writer = new ItemWriter(target, carrier);
  for (const turn of turns) writer.write(turn);
  return writer.items;
}

class ItemWriter {
  readonly items: Fields[] = [];
  readonly #target: Target;
  readonly #carrier: Carrier;
  /** Ids of calls of custom tools: their results are items of another type. */
  readonly #custom = new Set<string>();

  constructor(target: Target, carrier: Carrier) {
    this.#target = target;
    this.#carrier = carrier;
  }

  /** A turn becomes a message, cut where a call, a result or thinking stands in it. */
  write(turn: Turn): void {
    let content: Fields[] = [];
    for (const part of turn.parts) {
      const item = this.#itemOf(part, turn);
      if (item === null) {
        content.push(...this.#contentOf(part, turn.role));
        continue;
      }
      this.#say(turn.role, content);
      content = [];
      this.items.push(...item);
    }
    this.#say(turn.role, content);
  }

  #say(role: Turn["role"], content: readonly Fields[]): void {
    if (content.length > 0) this.items.push({ type: "message", role, content });
  }

  /** The items of a part that is none of a message's; null for one that is. */
  #itemOf(part: Part, turn: Turn): readonly Fields[] | null {
    switch (part.kind) {
      case "reasoning":
        return reasoningItems(part.reasoning, this.#target);
      case "call":
        return [this.#call(part)];
      case "result":
        return [this.#result(part)];
      case "foreign":
        return part.dialect === "responses" && part.path === turn.path ? [part.value] : null;
      default:
        return null;
    }
  }

  #call(part: Extract<Part, { readonly kind: "call" }>): Fields {
    const { name, args } = part;
    const call_id = callId(part.id);
    if (!part.custom) return { type: "function_call", call_id, name, arguments: args || "{}" };
    this.#custom.add(part.id);
    return { type: "custom_tool_call", call_id, name, input: args };
  }

  #result(part: ResultPart): Fields {
    const type = this.#custom.has(part.callId) ? "custom_tool_call_output" : "function_call_output";
    const { parts } = part;
    const isText = parts.every((inner) => inner.kind === "text");
    const output = isText
      ? parts.map((inner) => (inner.kind === "text" ? inner.text : "")).join("")
      : parts.flatMap((inner) => this.#contentOf(inner, "user"));
    return { type, call_id: callId(part.callId), output };
  }

  #contentOf(part: Part, role: Turn["role"]): readonly Fields[] {
    const said = role === "assistant";
    switch (part.kind) {
      case "text":
        return [said ? { type: "output_text", text: part.text } : inputText(part.text, part)];
      case "refusal":
        return [said ? { type: "refusal", refusal: part.text } : inputText(part.text, part)];
      case "image":
        if (said) return this.#cannot(part, "an image in an answer");
        return this.#image(part);
      case "file":
        if (said) return this.#cannot(part, "a file in an answer");
        return this.#file(part);
      case "audio":
        return this.#cannot(part, "sound");
      case "foreign":
        return part.dialect === "responses"
          ? [part.value]
          : this.#cannot(part, `a part of type '${part.type}'`);
      default:
        return [];
    }
  }

  #cannot(part: Part, what: string): readonly Fields[] {
    this.#carrier.cannot(part.path, what);
    return [];
  }

  #image(part: Extract<Part, { readonly kind: "image" }>): readonly Fields[] {
    const { source } = part;
    if (source.kind === "text") return this.#cannot(part, "text as an image");
    if (isKeptElsewhere(source, own)) return this.#cannot(part, keptElsewhere);
    const place = source.kind === "id" ? { file_id: source.id } : { image_url: urlOf(source) };
    return [{ type: "input_image", detail: part.detail ?? "auto", ...place, ...breakpoint(part) }];
  }

  #file(part: FilePart): readonly Fields[] {
    if (isKeptElsewhere(part.source, own)) return this.#cannot(part, keptElsewhere);
    if (part.cites) this.#carrier.cannot(part.path, "the wish to have a file cited");
    const context = part.context === null ? [] : [{ type: "input_text", text: part.context }];
    return [...context, fileItem(part)];
  }
}

function inputText(text: string, part: Part): Fields {
  return { type: "input_text", text, ...breakpoint(part) };
}

function fileItem(part: FilePart): Fields {
  const { source, name } = part;
  const mark = breakpoint(part);
  switch (source.kind) {
    case "url":
      return { type: "input_file", file_url: source.url, ...mark };
    case "id":
      return { type: "input_file", file_id: source.id, ...mark };
    case "data":
      return {
        type: "input_file",
        filename: name ?? `file.${source.mediaType.replace(/^.*[/+.-]/, "")}`,
        file_data: urlOf(source),
        ...mark,
      };
    case "text":
      return inputText(name === null ? source.text : `${name}\n\n${source.text}`, part);
  }
}

function urlOf(source: Extract<Source, { readonly kind: "url" | "data" }>): string {
  return source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** The API's own times alone are worth a mark: it caches by itself, and models of before know no marks. */
function breakpoint({ cache }: Part): Loose {
  const ttl = cache?.ttl;
  return ttl === "30m" || ttl === "12h"
    ? { prompt_cache_breakpoint: { mode: "explicit", ttl } }
    : {};
}

/**
 * Thinking goes back to its maker alone, and only whole: what is encrypted, under the id it came with. A model that is named has
 * to be the target's.
 */
function reasoningItems(reasoning: Reasoning, target: Target): readonly Fields[] {
  const { encrypted, id, model, text, summary, dialect = "responses" } = reasoning;
  if (encrypted === null || id === null || reasoning.signature !== null) return [];
  const isOwn = model === null || isSameModel(model, target.model);
  if (!isOwn || dialect !== "responses") return [];
  const item: Loose = { type: "reasoning", id, summary: [], encrypted_content: encrypted };
  if (text !== "" && summary) item["summary"] = [{ type: "summary_text", text }];
  else if (text !== "") item["content"] = [{ type: "reasoning_text", text }];
  return [item];
}

/** Ids of other makers may be too long; the same one always becomes the same. */
function callId(id: string): string {
  return id.length <= longestCallId ? id : `call_${hashText(id)}`;
}
