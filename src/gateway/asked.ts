import type { RequestContext } from "../extract/context.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { PromptPrints } from "./prompt-memory.ts";

/** A request that was read, when it began to come and when it was there. */
export interface Asked {
  readonly request: ModelRequest;
  readonly context: RequestContext;
  readonly prints: PromptPrints | null;
  readonly arrivedAtMs: number;
  readonly readAtMs: number;
}
