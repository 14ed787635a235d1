import { choicesKey, maxTokens, tierKey } from "../extract/body-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import type { Extractor } from "../extract/extractor.ts";
import { classifierKey, intentSourceKey } from "../extract/intent-reader.ts";
import { keptKey, keptState } from "../extract/kept-state.ts";
import type { FactTable, FactValue } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import type { FactFrame } from "../language/program/frame.ts";
import { billedTier } from "../protocol/usage.ts";
import type { DecisionLog } from "../runtime/telemetry/decision-log.ts";
import { type DecisionFacts, decisionLine } from "../runtime/telemetry/decision-record.ts";
import type { Logger } from "../runtime/telemetry/logger.ts";
import type { Grounds } from "./decision.ts";
import type { ActivePolicy } from "./snapshot.ts";

/** A request that is over, to be recorded. */
export interface Recordable {
  readonly policy: ActivePolicy;
  /** Goes back to the policy's pool when the record is written. */
  readonly frame: FactFrame;
  readonly context: RequestContext;
  /** What the choice of targets rested on beyond the policy's own facts. */
  readonly grounds: Grounds["facts"];
  readonly facts: FactTable;
  readonly ended: Omit<DecisionFacts, "policy" | "hash" | "factsJson" | "trustJson" | "weightsOf">;
  /** Size of the request, which is kept until its record is written. */
  readonly bytes: number;
}

/** Bounds on requests kept for their further facts; beyond, records are written without them. */
export interface RecorderLimits {
  readonly requests: number;
  readonly bytes: number;
}

export const defaultRecorderLimits: RecorderLimits = { requests: 256, bytes: 64 * 1024 * 1024 };

export interface RecorderParts {
  /** The log of this moment. */
  readonly log: () => DecisionLog;
  readonly logger: () => Logger;
  readonly limits: RecorderLimits;
  /** What tells a target's weights from others; null where nobody says. */
  readonly weightsOf: (target: string) => string | null;
}

/** Writes decision records, at once or, where further facts are wanted, one after the other behind the answers. */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #waiting: Recordable[] = [];
  #waitingBytes = 0;
  #leftOut = 0;
  #closing = false;
  #running: Promise<void> | null = null;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Never throws for what a request holds. */
  record(request: Recordable): void {
    if (request.policy.further === null) this.#write(request, {});
    else if (this.#hasRoom(request)) {
      this.#waiting.push(request);
      this.#waitingBytes += request.bytes;
      this.#running ??= this.#readOn();
    } else {
      this.#leftOut += 1;
      this.#write(request, {});
    }
  }

  /** Records written without the further facts, because too many waited for theirs. */
  leftOut(): number {
    return this.#leftOut;
  }

  /** Writes what waits, without its further facts; fulfilled when all is with the log. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#running;
  }

  #hasRoom({ bytes }: Recordable): boolean {
    const { limits } = this.#parts;
    if (this.#closing || this.#waiting.length >= limits.requests) return false;
    return this.#waitingBytes + bytes <= limits.bytes;
  }

  async #readOn(): Promise<void> {
    await nextTurn();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const further = await this.#furtherOf(next);
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes;
      this.#write(next, further);
      if (!this.#closing) await nextTurn();
    }
    this.#running = null;
  }

  async #furtherOf({ policy, frame, context, ended }: Recordable): Promise<Grounds["facts"]> {
    if (this.#closing) {
      this.#leftOut += 1;
      return {};
    }
    try {
      return (await policy.further?.read(frame, context)) ?? {};
    } catch (err) {
      this.#parts.logger().error({ err, requestId: ended.id }, "reading facts for a record failed");
      return {};
    }
  }

  #write(request: Recordable, further: Grounds["facts"]): void {
    const { policy, frame, ended } = request;
    const { factsJson, trustJson, askedJson } = recordTexts(request, further);
    const { log, weightsOf } = this.#parts;
    const line = decisionLine({
      ...ended,
      policy: policy.name,
      hash: policy.hash,
      factsJson,
      trustJson,
      askedJson,
      weightsOf,
    });
    log().append(line);
    policy.frames.release(frame);
  }
}

/** The facts of a decided request as JSON texts of a record, further ones with them. */
export function recordTexts(
  request: Pick<Recordable, "policy" | "frame" | "context" | "grounds" | "facts">,
  further: Grounds["facts"],
): { readonly factsJson: string; readonly trustJson: string; readonly askedJson: string } {
  const { policy, frame, facts } = request;
  const { extractor } = policy;
  const added = addedFacts(request, further);
  return {
    factsJson: joined(extractor.snapshotJson(frame), added),
    trustJson: joined(policy.trustJson, trustOf(added, facts)),
    askedJson: extractor.askedJson(frame),
  };
}

/**
 * What a record holds beyond its policy's own facts: further ones, what the choice of targets rested on, and the client's
 * ceiling on the answer, how many answers it asks for, in which tier, and what of the prompt a provider keeps, without which
 * nobody could tell what the request may cost; and who told its intent.
 */
export function addedFacts(
  {
    policy,
    context,
    grounds,
  }: Pick<Recordable, "context" | "grounds"> & {
    readonly policy: { readonly extractor: Pick<Extractor, "keys" | "toldIntent"> };
  },
  further: Grounds["facts"],
): Grounds["facts"] {
  const { body } = context.chat;
  const ceiling = maxTokens(body);
  const isTold = ceiling === undefined || policy.extractor.keys.has("max_tokens");
  const choices = body.n ?? 1;
  const tier = billedTier(body["service_tier"]);
  const kept = keptState(body);
  const told = policy.extractor.toldIntent(context);
  const added: Record<string, FactValue | null> = {};
  if (!isTold) added["max_tokens"] = ceiling;
  if (choices > 1) added[choicesKey] = choices;
  if (tier !== null) added[tierKey] = tier;
  if (kept !== null) added[keptKey] = kept;
  if (told?.by !== undefined) added[intentSourceKey] = told.by;
  if (told?.asked !== undefined) added[classifierKey] = told.asked;
  return Object.assign(added, further, grounds);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** The members of a JSON object and of another one, which share no name. */
function joined(json: string, added: Readonly<Record<string, unknown>>): string {
  if (isEmpty(added)) return json;
  const more = JSON.stringify(added);
  return json === "{}" ? more : `${json.slice(0, -1)},${more.slice(1)}`;
}

function trustOf(added: Grounds["facts"], facts: FactTable): Readonly<Record<string, string>> {
  const trust: Record<string, string> = {};
  for (const name of Object.keys(added)) {
    const said = lookUpFact(facts, name)?.trust ?? "gateway";
    if (said !== "gateway") trust[name] = said;
  }
  return trust;
}
