import type { RequestContext } from "../extract/context.ts";
import { readLedger } from "../runtime/plan/ledger-facts.ts";
import type { Core } from "./core.ts";
import type { ActivePolicy } from "./snapshot.ts";

/** A request's context with what its policy asks of the ledger. Throws or rejects with a StoreError. */
export function withCounted(
  { limits }: Pick<Core, "limits">,
  { asksLedger }: Pick<ActivePolicy, "asksLedger">,
  context: RequestContext,
): RequestContext | Promise<RequestContext> {
  if (asksLedger === null) return context;
  const counted = readLedger(asksLedger, limits.open().store, {
    subjectOf: (read) => read(context),
    atMs: context.nowMs,
  });
  return counted instanceof Promise
    ? counted.then((late) => ({ ...context, counted: late }))
    : { ...context, counted };
}
