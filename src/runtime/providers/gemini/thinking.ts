import type { ReasoningWish } from "../../../protocol/conversation.ts";
import { budgetWithin, type ThinkingRoom } from "../thinking-budget.ts";
import type { ThinkingControl, ThinkingLevel } from "./model-traits.ts";

/** The wire's `thinkingConfig`. */
export interface ThinkingConfig {
  readonly thinkingLevel?: ThinkingLevel;
  /** Tokens; 0 is off, -1 leaves it to the model. */
  readonly thinkingBudget?: number;
  readonly includeThoughts?: boolean;
}

/** Efforts, weakest first, with the level of the wire and the tokens that stand for them (wire-formats §6.4). */
const ladder: readonly {
  readonly effort: string;
  readonly level: ThinkingLevel;
  readonly tokens: number;
}[] = [
  { effort: "minimal", level: "MINIMAL", tokens: 512 },
  { effort: "low", level: "LOW", tokens: 2048 },
  { effort: "medium", level: "MEDIUM", tokens: 8192 },
  { effort: "high", level: "HIGH", tokens: 24_576 },
  { effort: "xhigh", level: "XHIGH", tokens: 32_768 },
  { effort: "max", level: "XHIGH", tokens: 32_768 },
];

/** How a wish about thinking is told to a model; null when there is nothing to tell. */
export function thinkingConfig(
  wish: ReasoningWish,
  control: ThinkingControl,
  { limit, halves }: ThinkingRoom,
): ThinkingConfig | null {
  const { effort, budgetTokens, enabled, summary } = wish;
  const said = effort !== null || budgetTokens !== null || enabled !== null || summary !== null;
  if (!said || control.by === "nothing") return null;
  if (isOff(wish)) return off(control);
  const shown = { includeThoughts: summary !== "omitted" };
  if (control.by === "level") {
    const level = levelOf(wish, control.levels);
    return level === null ? shown : { thinkingLevel: level, ...shown };
  }
  const tokens = budgetTokens ?? rung(effort)?.tokens ?? null;
  if (tokens === null) return enabled === true ? { thinkingBudget: -1, ...shown } : shown;
  const most = budgetWithin(tokens, { limit, halves: halves || budgetTokens === null });
  return { thinkingBudget: Math.max(control.least, Math.min(control.most, most)), ...shown };
}

function isOff({ effort, budgetTokens, enabled }: ReasoningWish): boolean {
  if (enabled !== null) return !enabled;
  return effort === "none" || (effort === null && budgetTokens === 0);
}

function off(control: Exclude<ThinkingControl, { by: "nothing" }>): ThinkingConfig {
  if (control.by === "budget") return { thinkingBudget: control.mayStop ? 0 : control.least };
  const [weakest] = control.levels;
  return weakest === undefined ? {} : { thinkingLevel: weakest };
}

function rung(effort: string | null): (typeof ladder)[number] | null {
  return ladder.find((one) => one.effort === effort) ?? null;
}

/** The strongest level that is not above the wish; the weakest when all are. */
function levelOf(
  { effort, budgetTokens }: ReasoningWish,
  levels: readonly ThinkingLevel[],
): ThinkingLevel | null {
  const named = rung(effort);
  const wished =
    named ??
    (budgetTokens === null
      ? null
      : (ladder.findLast((one) => one.tokens <= budgetTokens) ?? ladder[0]));
  if (wished === null || wished === undefined) return null;
  const allowed = ladder.slice(0, ladder.indexOf(wished) + 1).map((one) => one.level);
  return levels.findLast((level) => allowed.includes(level)) ?? levels[0] ?? null;
}
