import type { Span } from "../../diagnostics/diagnostic.ts";
import { lineCounter } from "../../diagnostics/position.ts";
import type { Ast, AstArm, Statement } from "../syntax/ast.ts";
import { readAction } from "./actions.ts";
import { bindCondition } from "./bind-condition.ts";
import { noteNearestBinding } from "./binding-notes.ts";
import type { Branch, Condition, RuleInfo } from "./checked-policy.ts";
import { readCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import type { Operands } from "./operands.ts";
import { RuleIds } from "./rule-ids.ts";
import type { TypedCondition } from "./typed.ts";

/** The rules of a file in order. */
export interface Rules {
  readonly rules: readonly RuleInfo[];
  readonly branches: readonly Branch[];
  /** Whether every arm of every rule could be read. */
  readonly isWhole: boolean;
}

interface Draft {
  readonly context: Context;
  readonly operands: Operands;
  readonly policyName: string;
  readonly bound: Map<TypedCondition, Condition>;
  readonly ids: RuleIds;
  readonly rules: RuleInfo[];
  readonly branches: Branch[];
  /** The arm that takes every request, once there is one. */
  closedBy: Span | null;
  otherwise: Span | null;
  isWhole: boolean;
  /** Nodes of all conditions so far, lets filled in. */
  size: number;
}

/** More than ten thousand rules need; beyond it lets were multiplied into each other. */
const mostNodes = 500_000;

/** Reads the rules of a router's own file. */
export function readRules(
  ast: Ast,
  policyName: string,
  context: Context,
  operands: Operands,
): Rules {
  const draft: Draft = {
    context,
    operands,
    policyName,
    bound: new Map(),
    ids: new RuleIds(),
    rules: [],
    branches: [],
    closedBy: null,
    otherwise: null,
    isWhole: true,
    size: 0,
  };
  const lines = lineCounter(ast.text);
  for (const statement of ast.statements) {
    if (statement.kind === "rule") readRule(draft, statement, lines(statement.span.start));
    else if (statement.kind === "otherwise") {
      readOtherwise(draft, statement, lines(statement.span.start));
    } else if (draft.otherwise !== null && !mayFollow.has(statement.kind)) {
      reportAfterOtherwise(draft, statement);
    }
  }
  const { rules, branches, isWhole } = draft;
  return { rules, branches, isWhole };
}

/** What may stand behind `otherwise`; a misplaced version line is told elsewhere. */
const mayFollow: ReadonlySet<Statement["kind"]> = new Set([
  ...(["policy", "also", "never", "ensure", "test"] as const),
]);

type Of<Kind extends Statement["kind"]> = Extract<Statement, { readonly kind: Kind }>;

function readRule(draft: Draft, statement: Of<"rule">, line: number): void {
  const { context, ids, rules } = draft;
  const { name, span } = statement;
  const id = ids.next(context.report, name, span);
  if (draft.closedBy !== null) reportNeverReached(draft, name?.span ?? span, "rule");
  const rule = rules.length;
  rules.push({ id, name: name?.text ?? null, line, span });
  // Arms below one that takes everything, in the rule itself.
  let closedHere = false;
  const salt = `${draft.policyName}/${id}`;
  for (const [index, arm] of statement.arms.entries()) {
    if (closedHere) reportNeverReached(draft, arm.span, "branch");
    // Counters belong to the option where it stands, so each arm has its own.
    readArm(draft, arm, { rule, salt, place: index === 0 ? salt : `${salt}/arm-${index + 1}` });
    if (draft.closedBy !== null) closedHere = true;
  }
  noteNearestBinding(context, statement.arms);
}

function readArm(
  draft: Draft,
  arm: AstArm,
  { rule, salt, place }: { readonly rule: number; readonly salt: string; readonly place: string },
): void {
  const { context, operands, bound, branches } = draft;
  const read = arm.condition === null ? null : readCondition(context, arm.condition, "rule");
  const typed = read !== null && fitsPolicy(draft, read) ? read : null;
  const condition = typed === null ? null : bindCondition(typed, operands, bound);
  const action = readAction({ context, operands, salt, place, isCarriedOut: true }, arm.action);
  if (arm.condition === null || (typed !== null && isAlways(typed))) {
    draft.closedBy ??= arm.span;
  }
  // What was reported leaves no branch behind; the policy is not handed out then.
  if (action === null || (arm.condition !== null && condition === null)) {
    draft.isWhole = false;
    return;
  }
  branches.push({ rule, condition, action, span: arm.span });
}

/** Adds a condition's size to the policy's; reports the one that makes it too large. */
function fitsPolicy(draft: Draft, { size, span }: TypedCondition): boolean {
  const before = draft.size;
  draft.size += size;
  if (draft.size <= mostNodes) return true;
  if (before <= mostNodes) {
    draft.context.report.add("P0316", span, "the policy is too large once its lets are filled in", {
      label: `more than ${mostNodes} tests and joints so far`,
      help: "split it into several policies, or write shorter lets",
    });
  }
  return false;
}

/** Whether a condition is true of every request by its form alone. */
function isAlways(condition: TypedCondition): boolean {
  switch (condition.kind) {
    case "constant":
      return condition.value;
    case "and":
      return condition.of.every(isAlways);
    case "or":
      return condition.of.some(isAlways);
    case "not":
      return condition.of.kind === "constant" && !condition.of.value;
    default:
      return false;
  }
}

function readOtherwise(draft: Draft, statement: Of<"otherwise">, line: number): void {
  const { context, operands, rules, branches, policyName } = draft;
  const { span } = statement;
  if (draft.closedBy !== null) reportNeverReached(draft, span, "rule");
  const salt = `${policyName}/otherwise`;
  const action = readAction(
    { context, operands, salt, place: salt, isCarriedOut: true },
    statement.action,
  );
  if (draft.otherwise === null) {
    const rule = rules.length;
    rules.push({ id: "otherwise", name: null, line, span });
    if (action === null) draft.isWhole = false;
    else branches.push({ rule, condition: null, action, span });
  }
  draft.otherwise ??= span;
  draft.closedBy ??= span;
}

function reportNeverReached(draft: Draft, span: Span, what: "rule" | "branch"): void {
  const by = draft.closedBy ?? span;
  draft.context.report.add("P0402", span, `this ${what} is never reached`, {
    label: "every request has an outcome before it",
    related: [{ span: by, text: "this takes every request" }],
    help: "take it out, or move it up",
  });
}

function reportAfterOtherwise(draft: Draft, statement: Statement): void {
  draft.context.report.add(
    "P0411",
    statement.span,
    `\`${statement.kind}\` stands after \`otherwise\``,
    {
      label: "`otherwise` ends the file",
      ...(draft.otherwise === null
        ? {}
        : { related: [{ span: draft.otherwise, text: "the last rule" }] }),
      help: "move it above the rules",
    },
  );
}
