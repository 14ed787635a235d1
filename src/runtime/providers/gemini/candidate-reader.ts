import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Fields, Reasoning } from "../../../protocol/conversation.ts";
import { isFields } from "../error-signal.ts";
import { groundingCitations, recitedSources } from "./citations.ts";
import { finishOf } from "./finish.ts";
import { chatLogprobs } from "./logprobs.ts";

/** What a candidate takes from its answer. */
export interface AnswerIdentity {
  /** Ids of calls are made from it where the wire sends none. */
  readonly id: string;
  readonly model: string;
}

/** Reads the parts of one candidate, chunk by chunk, into events. */
export class CandidateReader {
  /** The provider's word; null while the candidate goes on. */
  native: string | null = null;
  readonly #choice: number;
  readonly #identity: AnswerIdentity;
  #calls = 0;
  /** Thinking of the block that is open. */
  #thought = "";
  #text = "";
  #grounding: Fields | null = null;

  constructor(choice: number, identity: AnswerIdentity) {
    this.#choice = choice;
    this.#identity = identity;
  }

  take(candidate: Fields): readonly AnswerEvent[] {
    const content = isFields(candidate["content"]) ? candidate["content"] : {};
    const parts: readonly unknown[] = Array.isArray(content["parts"]) ? content["parts"] : [];
    let logprobs = chatLogprobs(candidate["logprobsResult"]);
    const events: AnswerEvent[] = [];
    for (const part of parts.filter(isFields)) {
      for (const event of this.#part(part)) {
        // The wire counts the tokens of a chunk together: they go with its first text.
        const bears = event.kind === "text" && logprobs.length > 0;
        events.push(bears ? { ...event, logprobs } : event);
        if (bears) logprobs = [];
      }
    }
    for (const citation of recitedSources(candidate["citationMetadata"]))
      events.push({ kind: "citation", choice: this.#choice, citation });
    if (isFields(candidate["groundingMetadata"])) this.#grounding = candidate["groundingMetadata"];
    if (typeof candidate["finishReason"] === "string") this.native = candidate["finishReason"];
    return events;
  }

  /** The candidate is over. */
  finish(): readonly AnswerEvent[] {
    const choice = this.#choice;
    const citations = groundingCitations(this.#grounding, this.#text);
    return [
      ...this.#endThought(),
      ...citations.map((citation) => ({ kind: "citation", choice, citation }) as const),
      {
        kind: "finish",
        choice,
        reason: finishOf(this.native ?? "STOP", this.#calls > 0),
        native: this.native,
        stopSequence: null,
      },
    ];
  }

  #part(part: Fields): readonly AnswerEvent[] {
    const signature = typeof part["thoughtSignature"] === "string" ? part["thoughtSignature"] : "";
    if (part["thought"] === true) return this.#think(part["text"], signature);
    if (isFields(part["functionCall"]))
      return [...this.#endThought(), ...this.#call(part["functionCall"], signature)];
    const said = this.#said(part);
    return [
      ...(said.length > 0 ? this.#endThought() : []),
      ...said,
      ...(signature === "" ? [] : this.#reasoningEnd(signature)),
    ];
  }

  #think(text: unknown, signature: string): readonly AnswerEvent[] {
    const events: AnswerEvent[] = [];
    if (typeof text === "string" && text !== "") {
      this.#thought += text;
      events.push({ kind: "reasoning", choice: this.#choice, text, summary: true });
    }
    return signature === "" ? events : [...events, ...this.#reasoningEnd(signature)];
  }

  #endThought(): readonly AnswerEvent[] {
    return this.#thought === "" ? [] : this.#reasoningEnd(null);
  }

  /** Ends the block of thinking; with a signature that came beside the answer's text, an empty one. */
  #reasoningEnd(signature: string | null): readonly AnswerEvent[] {
    const reasoning: Reasoning = {
      text: this.#thought,
      summary: true,
      signature,
      encrypted: null,
      id: null,
      model: this.#identity.model,
    };
    this.#thought = "";
    return [{ kind: "reasoning_end", choice: this.#choice, reasoning }];
  }

  #call({ id, name, args }: Fields, signature: string): readonly AnswerEvent[] {
    const choice = this.#choice;
    const call = this.#calls++;
    const made = `call_${this.#identity.id}_${choice}_${call}`;
    return [
      {
        kind: "call_start",
        choice,
        call,
        id: typeof id === "string" && id !== "" ? id : made,
        name: String(name ?? ""),
        custom: false,
        ...(signature === "" ? {} : { signature }),
      },
      { kind: "call_args", choice, call, text: JSON.stringify(args ?? {}) },
    ];
  }

  #said(part: Fields): readonly AnswerEvent[] {
    const choice = this.#choice;
    const inline = part["inlineData"];
    if (isFields(inline) && typeof inline["data"] === "string")
      return [
        {
          kind: "media",
          choice,
          mediaType: String(inline["mimeType"] ?? "application/octet-stream"),
          data: inline["data"],
        },
      ];
    const text = typeof part["text"] === "string" ? part["text"] : ranCode(part);
    this.#text += text;
    return text === "" ? [] : [{ kind: "text", choice, text }];
  }
}

/** Code that the provider ran and what came of it: part of the answer, and no other wire has a place of its own for it. */
function ranCode(part: Fields): string {
  const code = part["executableCode"];
  if (isFields(code) && typeof code["code"] === "string")
    return fenced(String(code["language"] ?? "").toLowerCase(), code["code"]);
  const result = part["codeExecutionResult"];
  return isFields(result) && typeof result["output"] === "string"
    ? fenced("", result["output"])
    : "";
}

function fenced(language: string, text: string): string {
  return `\n\`\`\`${language}\n${text.replace(/\n$/, "")}\n\`\`\`\n`;
}
