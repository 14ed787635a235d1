import { hashText } from "../../../base/hash.ts";
import type { AnswerEvent } from "../../../protocol/answer-event.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { Failure } from "../../../protocol/failure.ts";
import type { ResponseHead } from "../adapter.ts";
import { badResponse, cutStream } from "../classify.ts";
import { isFields } from "../error-signal.ts";
import { headerOf } from "../retry-hint.ts";
import { type AnswerIdentity, CandidateReader } from "./candidate-reader.ts";
import { blockedPrompt, finishFailure } from "./finish.ts";
import { failureInside } from "./read-error.ts";
import { mergeCounts, searchesOf, tierOf, usageOf } from "./usage.ts";

/** More candidates than any request may ask for. */
const mostCandidates = 128;

/**
 * Reads `GenerateContentResponse` objects into events: a whole answer is one of them, a stream many. Nothing on this wire says
 * that a stream is over but its end, so that finishes are told there.
 */
export class AnswerReader {
  failure: Failure | null = null;
  /** True once all was told. */
  done = false;
  readonly #created: number;
  readonly #askedModel: string | null;
  readonly #candidates = new Map<number, CandidateReader>();
  #identity: AnswerIdentity | null = null;
  #counts: Fields = {};
  #usageTold = "";
  #searches = 0;
  #searchesTold = 0;
  #blocked: string | null = null;

  /** `askedModel` is the target's own id, under which thinking is sent back; the answer's version stands in for it. */
  constructor(head: ResponseHead, askedModel: string | null) {
    const ms = Date.parse(headerOf(head, "date") ?? "");
    this.#created = Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
    this.#askedModel = askedModel;
  }

  /** Events of one object. */
  take(value: unknown): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    this.failure = failureInside(value);
    if (this.failure !== null) return [];
    if (!isFields(value)) {
      this.failure = badResponse("a piece of the provider's answer is not an object");
      return [];
    }
    const listed = value["candidates"];
    const candidates: readonly unknown[] = Array.isArray(listed) ? listed : [];
    this.#noteSearches(candidates);
    const events: AnswerEvent[] = [...this.#start(value), ...this.#usage(value["usageMetadata"])];
    const feedback = value["promptFeedback"];
    if (isFields(feedback) && typeof feedback["blockReason"] === "string")
      this.#blocked = feedback["blockReason"];
    for (const candidate of candidates.filter(isFields))
      for (const event of this.#take(candidate)) events.push(event);
    return events;
  }

  /** The answer is over; one that is not whole sets `failure`. One that came in a single piece is whole whatever it says. */
  end(inOnePiece = false): readonly AnswerEvent[] {
    if (this.done || this.failure !== null) return [];
    const readers = [...this.#candidates.values()];
    if (readers.length === 0 && this.#blocked !== null) this.failure = blockedPrompt(this.#blocked);
    else if (readers.length === 0 || (!inOnePiece && readers.some(({ native }) => native === null)))
      this.failure = cutStream("the provider's stream ended before its answer did");
    if (this.failure !== null) return [];
    this.done = true;
    return readers.flatMap((reader) => reader.finish());
  }

  #start(value: Fields): readonly AnswerEvent[] {
    if (this.#identity !== null) return [];
    const { responseId, modelVersion } = value;
    const named = typeof responseId === "string" && responseId !== "";
    const id = named
      ? responseId
      : hashText(`${this.#created} ${JSON.stringify(value)}`).slice(0, 24);
    const model = typeof modelVersion === "string" ? modelVersion : (this.#askedModel ?? "");
    this.#identity = { id, model: this.#askedModel ?? model };
    return [{ kind: "start", id, model, created: this.#created }];
  }

  /** What was looked up stands with the candidates, sometimes after the last counts. */
  #noteSearches(candidates: readonly unknown[]): void {
    for (const candidate of candidates)
      if (isFields(candidate)) this.#searches = Math.max(this.#searches, searchesOf(candidate));
  }

  #usage(counts: unknown): readonly AnswerEvent[] {
    if (isFields(counts)) this.#counts = mergeCounts(this.#counts, counts);
    else if (this.#searches === this.#searchesTold) return [];
    this.#searchesTold = this.#searches;
    const usage = usageOf(this.#counts, this.#searches);
    if (usage === null) return [];
    const event: AnswerEvent = { kind: "usage", usage, tier: tierOf(this.#counts) };
    const told = JSON.stringify(event);
    if (told === this.#usageTold) return [];
    this.#usageTold = told;
    return [event];
  }

  #take(candidate: Fields): readonly AnswerEvent[] {
    const index = candidate["index"] ?? 0;
    if (this.#identity === null || !isPlace(index)) return [];
    const finish = candidate["finishReason"];
    if (typeof finish === "string") this.failure ??= finishFailure(finish);
    if (this.failure !== null) return [];
    let reader = this.#candidates.get(index);
    if (reader === undefined) {
      reader = new CandidateReader(index, this.#identity);
      this.#candidates.set(index, reader);
    }
    return reader.take(candidate);
  }
}

function isPlace(index: unknown): index is number {
  return Number.isInteger(index) && Number(index) >= 0 && Number(index) < mostCandidates;
}
