import { callInput } from "../../protocol/call-input.ts";
import type {
  CallPart,
  Conversation,
  FilePart,
  ImagePart,
  Part,
  ReasoningPart,
  ResultPart,
  Source,
} from "../../protocol/conversation.ts";
import type { Carrier } from "../providers/carrier.ts";
import { isSameModel } from "../providers/same-model.ts";
import { type FetchedUrls, type Fields, fetches, type ModelVersion } from "./language-model.ts";
import { namespaceOf } from "./namespaces.ts";

/** What a prompt is written for. */
export interface PromptGoal {
  readonly version: ModelVersion;
  readonly namespace: string;
  readonly urls: FetchedUrls;
  /** The target's model, whose own thinking alone goes back to it. */
  readonly model: string;
}

/**
 * The turns of a conversation as a prompt of the AI SDK: system text in front, results of calls in messages of the tool. What it
 * cannot say is told to the carrier.
 */
export function toPrompt({ turns }: Conversation, goal: PromptGoal, carrier: Carrier): Fields[] {
  const writer = new PromptWriter(goal, carrier);
  for (const { parts } of turns)
    for (const part of parts) if (part.kind === "call") writer.called(part);
  const system: Fields[] = [];
  const said: Fields[] = [];
  for (const turn of turns) {
    if (turn.name !== null) carrier.leavesOut(`${turn.path}.name`);
    if (turn.role === "system" || turn.role === "developer")
      system.push(...writer.system(turn.parts));
    else if (turn.role === "assistant") said.push(...writer.assistant(turn.parts));
    else said.push(...writer.user(turn.parts));
  }
  return [...system, ...said];
}

class PromptWriter {
  readonly #goal: PromptGoal;
  readonly #carrier: Carrier;
  readonly #names = new Map<string, string>();

  constructor(goal: PromptGoal, carrier: Carrier) {
    this.#goal = goal;
    this.#carrier = carrier;
  }

  /** Results bear the name of the tool here, which clients do not repeat. */
  called({ id, name }: CallPart): void {
    this.#names.set(id, name);
  }

  system(parts: readonly Part[]): Fields[] {
    const texts = parts.flatMap((part) => {
      if (part.kind === "text") return [part.text];
      this.#carrier.cannot(part.path, "anything but text in a system message");
      return [];
    });
    const content = texts.join("\n\n");
    return content === "" ? [] : [{ role: "system", content, ...this.#mark(parts) }];
  }

  user(parts: readonly Part[]): Fields[] {
    const results = parts.filter((part) => part.kind === "result");
    const others = parts.filter((part) => part.kind !== "result");
    const content = others.flatMap((part) => this.#part(part));
    return [
      ...(results.length === 0
        ? []
        : [
            {
              role: "tool",
              content: results.map((part) => this.#result(part)),
              ...this.#mark(results),
            },
          ]),
      ...(content.length === 0 ? [] : [{ role: "user", content, ...this.#mark(others) }]),
    ];
  }

  assistant(parts: readonly Part[]): Fields[] {
    const content = parts.flatMap((part) => this.#part(part));
    return content.length === 0 ? [] : [{ role: "assistant", content, ...this.#mark(parts) }];
  }

  #part(part: Part): Fields[] {
    switch (part.kind) {
      case "text":
      case "refusal":
        return part.text === "" ? [] : [{ type: "text", text: part.text }];
      case "image":
      case "file":
        return this.#file(part);
      case "audio":
        return [
          {
            type: "file",
            mediaType: part.format === "mp3" ? "audio/mpeg" : `audio/${part.format}`,
            data: this.#data(part.data),
          },
        ];
      case "reasoning":
        return this.#reasoning(part);
      case "call":
        return [this.#call(part)];
      case "result":
        return [];
      case "foreign":
        this.#carrier.cannot(part.path, `content of type ${part.type}`);
        return [];
    }
  }

  /** Base64, in the form of the interface's version. */
  #data(data: string): unknown {
    return this.#goal.version === "v4" ? { type: "data", data } : data;
  }

  #file(part: ImagePart | FilePart): Fields[] {
    const mediaType = mediaTypeOf(part);
    const data = this.#source(part.source, mediaType);
    if (data === null) {
      const what = part.kind === "image" ? "an image" : "a file";
      this.#carrier.cannot(part.path, `${what} from such a place`);
      return [];
    }
    const filename = part.kind === "file" && part.name !== null ? { filename: part.name } : {};
    return [{ type: "file", mediaType, data, ...filename }];
  }

  /** Null for what cannot be sent: the gateway fetches no address that a client names. */
  #source(source: Source, mediaType: string): unknown {
    const { version, urls, namespace } = this.#goal;
    switch (source.kind) {
      case "data":
        return this.#data(source.data);
      case "text":
        return version === "v4"
          ? { type: "text", text: source.text }
          : Buffer.from(source.text).toString("base64");
      case "url": {
        if (!URL.canParse(source.url) || !fetches(urls, mediaType, source.url)) return null;
        const url = new URL(source.url);
        return version === "v4" ? { type: "url", url } : url;
      }
      case "id":
        return version === "v4"
          ? { type: "reference", reference: { [namespace]: source.id } }
          : null;
    }
  }

  /** Thinking that this very model signed earlier, which it wants back unchanged; anything else is dropped. */
  #reasoning({ reasoning }: ReasoningPart): Fields[] {
    const { text, signature, encrypted, id, model } = reasoning;
    if (signature === null && encrypted === null) return [];
    if (model === null || !isSameModel(model, this.#goal.model)) return [];
    const options: Record<string, unknown> = {};
    if (signature !== null) options[this.#signatureName()] = signature;
    if (id !== null) options["itemId"] = id;
    const sealed = encrypted === null ? null : /^(\w+):(.*)$/s.exec(encrypted);
    if (sealed !== null) options[sealed[1] ?? ""] = sealed[2];
    return [{ type: "reasoning", text, ...this.#options(options) }];
  }

  #call({ id, name, args, custom, signature }: CallPart): Fields {
    const input = custom ? { input: args } : callInput(args);
    const proof = signature === null ? {} : this.#options({ [this.#signatureName()]: signature });
    return { type: "tool-call", toolCallId: id, toolName: name, input, ...proof };
  }

  #result({ callId, parts, isError, path }: ResultPart): Fields {
    const toolName = this.#names.get(callId) ?? "unknown";
    const head = { type: "tool-result", toolCallId: callId, toolName };
    if (parts.every((part) => part.kind === "text")) {
      const value = parts.map(({ text }) => text).join("");
      return { ...head, output: { type: isError ? "error-text" : "text", value } };
    }
    const value = parts.flatMap((part): Fields[] => {
      if (part.kind === "text") return [{ type: "text", text: part.text }];
      if (part.kind !== "foreign") return this.#resultFile(part);
      this.#carrier.cannot(part.path, `content of type ${part.type}`);
      return [];
    });
    if (isError) this.#carrier.leavesOut(`${path}.is_error`);
    return { ...head, output: { type: "content", value } };
  }

  #resultFile(part: ImagePart | FilePart): Fields[] {
    const { version } = this.#goal;
    if (version === "v4") return this.#file(part);
    const { source, path, kind } = part;
    if (source.kind !== "data") {
      this.#carrier.cannot(path, "a file in a result that is not in the request itself");
      return [];
    }
    const { data, mediaType } = source;
    if (version === "v2") return [{ type: "media", data, mediaType }];
    return [{ type: kind === "image" ? "image-data" : "file-data", data, mediaType }];
  }

  #signatureName(): string {
    return namespaceOf(this.#goal.namespace).signature ?? "signature";
  }

  #options(options: Fields): Fields {
    return { providerOptions: { [this.#goal.namespace]: options } };
  }

  /** The last cache mark of a message stands for it: packages place it behind the message's end. */
  #mark(parts: readonly Part[]): Fields {
    const cache = parts.findLast((part) => part.cache !== undefined)?.cache;
    const caches = namespaceOf(this.#goal.namespace).caches;
    return cache === undefined || caches === undefined ? {} : this.#options(caches(cache.ttl));
  }
}

function mediaTypeOf({ source, kind }: ImagePart | FilePart): string {
  if (source.kind === "data") return source.mediaType;
  if (kind === "image") return "image/*";
  return source.kind === "text" ? "text/plain" : "application/pdf";
}
