import type { Target, ThinkingType } from "../../../catalog/target.ts";
import type { Fields, ReasoningWish } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { budgetWithin, type ThinkingRoom } from "../thinking-budget.ts";

/** What a request says about thinking on this wire: its `thinking`, and the effort of its `output_config`. */
export interface ThinkingAsked {
  readonly thinking: Fields | null;
  readonly effort: string | null;
}

/** This wire's word for each effort. */
const efforts: ReadonlyMap<unknown, string> = new Map([
  ["none", "low"],
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "xhigh"],
  ["max", "max"],
]);

/** An effort in the words of this wire; null for one that it has no word for. */
export function effortOf(word: unknown): string | null {
  return efforts.get(word) ?? null;
}

/** Tokens that stand for an effort where only tokens are taken (wire-formats §6.4). */
const budgets: ReadonlyMap<string | null, number> = new Map([
  ["minimal", 512],
  ["low", 2048],
  ["medium", 8192],
  ["high", 24_576],
  ["xhigh", 32_768],
  ["max", 32_768],
]);

/** The least budget that this wire takes (wire-formats §2.2). */
const leastBudget = 1024;

/** A wish about thinking in the words of this wire. */
export function askedThinking({
  effort,
  enabled,
  budgetTokens,
  mode,
  summary,
}: ReasoningWish): ThinkingAsked {
  const word = effortOf(effort);
  const asks = (thinking: Fields | null): ThinkingAsked => ({ thinking, effort: word });
  if (enabled === null && budgetTokens === null) return asks(null);
  if (enabled === false || (enabled === null && budgetTokens === 0))
    return asks({ type: "disabled" });
  const display = summary === "omitted" || summary === "summarized" ? { display: summary } : {};
  return asks(
    budgetTokens === null
      ? { type: modes.get(mode) ?? "adaptive", ...display }
      : { type: "enabled", budget_tokens: budgetTokens, ...display },
  );
}

/** The words for a way of thinking that may need no budget in a client's body; `auto` and whatever else is left to the model. */
const modes: ReadonlyMap<unknown, ThinkingType> = new Map<unknown, ThinkingType>([
  ["enabled", "enabled"],
  ["between_tools", "between_tools"],
]);

/** Thinking in place of an effort, for models that take a budget and nothing else; null for all others, and where none is said. */
export function thinkingForEffort(
  word: string | null,
  { thinking: ways }: Pick<Target, "thinking">,
  limit: number | null,
): Fields | null {
  if (word === null || ways?.has("enabled") !== true || ways.has("adaptive")) return null;
  if (word === "none") return { type: "disabled" };
  return { type: "enabled", budget_tokens: budgetFor(word, limit) };
}

/**
 * The same in a way that the target's model takes: a budget becomes an effort for models that think as they see fit, and the other
 * way about; what has no counterpart is left out. `limit` is what the client bounds the whole answer by, in tokens.
 */
export function fitThinking(
  asked: ThinkingAsked,
  target: Pick<Target, "thinking">,
  limit: number | null,
  carrier: Carrier,
): ThinkingAsked {
  const { thinking, effort } = asked;
  const ways = target.thinking;
  if (thinking === null) return asked;
  const { type, budget_tokens: budget, ...rest } = thinking;
  const within = (): ThinkingAsked => {
    const budget_tokens = budgetFor(effort, limit);
    return { thinking: { type: "enabled", budget_tokens, ...rest }, effort };
  };
  if (ways === undefined || !isRefused(type, ways))
    return type === "enabled" && typeof budget !== "number" ? within() : asked;
  if (type === "enabled" && ways.has("adaptive"))
    return { thinking: { type: "adaptive", ...rest }, effort: effort ?? effortFor(budget) };
  if (type === "adaptive" && ways.has("enabled")) return within();
  carrier.leavesOut("thinking");
  const nearest = offs.find((off) => ways.has(off));
  const isOff = offs.some((off) => off === type);
  return { thinking: isOff && nearest !== undefined ? { type: nearest } : null, effort };
}

/** From off to the nearest to it. */
const offs: readonly ThinkingType[] = ["disabled", "between_tools"];
const knownWays: ReadonlySet<unknown> = new Set<ThinkingType>(["enabled", "adaptive", ...offs]);

/** A way that is newer than this code is for the provider to judge. */
function isRefused(type: unknown, ways: ReadonlySet<unknown>): boolean {
  return knownWays.has(type) && !ways.has(type);
}

/** No more than `high`, which is what these models do when nothing is said; null for no budget. */
function effortFor(budget: unknown): string | null {
  if (typeof budget !== "number") return null;
  if (budget <= 2048) return "low";
  return budget <= 8192 ? "medium" : "high";
}

/** A budget that the client did not count itself. */
function budgetFor(effort: string | null, limit: number | null): number {
  return Math.max(leastBudget, budgetWithin(budgets.get(effort) ?? 8192, { limit, halves: true }));
}

/** Whether a budget is another than the client counted. */
export function isChosen(thinking: Fields | null, said: Fields | null): boolean {
  return thinking?.["budget_tokens"] !== said?.["budget_tokens"];
}

/** Tokens that thinking will at least be given as its budget; 0 where it has none. */
export function budgetOf(thinking: Fields | null): number {
  if (thinking?.["type"] !== "enabled") return 0;
  return Math.max(leastBudget, Number(thinking["budget_tokens"]));
}

/** What a budget has to fit into. */
export interface Bounds extends ThinkingRoom {
  /** Where the client asked for the thinking. */
  readonly param: ThinkingParam;
}

/** Where a client's body may ask for thinking. */
export type ThinkingParam = "thinking" | "reasoning_effort";

/**
 * Thinking whose budget the wire takes: 1024 tokens at least and fewer than the whole answer may have. Left out where there is no
 * room for it: the limit is never raised, since it bounds what the answer costs.
 */
export function boundThinking(
  thinking: Fields | null,
  { param, ...room }: Bounds,
  carrier: Carrier,
): Fields | null {
  if (thinking === null || thinking["type"] !== "enabled") return thinking;
  const asked = budgetOf(thinking);
  const budget_tokens = budgetWithin(asked, room);
  if (budget_tokens < leastBudget) {
    carrier.leavesOut(param);
    return null;
  }
  if (budget_tokens < asked)
    carrier.leavesOut(param === "thinking" ? "thinking.budget_tokens" : param);
  return budget_tokens === thinking["budget_tokens"] ? thinking : { ...thinking, budget_tokens };
}

/** Whether the model thinks before all it says: it takes neither sampling nor a forced call then. */
export function isThinking(thinking: Fields | null): boolean {
  return thinking !== null && !offs.some((off) => off === thinking["type"]);
}
