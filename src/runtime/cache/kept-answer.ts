import type { AnswerEvent } from "../../protocol/answer-event.ts";

/** Why an answer is not kept. */
export type NotKept =
  | "refused"
  | "filtered"
  | "cut"
  | "unfinished"
  | "mixed"
  | "paid-tools"
  | "too-large";

/** Reasons for an end by which a model says that it has said all. */
const whole: ReadonlySet<string> = new Set(["stop", "tool_calls"]);

/** An answer as it comes, its pieces joined, within a bound of bytes. */
export class HeardAnswer {
  readonly #mostBytes: number;
  #events: AnswerEvent[] = [];
  #bytes = 0;
  #isTooLarge = false;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What was said so far; nothing once there was too much of it. */
  get events(): readonly AnswerEvent[] {
    return this.#events;
  }

  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  add(events: readonly AnswerEvent[]): void {
    if (this.#isTooLarge) return;
    for (const event of events) this.#add(event);
    if (this.#bytes <= this.#mostBytes) return;
    this.#isTooLarge = true;
    this.#events = [];
  }

  #add(event: AnswerEvent): void {
    if (event.kind === "ping") return;
    const last = this.#events.at(-1);
    const joined = last === undefined ? null : join(last, event);
    if (joined === null) {
      this.#events.push(event);
      this.#bytes += JSON.stringify(event).length;
    } else {
      this.#events[this.#events.length - 1] = joined;
      this.#bytes += "text" in event ? event.text.length : 0;
    }
  }
}

/** Two pieces of one block as one; null where they are none. */
function join(last: AnswerEvent, next: AnswerEvent): AnswerEvent | null {
  if (next.kind === "usage" && last.kind === "usage") return next;
  if (!("choice" in last) || !("choice" in next) || last.choice !== next.choice) return null;
  if (last.kind === "text" && next.kind === "text") {
    if (last.logprobs !== undefined || next.logprobs !== undefined) return null;
    return { ...last, text: last.text + next.text };
  }
  if (last.kind === "refusal" && next.kind === "refusal")
    return { ...last, text: last.text + next.text };
  if (last.kind === "reasoning" && next.kind === "reasoning")
    return last.summary === next.summary && last.id === next.id
      ? { ...last, text: last.text + next.text }
      : null;
  if (last.kind === "call_args" && next.kind === "call_args" && last.call === next.call)
    return { ...last, text: last.text + next.text };
  return null;
}

/** Why a whole answer is not to be kept; null where it is. `choices`: how many were asked for. */
export function whyNotKept(events: readonly AnswerEvent[], choices: number): NotKept | null {
  const ended = new Set<number>();
  for (const event of events) {
    if (event.kind === "refusal") return "refused";
    if (event.kind === "usage" && (event.usage.paidCalls ?? 0) > 0) return "paid-tools";
    if (event.kind !== "finish") continue;
    if (event.reason === "content_filter") return "filtered";
    if (event.native === "refusal") return "refused";
    if (event.reason === "length") return "cut";
    if (!whole.has(event.reason)) return "unfinished";
    ended.add(event.choice);
  }
  return ended.size === choices ? null : "unfinished";
}
