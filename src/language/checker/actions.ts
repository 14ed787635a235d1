import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import { type Cause, causes, retryableCauses } from "../../protocol/cause.ts";
import type { AstAction, AstStep, Literal, Name } from "../syntax/ast.ts";
import { warnOfIdleBatch } from "./batch-notes.ts";
import type { Action, CheckedStep, Route } from "./checked-policy.ts";
import { textOf } from "./context.ts";
import { readOptions } from "./options.ts";
import { type Report, replacement } from "./report.ts";
import { type RouteSetting, readRoute } from "./routes.ts";

/** Targets that a plan may try one after the other; every analysis of it asks which step follows which. */
const mostSteps = 100;

/** An action with its names resolved; null when anything in it was reported as an error. */
export function readAction(setting: RouteSetting, action: AstAction): Action | null {
  if (action.kind === "reject") return readReject(setting, action);
  const { report } = setting.context;
  const tooMany = action.steps[mostSteps];
  if (tooMany !== undefined) {
    report.add("P0316", tooMany.span, `a plan has at most ${mostSteps} steps`, {
      label: "one step too many",
      help: "name a pool, and choose from it with `cheapest of` or `any of`",
    });
    return null;
  }
  const steps: CheckedStep[] = [];
  action.steps.forEach((step, index) => {
    const salt = index === 0 ? setting.salt : `${setting.salt}/${index}`;
    const route = readRoute({ ...setting, salt }, step.route);
    const on = index === 0 ? [] : readCauses(report, step);
    if (route !== null) steps.push({ route, on, span: step.span });
  });
  const options = readOptions(setting, action.options);
  if (steps.length < action.steps.length) return null;
  warnOfRepeats(report, steps);
  warnOfIdleBatch(setting.context, action, steps);
  return { kind: "plan", steps, options, span: action.span };
}

const usualStatus = 403;

function readReject(
  { context }: RouteSetting,
  { status, message, span }: Extract<AstAction, { readonly kind: "reject" }>,
): Action | null {
  const code = status === null ? usualStatus : readStatus(status);
  if (status !== null && code === null) {
    const written = textOf(context, status.span);
    context.report.add("P0313", status.span, `\`${written}\` is no status that says no`, {
      label: "400 to 599",
      help: "a reject answers with an HTTP error status, 403 when none is given",
    });
  }
  const text = message?.kind === "string" ? message.text : "the policy refuses this request";
  return code === null ? null : { kind: "reject", status: code, message: text, span };
}

function readStatus(status: Literal): number | null {
  const read = status.kind === "number" && status.unit === "none" ? readQuantity(status.raw) : null;
  const whole = read?.ok === true && read.type.kind === "whole" ? read.value : 0;
  return whole >= 400 && whole <= 599 ? whole : null;
}

/** What a fallback accepts: every retryable cause, or the ones named; in the order of the table of causes. */
function readCauses(report: Report, { on }: AstStep): readonly Cause[] {
  if (on === null) return causes.filter((cause) => retryableCauses.has(cause));
  const accepted = new Set<Cause>();
  for (const name of on) {
    const word = name.text.replaceAll("-", "_");
    const cause = causes.find((each) => each === word);
    if (cause !== undefined) accepted.add(cause);
    else if (word === "retryable") for (const each of retryableCauses) accepted.add(each);
    else reportCause(report, name, word);
  }
  return causes.filter((cause) => accepted.has(cause));
}

function reportCause(report: Report, name: Name, word: string): void {
  const near = didYouMean(word, [...causes, "retryable"]);
  report.add("P0209", name.span, `\`${name.text}\` is not a known cause of failure`, {
    label: `not one of: retryable, ${causes.join(", ")}`,
    ...(near === null ? {} : { help: `did you mean \`${near}\`?` }),
    fix: near === null ? null : replacement(`replace with \`${near}\``, name.span, near),
  });
}

function sameRoute(a: Route, b: Route): boolean {
  if (a.kind === "target" && b.kind === "target") return a.target === b.target;
  return a.kind === "requested" && b.kind === "requested";
}

/** A target that has failed is not tried again by a later step, so naming it twice says nothing. */
function warnOfRepeats(report: Report, steps: readonly CheckedStep[]): void {
  steps.forEach((step, index) => {
    const earlier = steps.slice(0, index).findIndex(({ route }) => sameRoute(route, step.route));
    const first = steps[earlier];
    if (first === undefined) return;
    const name = step.route.kind === "target" ? step.route.target : "requested";
    const before = steps[index - 1] ?? first;
    const what = earlier === 0 ? "falls back to itself" : "is a fallback twice";
    report.add("P0405", step.span, `\`${name}\` ${what}`, {
      label: "already tried by then",
      related: [{ span: first.span, text: "tried here" }],
      help: "`retry 1` asks the same target again; a fallback names another",
      fix: replacement(
        "take the step out",
        { ...step.span, start: before.span.end, end: step.span.end },
        "",
      ),
    });
  });
}
