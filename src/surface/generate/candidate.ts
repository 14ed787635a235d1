import type { AnswerEvent } from "../../protocol/answer-event.ts";
import { callInput } from "../../protocol/call-input.ts";
import type { Fields, Reasoning } from "../../protocol/conversation.ts";
import { reasonOf } from "./answer-end.ts";
import { groundingOf } from "./grounding.ts";
import { logprobsResult } from "./logprobs.ts";
import { proofOf } from "./proof.ts";

type EventOf<Kind extends AnswerEvent["kind"]> = Extract<AnswerEvent, { readonly kind: Kind }>;

/** What an event says of one candidate. */
export type CandidateEvent = Exclude<AnswerEvent, EventOf<"start" | "usage" | "ping">>;

interface Call {
  readonly start: EventOf<"call_start">;
  args: string;
}

/** One answer of a response as far as its events went. Calls are held until they are over: this wire tells them whole. */
export class Candidate {
  readonly #index: number;
  readonly #calls = new Map<number, Call>();
  readonly #begun = new Set<number>();
  readonly #citations: Fields[] = [];
  #logprobs: Fields[] = [];
  #finish: EventOf<"finish"> | null = null;
  #text = "";
  /** Whether thinking was told whose proof is still to come. */
  #thinks = false;
  #refused = false;

  constructor(index: number) {
    this.#index = index;
  }

  /** The parts that can be told now. `model` answers. */
  take(event: CandidateEvent, model: string): readonly Fields[] {
    switch (event.kind) {
      case "call_start":
        if (this.#begun.has(event.call)) return [];
        this.#begun.add(event.call);
        this.#calls.set(event.call, { start: event, args: "" });
        return [];
      case "call_args": {
        const call = this.#calls.get(event.call);
        if (call !== undefined) call.args += event.text;
        return [];
      }
      case "citation":
        this.#citations.push(event.citation);
        return [];
      case "finish":
        this.#finish ??= event;
        return this.#endCalls();
      default:
        return this.#takeContent(event, model);
    }
  }

  /** A piece of the candidate with these parts. */
  piece(parts: readonly Fields[]): Fields {
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    return {
      content: { parts, role: "model" },
      ...(logprobs.length === 0 ? {} : { logprobsResult: logprobsResult(logprobs) }),
      index: this.#index,
    };
  }

  /** The last piece, with how it ended and what its text rests on; behind these parts. */
  lastPiece(before: readonly Fields[]): Fields {
    const parts = [...before, ...this.#endCalls()];
    const grounding = groundingOf(this.#citations, this.#text);
    const { index, ...piece } = this.piece(parts.length === 0 ? [{ text: "" }] : parts);
    return {
      ...piece,
      finishReason: reasonOf(this.#finish, this.#refused),
      ...(grounding === null ? {} : { groundingMetadata: grounding }),
      index,
    };
  }

  #takeContent(
    event: Exclude<CandidateEvent, EventOf<"call_start" | "call_args" | "citation" | "finish">>,
    model: string,
  ): readonly Fields[] {
    const before = this.#endCalls();
    switch (event.kind) {
      case "text":
        for (const one of event.logprobs ?? []) this.#logprobs.push(one);
        return [...before, ...this.#say(event.text)];
      case "refusal":
        this.#refused = true;
        return [...before, ...this.#say(event.text)];
      case "reasoning":
        if (event.text === "") return before;
        this.#thinks = true;
        return [...before, { text: event.text, thought: true }];
      case "reasoning_end":
        return [...before, ...this.#endThought(event.reasoning, model)];
      default: {
        const { mediaType: mimeType, data } = event;
        return [...before, { inlineData: { mimeType, data } }];
      }
    }
  }

  #say(text: string): readonly Fields[] {
    if (text === "") return [];
    this.#thinks = false;
    this.#text += text;
    return [{ text }];
  }

  /** The proof of the thinking that was told; thinking that was not told yet is told whole. */
  #endThought(reasoning: Reasoning, model: string): readonly Fields[] {
    const proof = proofOf(reasoning, model);
    const text = this.#thinks ? "" : reasoning.text;
    const signed = proof === null ? {} : { thoughtSignature: proof };
    const told = this.#thinks;
    this.#thinks = false;
    if (text === "" && proof === null) return [];
    // A signature of this wire's own without thinking is one of the text before it.
    const ofText = !told && text === "" && reasoning.dialect === "generate";
    return [{ text, ...(ofText ? {} : { thought: true }), ...signed }];
  }

  #endCalls(): readonly Fields[] {
    if (this.#calls.size === 0) return [];
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#thinks = false;
    return calls.map(callPart);
  }
}

function callPart({ start, args }: Call): Fields {
  const { id, name, custom, signature } = start;
  return {
    functionCall: { ...(id === "" ? {} : { id }), name, args: argsOf(args, custom) },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}

/** Arguments as an object: the free text of a custom tool under `input`, what is no JSON object under `_raw`. */
function argsOf(args: string, custom: boolean): Fields {
  return custom ? { input: args } : callInput(args);
}
