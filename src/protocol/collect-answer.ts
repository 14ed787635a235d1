import type { AnswerEvent, FinishReason } from "./answer-event.ts";
import type { Fields, Reasoning } from "./conversation.ts";
import type { Usage } from "./usage.ts";

/** One block of a whole answer; text of one kind that came in pieces is one block. */
export type AnswerBlock =
  | {
      readonly kind: "text";
      text: string;
      readonly logprobs: Fields[];
      readonly citations: Fields[];
    }
  | { readonly kind: "reasoning"; text: string; readonly summary: boolean; end: Reasoning | null }
  | { readonly kind: "refusal"; text: string }
  | {
      readonly kind: "call";
      readonly id: string;
      readonly name: string;
      readonly custom: boolean;
      readonly signature: string | null;
      args: string;
    }
  | {
      readonly kind: "media";
      readonly mediaType: string;
      readonly data: string;
      readonly about: Fields;
    };

export interface AnswerChoice {
  readonly blocks: AnswerBlock[];
  finish: FinishReason | null;
  stopSequence: string | null;
}

/** A whole answer put together from its events. */
export interface WholeAnswer {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  /** By number; at least one. */
  readonly choices: readonly AnswerChoice[];
  readonly usage: Usage | null;
  readonly tier: string | null;
}

/** Puts an answer together: blocks in the order in which they began. */
export function collectAnswer(events: readonly AnswerEvent[]): WholeAnswer {
  let head = { id: "", model: "", created: 0 };
  let usage: Usage | null = null;
  let tier: string | null = null;
  const choices = new Map<number, AnswerChoice>();
  const calls = new Map<string, Extract<AnswerBlock, { kind: "call" }>>();
  const choiceOf = (number: number): AnswerChoice => {
    let choice = choices.get(number);
    if (choice === undefined) {
      choice = { blocks: [], finish: null, stopSequence: null };
      choices.set(number, choice);
    }
    return choice;
  };
  for (const event of events) {
    if (event.kind === "start") head = event;
    else if (event.kind === "usage") ({ usage, tier } = event);
    else if (event.kind === "ping") continue;
    else if (event.kind === "call_start") {
      const { id, name, custom, signature = null } = event;
      const block = { kind: "call", id, name, custom, signature, args: "" } as const;
      calls.set(`${event.choice} ${event.call}`, addTo(choiceOf(event.choice), { ...block }));
    } else if (event.kind === "call_args") {
      const block = calls.get(`${event.choice} ${event.call}`);
      if (block !== undefined) block.args += event.text;
    } else take(choiceOf(event.choice), event);
  }
  if (choices.size === 0) choiceOf(0);
  const numbered = [...choices].sort(([a], [b]) => a - b).map(([, choice]) => choice);
  const { id, model, created } = head;
  return { id, model, created, choices: numbered, usage, tier };
}

function addTo<B extends AnswerBlock>(choice: AnswerChoice, block: B): B {
  choice.blocks.push(block);
  return block;
}

type Said = Exclude<AnswerEvent, { kind: "start" | "usage" | "ping" | "call_start" | "call_args" }>;

function take(choice: AnswerChoice, event: Said): void {
  const last = choice.blocks.at(-1);
  switch (event.kind) {
    case "text": {
      const block = last?.kind === "text" ? last : addTo(choice, newText());
      block.text += event.text;
      for (const each of event.logprobs ?? []) block.logprobs.push(each);
      return;
    }
    case "citation":
      (
        choice.blocks.findLast((block) => block.kind === "text") ?? addTo(choice, newText())
      ).citations.push(event.citation);
      return;
    case "reasoning": {
      const { summary, text } = event;
      if (last?.kind === "reasoning" && last.end === null && last.summary === summary)
        last.text += text;
      else addTo(choice, { kind: "reasoning", text, summary, end: null });
      return;
    }
    case "reasoning_end": {
      const { reasoning } = event;
      if (last?.kind === "reasoning" && last.end === null) last.end = reasoning;
      else
        addTo(choice, { kind: "reasoning", text: "", summary: reasoning.summary, end: reasoning });
      return;
    }
    case "refusal":
      if (last?.kind === "refusal") last.text += event.text;
      else addTo(choice, { kind: "refusal", text: event.text });
      return;
    case "media": {
      const { mediaType, data, about = {} } = event;
      addTo(choice, { kind: "media", mediaType, data, about });
      return;
    }
    default:
      choice.finish ??= event.reason;
      choice.stopSequence ??= event.stopSequence;
  }
}

function newText(): Extract<AnswerBlock, { kind: "text" }> {
  return { kind: "text", text: "", logprobs: [], citations: [] };
}
