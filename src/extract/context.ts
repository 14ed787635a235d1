import type { LiveTargets } from "../catalog/target-fact.ts";
import type { Caller } from "../configuration/configuration.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { IntentAnswer, IntentQuestion } from "./intent-reader.ts";

/** Everything that facts of one request are read from. Nothing in it changes while the request is decided. */
export interface RequestContext {
  readonly chat: Pick<ModelRequest, "body">;
  /** By lower-case name, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly caller: Caller | null;
  /** Wall time of the request's arrival, in milliseconds since the epoch. */
  readonly nowMs: number;
  readonly requestId: string;
  readonly endpoint: Endpoint;
  /** The target that the client itself named; null when it named none. */
  readonly requested: string | null;
  readonly live: LiveTargets;
  /** Tokens that a target makes of one of ours in this prompt, as was learned; nothing when left out. */
  readonly tokenRatio?: (target: string) => number | undefined;
  /** What was spent at a provider this month, in picodollars; nothing when left out. */
  readonly spent?: (provider: string) => bigint;
  /** What the ledger tells, by the fact's name; what is not there is unknown. */
  readonly counted?: ReadonlyMap<string, number>;
  /** Where requests of a sticky key stay at this point of the conversation; null, or left out, where they are free to go. */
  readonly staysAt?: (key: string) => string | null;
  /** Fetches from elsewhere where a key stays, before that is asked; undefined where there is nothing to wait for. Never rejects. */
  readonly recalls?: (key: string) => Promise<void> | undefined;
  /**
   * Asks a classifier what this request's text asks for, in at most the time that the configuration grants; never rejects. Left out
   * where nobody may be asked: what clues and models say is all there is then.
   */
  readonly classify?:
    | ((question: IntentQuestion, context: RequestContext) => Promise<IntentAnswer>)
    | undefined;
}
