import type { ClientKey } from "../configuration/configuration.ts";
import type { ChatRequest } from "../protocol/chat-request.ts";

/** Live facts of targets, as the runtime measures them; undefined where nothing is known. */
export interface LiveTargets {
  healthy(target: string): boolean | undefined;
  /** Requests in flight or waiting. */
  queue(target: string): number | undefined;
}

/** Live facts where none are measured: every target is taken for healthy, no queue is known. */
export const noLiveTargets: LiveTargets = { healthy: () => true, queue: () => undefined };

/** Who sends a request; a ClientKey of the configuration is one. */
export type Caller = Pick<ClientKey, "name" | "user" | "team" | "attributes">;

/** Everything that facts of one request are read from. Nothing in it changes while the request is decided. */
export interface RequestContext {
  readonly chat: Pick<ChatRequest, "body">;
  /** By lower-case name, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly caller: Caller | null;
  /** Wall time of the request's arrival, in milliseconds since the epoch. */
  readonly nowMs: number;
  readonly requestId: string;
  readonly endpoint: "chat";
  /** The target that the client itself named; null when it named none. */
  readonly requested: string | null;
  readonly live: LiveTargets;
}
