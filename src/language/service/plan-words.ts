import { assertNever } from "../../base/assert.ts";
import type { FactType, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import { causeWords } from "../../protocol/cause.ts";
import type {
  CacheOption,
  CheckedOptions,
  CheckedStep,
  ConcurrencyOption,
  LimitOption,
  Route,
  ShadowOption,
} from "../checker/checked-policy.ts";
import { asWritten } from "../checker/written.ts";
import { targetConditionWords } from "../interpreter/target-words.ts";
import { writeText } from "../syntax/escapes.ts";

type Operands = readonly Operand[];

/** A step in the words of the language: `fallback qwen on rate_limited or overloaded`; a plan's first has no `fallback`. */
export function stepWords(step: CheckedStep, operands: Operands): string {
  const route = routeWords(step.route, operands);
  if (step.on.length === 0) return route;
  // What `fallback` takes by itself goes without saying.
  const causes = causeWords(step.on);
  return causes === "retryable" ? `fallback ${route}` : `fallback ${route} on ${causes}`;
}

function routeWords(route: Route, operands: Operands): string {
  switch (route.kind) {
    case "target":
      return asWritten(route.target);
    case "requested":
      return "requested";
    case "select": {
      const where =
        route.where === null ? "" : ` where ${targetConditionWords(route.where, operands)}`;
      return `${route.by} of [${route.from.map(asWritten).join(", ")}]${where}`;
    }
    case "split": {
      const shares = route.shares.map(
        ({ parts, target }) => `${percent(parts)} ${asWritten(target)}`,
      );
      return `split${byWords(route.by, operands)}: ${shares.join(", ")}`;
    }
    default:
      return assertNever(route);
  }
}

/** Options as `with` takes them, one text each, in the order of the language's table. */
export function optionWords(options: CheckedOptions, operands: Operands): string[] {
  const words: string[] = [];
  const put = (before: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${before} ${value}`);
  };
  const time = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : show("duration", ms);
  put("timeout", time(options.timeoutMs));
  put("deadline", time(options.deadlineMs));
  put("first-token", time(options.firstTokenMs));
  put("idle", time(options.idleMs));
  put("tps", options.minTps);
  put("retry", options.retries);
  put("hedge after", time(options.hedgeAfterMs));
  if (options.continuations !== undefined) words.push("continue once");
  if (options.cache !== undefined) words.push(cacheWords(options.cache));
  put("stale for", time(options.staleMs));
  put("max_tokens", options.maxTokens);
  put("tokens at most", options.promptTokens);
  put("cost at most", options.cost === undefined ? undefined : show("money", options.cost));
  if (options.dropUnsupported === true) words.push("drop unsupported");
  for (const [key, value] of Object.entries(options.set ?? {})) {
    put(`set ${key}`, typeof value === "string" ? asWritten(value) : String(value));
  }
  put("priority", options.priority);
  put("tier", options.tier);
  put("batch within", time(options.batchWithinMs));
  words.push(...counterWords(options, operands));
  if (options.accept !== undefined) {
    put("accept when", targetConditionWords(options.accept, operands));
  }
  for (const tag of options.tags ?? []) put("tag", writeText(tag));
  return words;
}

function cacheWords(cache: CacheOption): string {
  if (cache.kind === "off") return "no cache";
  const life = show("duration", cache.forMs);
  if (cache.kind === "exact") return `cache exact for ${life}`;
  const within = cache.within === null ? "" : ` within ${percent(cache.within * 10_000)}`;
  return `cache semantic above ${cache.above} for ${life}${within}`;
}

/** Options that count, or that tell callers apart. */
function counterWords(options: CheckedOptions, operands: Operands): string[] {
  const { shadow, sticky, limits = [], budgets = [], concurrency = [] } = options;
  const words: string[] = [];
  if (shadow !== undefined) words.push(shadowWords(shadow, operands));
  if (sticky !== undefined) {
    words.push(`sticky${byWords(sticky.by, operands)} for ${show("duration", sticky.forMs)}`);
  }
  for (const limit of limits) words.push(limitWords(limit, operands));
  for (const { amount, per, by } of budgets) {
    words.push(`budget ${show("money", amount)} per ${per}${byWords(by, operands)}`);
  }
  for (const each of concurrency) {
    words.push(`concurrency ${each.most}${byWords(each.by, operands)}${waitWords(each)}`);
  }
  return words;
}

function shadowWords({ parts, target, by }: ShadowOption, operands: Operands): string {
  return `shadow ${percent(parts)} to ${asWritten(target)}${byWords(by, operands)}`;
}

const windows: ReadonlyMap<number, string> = new Map([
  [1_000, "second"],
  [60_000, "minute"],
  [3_600_000, "hour"],
  [86_400_000, "day"],
]);

function limitWords(limit: LimitOption, operands: Operands): string {
  const what = limit.of === "tokens" ? " tokens" : "";
  const window = windows.get(limit.perMs) ?? show("duration", limit.perMs);
  return `limit ${limit.most}${what} per ${window}${byWords(limit.by, operands)}${waitWords(limit)}`;
}

function waitWords({ waitMs }: Pick<ConcurrencyOption, "waitMs">): string {
  return waitMs === null ? "" : ` or wait ${show("duration", waitMs)}`;
}

function byWords(by: number | null, operands: Operands): string {
  return by === null ? "" : ` by ${operands[by]?.key ?? ""}`;
}

/** Parts of 10,000 as a percentage. */
function percent(parts: number): string {
  return `${Number((parts / 100).toFixed(2))}%`;
}

function show(kind: FactType["kind"], value: number): string {
  return showFactValue({ kind } as FactType, value);
}
