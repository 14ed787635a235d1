import { adapterOf } from "../runtime/providers/adapters.ts";
import type { Upstream } from "../runtime/transport/model-job.ts";

/** Whether a target counts tokens itself, by its own tokenizer; any other would answer instead, and bill for it. */
export function countsTokens(upstream: Upstream | undefined): boolean {
  if (upstream === undefined || upstream.provider.sdk !== undefined) return false;
  return adapterOf(upstream.provider).counts === true;
}
