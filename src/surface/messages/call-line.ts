import { hashText } from "../../base/hash.ts";
import type { AnswerEvent } from "../../protocol/answer-event.ts";
import type { Fields } from "../../protocol/conversation.ts";
import { FittingIds } from "../../protocol/fitting-ids.ts";
import { isFields } from "../fields.ts";
import { sealCall } from "../seal.ts";

type CallStart = Extract<AnswerEvent, { readonly kind: "call_start" }>;

/** Where the blocks of calls go, one at a time. */
export interface CallSink {
  open(block: Fields): void;
  delta(delta: Fields): void;
  close(): void;
}

interface Call {
  readonly start: CallStart;
  args: string;
}

/**
 * Puts calls in a line: blocks of this wire never interleave, while other providers may tell of several calls by turns. The first
 * is written as it comes; later ones wait until it is surely over.
 */
export class CallLine {
  /** What tells this answer from others. */
  answer = "";
  readonly #sink: CallSink;
  readonly #ids = new FittingIds();
  readonly #seen = new Set<number>();
  readonly #waiting = new Map<number, Call>();
  #current: Call | null = null;

  constructor(sink: CallSink) {
    this.#sink = sink;
  }

  get count(): number {
    return this.#seen.size;
  }

  start(start: CallStart): void {
    if (this.#seen.has(start.call)) return;
    this.#seen.add(start.call);
    const call = { start, args: "" };
    if (this.#current === null) this.#open(call);
    else if (this.#waiting.size === 0 && isWhole(this.#current)) {
      this.#close();
      this.#open(call);
    } else this.#waiting.set(start.call, call);
  }

  /** What still comes for a call that is over can only be blank, and is left out. */
  args(number: number, text: string): void {
    if (this.#current?.start.call === number) {
      this.#current.args += text;
      this.#write(this.#current, text);
      return;
    }
    const call = this.#waiting.get(number);
    if (call !== undefined) call.args += text;
  }

  closeAll(): void {
    this.#close();
    for (const call of this.#waiting.values()) {
      this.#open(call);
      this.#write(call, call.args);
      this.#close();
    }
    this.#waiting.clear();
  }

  #open(call: Call): void {
    const { name, custom, signature } = call.start;
    // Clients send ids back, among those of other answers: one that the provider did not give is made of the answer's.
    const id = this.#ids.take(call.start.id, `toolu_${hashText(this.answer)}_${call.start.call}`);
    this.#current = call;
    if (signature !== undefined) {
      this.#sink.open({ type: "redacted_thinking", data: sealCall(id, signature) });
      this.#sink.close();
    }
    this.#sink.open({ type: "tool_use", id, name, input: {} });
    if (custom) this.#sink.delta(jsonDelta('{"input":"'));
  }

  /** Free text of a custom tool is one field of an object here. */
  #write(call: Call, text: string): void {
    if (text === "") return;
    this.#sink.delta(jsonDelta(call.start.custom ? JSON.stringify(text).slice(1, -1) : text));
  }

  #close(): void {
    if (this.#current === null) return;
    if (this.#current.start.custom) this.#sink.delta(jsonDelta('"}'));
    this.#current = null;
    this.#sink.close();
  }
}

function jsonDelta(partial_json: string): Fields {
  return { type: "input_json_delta", partial_json };
}

/** Whether nothing can follow: the arguments are one whole object. */
function isWhole(call: Call): boolean {
  return !call.start.custom && isFields(parsed(call.args));
}

/** The value of JSON text; undefined when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
