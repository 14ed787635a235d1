import type { Failure } from "../../../protocol/failure.ts";
import type { Usage } from "../../../protocol/usage.ts";
import { badResponse, classify } from "../classify.ts";
import { errorSignal, isFields, noSignal } from "../error-signal.ts";
import { OutputMeter } from "../output-meter.ts";
import type { Differences } from "./differences.ts";
import { finishOf, normaliseMessage } from "./normalise.ts";
import { readAnswerUsage, withCommonUsage } from "./read-usage.ts";
import { createStreamCallRepair } from "./repair-stream-calls.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Takes the parsed chunks of one stream, mends what departs from the dialect, and notes what they tell: usage, finish reasons,
 * failure. One for each stream.
 */
export class StreamNormaliser {
  meaningful = false;
  failure: Failure | null = null;
  usage: Usage | null = null;
  /** The tier that served it, as the provider says. */
  tier: string | null = null;
  finishReason: string | null = null;
  /** Whether any call was seen. */
  called = false;
  readonly output = new OutputMeter();
  readonly finished = new Set<unknown>();
  readonly choices: number;
  /** Whether a finish of `stop` stands for calls once one was seen; of several choices nobody knows whose calls they were. */
  readonly mendsStop: boolean;
  readonly #repair: ReturnType<typeof createStreamCallRepair> | null;
  readonly #showsUsage: boolean;
  #id: string | null = null;
  #model: string | null = null;

  constructor(row: Differences, choices: number, showsUsage: boolean) {
    this.#repair = row.repairsToolCalls ? createStreamCallRepair() : null;
    this.#showsUsage = showsUsage;
    this.choices = choices;
    this.mendsStop = row.callsFinishAsStop && choices === 1;
  }

  /** The event under the id and model of the first that had them, since clients put a stream together by its id. */
  named(value: Fields): Fields {
    const { id, model } = value;
    if (this.#id === null) {
      if (typeof id === "string" && id !== "") this.#id = id;
      if (this.#id !== null && typeof model === "string") this.#model = model;
      return value;
    }
    if (id === this.#id && (this.#model === null || model === this.#model)) return value;
    return { ...value, id: this.#id, ...(this.#model === null ? {} : { model: this.#model }) };
  }

  /** Takes one parsed event in: what to hand on, the very value where nothing changes, null for nothing. */
  take(received: unknown): Fields | null {
    const signal = errorSignal(received);
    if (signal !== null) {
      this.failure = classify(200, signal);
      return null;
    }
    if (!isFields(received)) {
      this.failure = badResponse("an event of the provider's stream is not JSON");
      return null;
    }
    const named = this.named(received);
    const usage = readAnswerUsage(named);
    const value = usage === null ? named : withCommonUsage(named);
    if (usage !== null) this.usage = usage;
    if (typeof value["service_tier"] === "string") this.tier = value["service_tier"];
    const choices = Array.isArray(value["choices"]) ? (value["choices"] as readonly unknown[]) : [];
    const hidden = usage !== null && !this.#showsUsage;
    if (choices.length === 0) return hidden ? null : value;
    const kept = this.#takeChoices(value, choices, usage !== null);
    return hidden && kept !== null ? withoutUsage(kept) : kept;
  }

  #takeChoices(value: Fields, choices: readonly unknown[], bills: boolean): Fields | null {
    let changed = false;
    const kept: unknown[] = [];
    for (const choice of choices) {
      const taken = this.#takeChoice(choice);
      if (this.failure !== null) return null;
      if (taken !== choice) changed = true;
      if (taken !== null) kept.push(taken);
    }
    if (!changed) return value;
    if (kept.length === 0 && !(bills && this.#showsUsage)) return null;
    return { ...value, choices: kept };
  }

  #takeChoice(choice: unknown): unknown {
    if (!isFields(choice)) return choice;
    const reason = finishOf(choice["finish_reason"]);
    if (reason === "error") {
      const code = String(choice["finish_reason"]);
      this.failure = classify(200, { ...noSignal, code });
      return null;
    }
    if (reason !== null && this.finished.has(choice["index"])) return null;
    const delta = isFields(choice["delta"]) ? this.#takeDelta(choice["delta"]) : null;
    const shown = reason === "stop" && this.mendsStop && this.called ? "tool_calls" : reason;
    if (shown !== null) {
      this.finished.add(choice["index"]);
      this.finishReason ??= shown;
      this.meaningful = true;
    }
    const sameDelta = delta === null || delta === choice["delta"];
    if (sameDelta && (shown ?? choice["finish_reason"]) === choice["finish_reason"]) return choice;
    return { ...choice, ...(delta === null ? {} : { delta }), finish_reason: shown };
  }

  #takeDelta(delta: Fields): Fields {
    let out = normaliseMessage(delta);
    const calls = out["tool_calls"];
    if (Array.isArray(calls) && calls.length > 0) {
      this.called = true;
      if (this.#repair !== null) out = { ...out, tool_calls: this.#repair.repair(calls) };
    }
    this.output.addDelta(out);
    if (!this.meaningful && says(out)) this.meaningful = true;
    return out;
  }
}

/** Whether a delta holds anything a reader would see: content, reasoning, a refusal, a call, audio. */
function says(delta: Fields): boolean {
  const filled = (value: unknown): boolean => typeof value === "string" && value !== "";
  const calls = delta["tool_calls"];
  return (
    filled(delta["content"]) ||
    filled(delta["refusal"]) ||
    filled(delta["reasoning_content"]) ||
    (Array.isArray(calls) && calls.length > 0) ||
    isFields(delta["function_call"]) ||
    isFields(delta["audio"])
  );
}

/** For a client that did not ask for counts: some providers put them beside a choice. */
function withoutUsage({ usage: _hidden, ...rest }: Fields): Fields {
  return rest;
}
