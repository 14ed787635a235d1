import { lookUpFact } from "../../facts/look-up.ts";
import type {
  BudgetOption,
  ConcurrencyOption,
  LimitOption,
  ShadowOption,
} from "./checked-policy.ts";
import type { Arguments } from "./option-arguments.ts";
import type { OptionSetting } from "./options.ts";
import { reportUnknownTarget } from "./scope.ts";
import { readTerm } from "./sides.ts";
import { isFactTerm } from "./typed.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const mostCount = 1_000_000_000;

/** Windows of a limit by their words. */
const windows: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: minuteMs,
  hour: 60 * minuteMs,
  day: dayMs,
};

/** Longest that a request may wait for its turn. */
const longestWaitMs = 10 * minuteMs;

/** `20 per minute by user`, `100k tokens per day or wait 2s`; null when it was reported. */
export function readLimit(setting: OptionSetting, args: Arguments, id: string): LimitOption | null {
  const most = args.whole({ least: 1, most: mostCount });
  const of = args.mayWord("requests", "tokens") === "tokens" ? "tokens" : "requests";
  args.word("per");
  const window = args.word(...Object.keys(windows));
  const by = readBy(setting, args);
  const waitMs = readWait(args);
  if (!args.end() || most === null || window === null || by === undefined) return null;
  return { id, most, of, perMs: windows[window] ?? minuteMs, by, waitMs };
}

/** `$5 per day by team`. */
export function readBudget(
  setting: OptionSetting,
  args: Arguments,
  id: string,
): BudgetOption | null {
  const amount = args.money();
  args.word("per");
  const per = args.word("hour", "day", "week", "month");
  const by = readBy(setting, args);
  if (!args.end() || amount === null || per === null || by === undefined) return null;
  return { id, amount, per: per as BudgetOption["per"], by };
}

/** `8`, `2 by user or wait 2s`. */
export function readConcurrency(
  setting: OptionSetting,
  args: Arguments,
  id: string,
): ConcurrencyOption | null {
  const most = args.whole({ least: 1, most: 1_000_000 });
  const by = readBy(setting, args);
  const waitMs = readWait(args);
  if (!args.end() || most === null || by === undefined) return null;
  return { id, most, by, waitMs };
}

/** `by user for 10m`. */
export function readSticky(
  setting: OptionSetting,
  args: Arguments,
): { readonly by: number; readonly forMs: number } | null {
  const by = readBy(setting, args, "needed");
  args.word("for");
  const forMs = args.duration(30 * dayMs);
  return args.end() && typeof by === "number" && forMs !== null ? { by, forMs } : null;
}

/** `5% to claude-next`, `5% to claude-next by user`. */
export function readShadow(
  setting: OptionSetting,
  args: Arguments,
  salt: string,
): ShadowOption | null {
  const parts = args.share();
  args.word("to");
  const name = args.name("a target");
  const by = readBy(setting, args);
  if (!args.end() || parts === null || name === null || by === undefined) return null;
  const { scope, report } = setting.context;
  if (scope.vocabulary.targets.has(name.text)) return { parts, target: name.text, salt, by };
  if (!scope.incomplete) reportUnknownTarget(report, name, [...scope.vocabulary.targets.keys()]);
  return null;
}

/** The operand behind `by`; null when there is none, undefined when it was reported. */
function readBy(
  { context, operands }: OptionSetting,
  args: Arguments,
  need: "needed" | "optional" = "optional",
): number | null | undefined {
  const by = need === "needed" ? args.word("by") : args.mayWord("by");
  if (by === null) return need === "needed" ? undefined : null;
  const name = args.name("a fact");
  if (name === null) return undefined;
  const term = readTerm(context, { kind: "name", name, span: name.span }, "rule");
  if (term === null) return undefined;
  if (isFactTerm(term)) return operands.intern(term);
  const isFact = lookUpFact(context.scope.vocabulary.facts, name.text) !== null;
  args.refuse(name.span, isFact ? "cannot count by this" : "counts by a fact, as in `by user`");
  return undefined;
}

function readWait(args: Arguments): number | null {
  if (args.mayWord("or") === null) return null;
  args.word("wait");
  return args.duration(longestWaitMs);
}
