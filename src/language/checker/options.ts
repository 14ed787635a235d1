import { hasFlex } from "../../catalog/cost.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { showFactValue } from "../../facts/value.ts";
import type { AstOption, Name } from "../syntax/ast.ts";
import { bindTargetCondition } from "./bind-condition.ts";
import type { CacheOption, CheckedOptions, TargetCondition } from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import {
  readBudget,
  readConcurrency,
  readLimit,
  readShadow,
  readSticky,
} from "./counter-options.ts";
import type { Operands } from "./operands.ts";
import { Arguments, type Asked, shownName } from "./option-arguments.ts";
import { lookUpOption, optionTable } from "./option-table.ts";
import { quoted, type Report, replacement } from "./report.ts";
import { isSettable, readSetting } from "./set-option.ts";

/** What options need to know of the policy around them. */
export interface OptionSetting {
  readonly context: Context;
  readonly operands: Operands;
  /** Where the options stand, `policy/rule`: counters belong to it, and shadows are salted with it. */
  readonly place: string;
  /** False where options are only compared with, as in a test. */
  readonly isCarriedOut: boolean;
  /** Told what could stand behind the last argument of an option. */
  readonly asked?: Asked[];
}

type Draft = { -readonly [Key in keyof CheckedOptions]: CheckedOptions[Key] };

/** Options of which a plan may have several; each further one of the others is one too many. */
const several: ReadonlySet<string> = new Set(["limit", "budget", "concurrency", "tag", "set"]);

const dayMs = 86_400_000;
const longestCacheMs = 365 * dayMs;
const mostRetries = 10;
const mostTokens = 1_000_000_000;
const longestTag = 64;

/** The options of a plan; what is wrong is reported and left out. */
export function readOptions(setting: OptionSetting, options: readonly AstOption[]): CheckedOptions {
  const { report } = setting.context;
  const reader = new OptionReader(setting);
  const seen = new Map<string, Span>();
  for (const option of options) {
    const entry = lookUpOption(option.name.text);
    if (entry === null) reportUnknown(report, option);
    else if (several.has(entry.word) || isFirst(report, option, entry.key, seen)) {
      reader.read(entry.word, option, entry.usage);
    }
  }
  warnOfIdleTimers(report, options, reader.draft);
  return reader.draft;
}

function isFirst(report: Report, option: AstOption, key: string, seen: Map<string, Span>): boolean {
  const first = seen.get(key);
  if (first === undefined) {
    seen.set(key, option.span);
    return true;
  }
  const name = shownName(option.name.text);
  report.add("P0409", option.span, `\`${name}\` is given twice`, {
    label: "second time",
    related: [{ span: first, text: "first time" }],
    help: "keep one of the two",
  });
  return false;
}

/** Reads options into a draft, each by its word. */
class OptionReader {
  readonly draft: Draft = {};
  readonly #setting: OptionSetting;

  constructor(setting: OptionSetting) {
    this.#setting = setting;
  }

  read(word: string, option: AstOption, usage: string): void {
    const { report } = this.#setting.context;
    if (option.when !== null && word !== "accept") {
      report.add("P0308", option.when.span, `\`${shownName(word)}\` has no condition`, {
        label: "only `accept when …` has one",
        help: "a condition for options is `also if … with …`",
      });
      return;
    }
    if (word === "set") {
      const set = new Map(Object.entries(this.draft.set ?? {}));
      readSetting(report, option, set);
      if (set.size > 0) this.draft.set = Object.fromEntries(set);
      return;
    }
    const args = new Arguments(report, option, usage, this.#setting.asked);
    if (word === "accept") this.#accept(option, args);
    else if (!this.#plain(word, args) && !this.#timing(word, args)) this.#counter(word, args);
  }

  /** Options of one number or word. False when the word is none of them. */
  #plain(word: string, args: Arguments): boolean {
    switch (word) {
      case "retry":
        this.#put("retries", args.whole({ least: 0, most: mostRetries }), args);
        return true;
      case "max-tokens":
        this.#put("maxTokens", args.whole({ least: 1, most: mostTokens }), args);
        return true;
      case "tps":
        this.#put("minTps", args.decimal({ least: 0.1, most: 100_000 }), args);
        return true;
      case "tokens":
      case "cost": {
        args.word("at");
        args.word("most");
        if (word === "cost") this.#put("cost", args.money(), args);
        else this.#put("promptTokens", args.whole({ least: 1, most: mostTokens }), args);
        return true;
      }
      case "continue":
        this.#put("continuations", args.word("once") === null ? null : 1, args);
        return true;
      case "drop":
        this.#put("dropUnsupported", args.word("unsupported") === null ? null : true, args);
        return true;
      case "priority":
        this.#put("priority", args.word("high", "normal", "low") as Draft["priority"] | null, args);
        return true;
      case "tier":
        this.#tier(args);
        return true;
      case "tag":
        this.#tag(args);
        return true;
      default:
        return false;
    }
  }

  #tier(args: Arguments): void {
    const tier = args.word("flex") as Draft["tier"] | null;
    this.#put("tier", tier, args);
    const { context, isCarriedOut } = this.#setting;
    const targets = [...context.scope.vocabulary.targets.values()];
    if (tier === null || !isCarriedOut || targets.length === 0 || targets.some(hasFlex)) return;
    context.report.add("P0419", args.span, "no target has a flex tier", {
      label: "every target serves it as usual",
      help: "take it out, or give a target the tier's price: `price: { …, flex: 50% }`",
    });
  }

  /** Options that end with a duration. False when the word is none of them. */
  #timing(word: string, args: Arguments): boolean {
    switch (word) {
      case "timeout":
        this.#put("timeoutMs", args.duration(dayMs), args);
        return true;
      case "deadline":
        this.#put("deadlineMs", args.duration(dayMs), args);
        return true;
      case "first-token":
        this.#put("firstTokenMs", args.duration(dayMs), args);
        return true;
      case "idle":
        this.#put("idleMs", args.duration(dayMs), args);
        return true;
      case "hedge":
        args.word("after");
        this.#put("hedgeAfterMs", args.duration(dayMs), args);
        return true;
      case "batch":
        args.word("within");
        this.#put("batchWithinMs", args.duration(7 * dayMs), args);
        return true;
      case "stale":
        args.word("for");
        this.#put("staleMs", args.duration(longestCacheMs), args);
        return true;
      case "cache":
        this.#put("cache", readCache(args), args);
        return true;
      case "no":
        this.#put("cache", args.word("cache") === null ? null : { kind: "off" }, args);
        return true;
      default:
        return false;
    }
  }

  #counter(word: string, args: Arguments): void {
    const { draft } = this;
    const { place } = this.#setting;
    const id = (before: readonly unknown[]): string => `${place}/${word}-${before.length + 1}`;
    if (word === "limit") {
      const limits = draft.limits ?? [];
      const read = readLimit(this.#setting, args, id(limits));
      if (read !== null) draft.limits = [...limits, read];
    } else if (word === "budget") {
      const budgets = draft.budgets ?? [];
      const read = readBudget(this.#setting, args, id(budgets));
      if (read !== null) draft.budgets = [...budgets, read];
    } else if (word === "concurrency") {
      const before = draft.concurrency ?? [];
      const read = readConcurrency(this.#setting, args, id(before));
      if (read !== null) draft.concurrency = [...before, read];
    } else if (word === "sticky") {
      const read = readSticky(this.#setting, args);
      if (read !== null) draft.sticky = read;
    } else {
      const read = readShadow(this.#setting, args, `${place}/shadow`);
      if (read !== null) draft.shadow = read;
    }
  }

  #accept(option: AstOption, args: Arguments): void {
    const accept = this.#acceptable(option, args);
    if (accept !== null && args.end()) this.draft.accept = accept;
  }

  #acceptable({ when, span }: AstOption, args: Arguments): TargetCondition | null {
    if (when === null) {
      args.refuse(span, "has a condition", { label: "of what kind must an answer be?" });
      return null;
    }
    const { context, operands } = this.#setting;
    const read = readCondition(context, when, "accept");
    return read === null ? null : bindTargetCondition(read, operands);
  }

  #tag(args: Arguments): void {
    const name = args.name("a text");
    if (!args.end() || name === null) return;
    const tags = this.draft.tags ?? [];
    if (name.text === "" || name.text.length > longestTag) {
      args.refuse(name.span, "takes a text", { label: `1 to ${longestTag} characters` });
    } else if (!tags.includes(name.text)) this.draft.tags = [...tags, name.text];
  }

  #put<Key extends keyof Draft>(key: Key, value: Draft[Key] | null, args: Arguments): void {
    if (args.end() && value !== null) this.draft[key] = value;
  }
}

/** `exact for 1h`, `semantic above 0.95 for 1h within 2%`. */
function readCache(args: Arguments): CacheOption | null {
  const kind = args.word("exact", "semantic");
  if (kind === null) return null;
  let above: number | null = null;
  if (kind === "semantic") {
    args.word("above");
    above = args.decimal({ least: 0, most: 1 });
  }
  args.word("for");
  const forMs = args.duration(longestCacheMs);
  if (forMs === null) return null;
  if (kind === "exact") return { kind, forMs };
  const within = args.mayWord("within") === null ? null : args.share();
  return above === null
    ? null
    : { kind: "semantic", above, forMs, within: within === null ? null : within / 10_000 };
}

/** What other systems call an option. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ...["retries", "max_retries", "num_retries"].map((word) => [word, "retry"] as const),
  ...["max_output_tokens", "max_completion_tokens"].map((word) => [word, "max_tokens"] as const),
  ["ttft", "first-token"],
  ["request_timeout", "timeout"],
]);

function reportUnknown(report: Report, { name, arguments: given }: AstOption): void {
  const { text, span } = name;
  const known = optionTable.map(({ word }) => shownName(word));
  if (isSettable(text)) {
    report.add("P0208", span, `\`${text}\` is a field of the request, not an option`, {
      label: "fields are written with `set`",
      help: `write \`set ${text} …\``,
      fix: replacement(`write \`set ${text}\``, span, `set ${text}`),
    });
    return;
  }
  const slip = spacedWrong(known, text, given[0]);
  if (slip !== null) {
    const place = { ...span, end: slip.taken?.span.end ?? span.end };
    report.add(slip.code, place, slip.message, {
      help: `write \`${slip.meant}\``,
      fix: replacement(`write \`${slip.meant}\``, place, slip.meant),
    });
    return;
  }
  const other = otherNames.get(text.replaceAll("-", "_")) ?? null;
  const near = didYouMean(text.replaceAll("-", "_"), [...known, "first_token"]);
  const meant = other ?? (near === "first_token" ? "first-token" : near);
  // `imeout timeout 5s`: what was meant stands there already.
  const [next] = given;
  const isThere = next !== undefined && !("kind" in next) && next.text === meant;
  const place = isThere ? { ...span, end: next.span.end } : span;
  report.add("P0208", span, `\`${text}\` is not an option`, {
    label: `not one of: ${known.join(", ")}`,
    ...(meant === null ? {} : { help: `did you mean \`${meant}\`?` }),
    fix: meant === null ? null : replacement(`replace with \`${meant}\``, place, meant),
  });
}

/** `timeout30s`, `re try 1`: an option's name that runs together with its value, or is torn in two. */
function spacedWrong(
  known: readonly string[],
  text: string,
  next: AstOption["arguments"][number] | undefined,
): {
  readonly code: "P0130" | "P0131";
  readonly message: string;
  readonly meant: string;
  readonly taken?: Name;
} | null {
  if (next !== undefined && !("kind" in next) && known.includes(text + next.text)) {
    const message = `\`${text} ${next.text}\` is one word`;
    return { code: "P0131", message, meant: text + next.text, taken: next };
  }
  const first = known.find(
    (word) => text.startsWith(word) && /^[\da-z]/.test(text.slice(word.length)),
  );
  const rest = first === undefined ? "" : text.slice(first.length);
  const goesOn =
    /^\d/.test(rest) ||
    optionTable.some(({ word, usage }) => word === first && usage.split(" ").includes(rest));
  if (first === undefined || !goesOn) return null;
  return { code: "P0130", message: `\`${text}\` is two words`, meant: `${first} ${rest}` };
}

/** A timer inside a shorter one never fires. */
function warnOfIdleTimers(report: Report, options: readonly AstOption[], draft: Draft): void {
  const outerOf = [
    ["timeout", "timeoutMs", "deadline", "deadlineMs"],
    ["first-token", "firstTokenMs", "timeout", "timeoutMs"],
    ["idle", "idleMs", "timeout", "timeoutMs"],
  ] as const;
  for (const [inner, innerKey, outer, outerKey] of outerOf) {
    const [innerMs, outerMs] = [draft[innerKey], draft[outerKey]];
    if (innerMs === undefined || outerMs === undefined || innerMs <= outerMs) continue;
    const place = (word: string): AstOption | undefined =>
      options.find(({ name }) => name.text.replaceAll("_", "-") === word);
    const [option, other] = [place(inner), place(outer)];
    if (option === undefined || other === undefined) continue;
    const shown = showFactValue({ kind: "duration" }, outerMs);
    report.add("P0410", option.span, `\`${inner}\` never fires: \`${outer}\` ends it first`, {
      label: `longer than ${shown}`,
      related: [{ span: other.span, text: "this fires first" }],
      help: `make ${quoted([inner])} shorter than ${quoted([outer])}`,
    });
  }
}
