import { showFactValue } from "../../facts/value.ts";
import { type Cause, retryableCauses } from "../../protocol/cause.ts";
import type {
  Action,
  CheckedAlso,
  CheckedOptions,
  CheckedStep,
} from "../checker/checked-policy.ts";
import { shownName } from "../checker/option-arguments.ts";
import { optionTable } from "../checker/option-table.ts";
import { mergeOptions } from "../interpreter/merge-options.ts";
import { meaningOf } from "./joint.ts";
import { routeWords } from "./reach.ts";

/** What a decision comes to: an action, with the options of the `also`s that apply. */
export interface Outcome {
  readonly action: Action;
  /** Equal for outcomes that are alike. */
  readonly meaning: string;
}

/** The outcome of a branch's action for a request to which these `also`s apply; they never apply to a reject. */
export function outcomeOf(action: Action, alsos: readonly CheckedAlso[]): Outcome {
  if (action.kind === "reject") return { action, meaning: meaningOf(action) };
  const options = mergeOptions(
    action.options,
    alsos.map((also) => also.options),
  );
  const merged = { ...action, options };
  return { action: merged, meaning: meaningOf(merged) };
}

/** An outcome in the words of the language, as far as they are short: routes, causes and options. */
export function outcomeInWords({ action }: Outcome): string {
  if (action.kind === "reject") return `reject ${action.status}`;
  const steps = action.steps.map((step, index) =>
    index === 0 ? stepInWords(step) : `fallback ${stepInWords(step)}`,
  );
  const options = optionsInWords(action.options);
  return `${steps.join(" ")}${options === "" ? "" : ` with ${options}`}`;
}

/** What tells two outcomes apart that read the same; empty where the words already do. */
export function differenceInWords(before: Outcome, after: Outcome): string {
  if (outcomeInWords(before) !== outcomeInWords(after)) return "";
  const [a, b] = [before.action, after.action];
  if (a.kind === "reject" || b.kind === "reject") return "another message";
  const isWhere = a.steps.some(
    ({ route }, step) => meaningOf(route) !== meaningOf(b.steps[step]?.route),
  );
  const keys = new Set([...Object.keys(a.options), ...Object.keys(b.options)]);
  const options = [...keys].filter(
    (key) =>
      meaningOf(a.options[key as keyof CheckedOptions]) !==
      meaningOf(b.options[key as keyof CheckedOptions]),
  );
  const parts = [...(isWhere ? ["where"] : []), ...options.map((key) => wordOf.get(key) ?? key)];
  return parts.map((part) => `another \`${part}\``).join(", ");
}

function stepInWords({ route, on }: CheckedStep): string {
  const where = route.kind === "select" && route.where !== null ? " where …" : "";
  const text = routeWords(route).replaceAll("`", "");
  return `${text}${where}${causesInWords(on)}`;
}

function causesInWords(on: readonly Cause[]): string {
  const isRetryable = [...retryableCauses].every((cause) => on.includes(cause));
  if (on.length === 0 || (isRetryable && on.length === retryableCauses.size)) return "";
  const rest = on.filter((cause) => !isRetryable || !retryableCauses.has(cause));
  return ` on ${[...(isRetryable ? ["retryable"] : []), ...rest].join(" or ")}`;
}

const wordOf: ReadonlyMap<string, string> = new Map(
  optionTable.filter(({ word }) => word !== "no").map(({ key, word }) => [key, shownName(word)]),
);

function optionsInWords(options: CheckedOptions): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${wordOf.get(key) ?? key}${valueInWords(key, value)}`)
    .join(", ");
}

/** A value that is short to say; of a longer one the option's name is enough. */
function valueInWords(key: string, value: unknown): string {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === "string") ? ` ${value.join(" ")}` : "";
  }
  if (value === true || typeof value === "object") return "";
  if (typeof value !== "number") return ` ${String(value)}`;
  if (key.endsWith("Ms")) return ` ${showFactValue({ kind: "duration" }, value)}`;
  return ` ${key === "cost" ? showFactValue({ kind: "money" }, value) : value}`;
}
