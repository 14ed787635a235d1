import type { Target } from "../../../catalog/target.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import { type Carrier, tellReasoning } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { withoutLostThinking } from "./lost-thinking.ts";
import { boundThinking, effortOf, fitThinking, isChosen, thinkingForEffort } from "./thinking.ts";

type Loose = Record<string, unknown>;

/** What a body of this very wire says about thinking; null where it says nothing. */
export function thinkingIn({ thinking }: Fields): Fields | null {
  return isFields(thinking) ? thinking : null;
}

interface ThinkingChange {
  /** The effort that the plan sets; null for none. */
  readonly set: string | null;
  readonly target: Target;
  readonly carrier: Carrier;
}

/**
 * Changes thinking and effort to what the target's model takes; returns the thinking. A budget is bounded anew only where it may
 * have become too large, or is too small.
 */
export function changeThinking(
  native: Fields,
  changes: Loose,
  { set, target, carrier }: ThinkingChange,
): Fields | null {
  const said = thinkingIn(native);
  const saidEffort = effortIn(native);
  const lowered = changes["max_tokens"] ?? native["max_tokens"];
  const maxTokens = typeof lowered === "number" ? lowered : null;
  const made = thinkingForEffort(set, target, maxTokens);
  const param = made === null ? "thinking" : "reasoning_effort";
  const asked = { thinking: made ?? said, effort: effortOf(set) ?? saidEffort };
  const fitted = fitThinking(asked, target, maxTokens, carrier);
  const messages = changes["messages"] ?? native["messages"];
  const isOther = changes["messages"] !== undefined || fitted.thinking !== said;
  const kept =
    isOther && Array.isArray(messages)
      ? withoutLostThinking(fitted.thinking, { messages, param }, carrier)
      : fitted.thinking;
  const isLowered = changes["max_tokens"] !== undefined;
  const halves = isLowered || isChosen(kept, said);
  // As the client wrote it, the whole is the provider's to judge.
  const limit = halves ? maxTokens : null;
  const thinking = boundThinking(kept, { limit, halves, param }, carrier);
  if (thinking !== said) changes["thinking"] = thinking ?? undefined;
  const effort = target.rejectsEffort ? null : fitted.effort;
  if (effort === null && made === null)
    tellReasoning(carrier, { effort: set, budgetTokens: null, enabled: null });
  changeEffort(native, changes, { effort, carrier });
  return thinking;
}

function effortIn({ output_config: config }: Fields): string | null {
  const effort = isFields(config) ? config["effort"] : null;
  return typeof effort === "string" ? effort : null;
}

function changeEffort(
  native: Fields,
  changes: Loose,
  { effort, carrier }: { readonly effort: string | null; readonly carrier: Carrier },
): void {
  const said = effortIn(native);
  if (effort === said) return;
  if (effort === null) carrier.leavesOut("output_config.effort");
  const config = isFields(native["output_config"]) ? native["output_config"] : {};
  const { effort: _effort, ...rest } = config;
  const changed = effort === null ? rest : { ...rest, effort };
  changes["output_config"] = Object.keys(changed).length === 0 ? undefined : changed;
}
