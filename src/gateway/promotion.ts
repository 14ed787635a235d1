import { dirname } from "node:path";
import type { Core } from "./core.ts";
import { NotReplaced, replacePolicy, textBefore } from "./reload/replace-policy.ts";
import type { ActivePolicy } from "./snapshot.ts";

/** What an operator wants of a policy that another one decides beside. */
export interface ShadowOrder {
  readonly policy: string;
  /** The hash that the text to come has to have: of the candidate's in force; null for any. */
  readonly hash: string | null;
}

/** What became of an order. */
export type ShadowAnswer =
  | { readonly kind: "done"; readonly version: number; readonly hash: string }
  /** That text was in force already: nothing was written. */
  | { readonly kind: "unchanged"; readonly version: number; readonly hash: string }
  | ShadowRefusal;

export type ShadowRefusal =
  | { readonly kind: "no-shadow" | "not-in-force" | "other-folder" | "nothing-before" }
  | { readonly kind: "other-hash"; readonly hash: string }
  /** The files could not be written, or the new text did not come into force. */
  | { readonly kind: "refused"; readonly reasons: readonly string[] };

type PromotionCore = Pick<Core, "snapshot" | "reload">;

/** One at a time for a gateway: two orders would write the same files. */
const turns = new WeakMap<PromotionCore, Promise<unknown>>();

/** Puts the candidate's text, as it is in force, into the file of the policy beside which it decides, and in force there. Doing it again changes nothing. */
export function promote(core: PromotionCore, order: ShadowOrder): Promise<ShadowAnswer> {
  return inTurn(core, async () => {
    const { configuration, policies } = core.snapshot;
    const shadow = configuration.shadowPolicies.get(order.policy);
    if (shadow === undefined) return { kind: "no-shadow" };
    const policy = policies.get(order.policy);
    const candidate = policies.get(shadow.policy);
    if (policy === undefined || candidate === undefined) return { kind: "not-in-force" };
    if (order.hash !== null && order.hash !== candidate.hash)
      return { kind: "other-hash", hash: candidate.hash };
    // What it uses is named from its own folder.
    if (dirname(policy.bundle.file) !== dirname(candidate.bundle.file))
      return { kind: "other-folder" };
    return await replace(core, policy, { text: ownText(candidate), isPutBack: false });
  });
}

/** Puts the text that a promotion replaced back into the policy's file, and in force. Doing it again undoes it. */
export function putBack(core: PromotionCore, order: ShadowOrder): Promise<ShadowAnswer> {
  return inTurn(core, async () => {
    const policy = core.snapshot.policies.get(order.policy);
    if (policy === undefined) return { kind: "not-in-force" };
    const text = textBefore(policy.bundle.file);
    if (text === null) return { kind: "nothing-before" };
    return await replace(core, policy, { text, isPutBack: true });
  });
}

function inTurn<T>(core: PromotionCore, run: () => Promise<T>): Promise<T> {
  const next = (turns.get(core) ?? Promise.resolve()).then(run);
  turns.set(
    core,
    next.catch(() => {}),
  );
  return next;
}

const ownText = ({ bundle }: ActivePolicy): string => bundle.texts.get(bundle.file) ?? "";

async function replace(
  core: PromotionCore,
  policy: ActivePolicy,
  { text, isPutBack }: { readonly text: string; readonly isPutBack: boolean },
): Promise<ShadowAnswer> {
  const { name, bundle, hash } = policy;
  const replaced = await replacePolicy(bundle.file, { expected: ownText(policy), text }).catch(
    (error: unknown) => {
      if (error instanceof NotReplaced) return error;
      throw error;
    },
  );
  if (replaced instanceof NotReplaced) return { kind: "refused", reasons: [replaced.message] };
  if (replaced === null) return { kind: "unchanged", version: core.snapshot.version, hash };
  const event = await core.reload(isPutBack ? name : null);
  const now = core.snapshot.policies.get(name);
  // The watcher may have read the file first: what counts is what is in force.
  if (now !== undefined && ownText(now) === text)
    return { kind: "done", version: event.version, hash: now.hash };
  await replaced.undo();
  await core.reload(null);
  const reasons = event.problems.filter(({ severity }) => severity === "error");
  return { kind: "refused", reasons: reasons.map(({ summary }) => summary) };
}
