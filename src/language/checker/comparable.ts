import type { Span } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import { writeText } from "../syntax/escapes.ts";
import { type Context, textOf } from "./context.ts";
import { replacement } from "./report.ts";
import { type CompareOp, fits, isNumeric, type Term, typeName } from "./typed.ts";
import { reportUnknownValue } from "./values.ts";
import { asWritten } from "./written.ts";

/** Whether the operator can stand beside the fact: text and booleans have no order. Reports it when not. */
export function checkOrder(
  context: Context,
  { op, opSpan }: { readonly op: CompareOp; readonly opSpan: Span },
  fact: Term,
): boolean {
  if (op === "=" || op === "!=" || isNumeric(fact.type)) return true;
  context.report.add("P0302", opSpan, `${typeName(fact.type)} has no order`, {
    label: `\`${op}\` needs numbers, dates or durations`,
    related: [{ span: fact.span, text: `this is ${typeName(fact.type)}` }],
    help:
      fact.kind === "fact" && fact.fact.trust === "client" && fact.type.kind === "text"
        ? "declare a fact with a numeric type for it under `facts` in signalbox.yaml"
        : "compare with `is` or `in`",
  });
  return false;
}

/** Whether the two have one type, and the constant is a value the fact can have. Reports it when not. */
export function checkTypes(context: Context, left: Term, right: Term): boolean {
  if (!comparable(left, right)) {
    reportTypes(context, left, right);
    return false;
  }
  warnOfStranger(context, left, right);
  const values = left.type.kind === "text" ? left.type.values : undefined;
  if (right.kind !== "constant" || values === undefined || values.includes(String(right.value))) {
    return true;
  }
  reportUnknownValue(context, left, {
    text: String(right.value),
    quoted: right.written === "literal",
    span: right.span,
  });
  return false;
}

/** A region or quantization that no target has is a slip, or waits for a target that is not configured yet. */
function warnOfStranger(context: Context, left: Term, right: Term): void {
  const fact =
    left.kind === "target-fact" ? left.fact.name : left.kind === "target-of" && left.fact;
  if (right.kind !== "constant" || (fact !== "region" && fact !== "quantization")) return;
  const values = [...context.scope.vocabulary.targets.values()].flatMap((target) =>
    target[fact] === null ? [] : [target[fact]],
  );
  const text = String(right.value);
  if (values.includes(text)) return;
  const near = didYouMean(text, values);
  const known = [...new Set(values)].slice(0, 12).join(", ");
  context.report.add("P0414", right.span, `no target has the ${fact} \`${text}\``, {
    label: known === "" ? `no target has a ${fact}` : `targets have: ${known}`,
    help: near === null ? "the comparison is never true" : `did you mean \`${near}\`?`,
    fix:
      near === null ? null : replacement(`replace with \`${near}\``, right.span, asWritten(near)),
  });
}

function comparable(left: Term, right: Term): boolean {
  const bothFacts = right.kind !== "constant";
  return fits(right.type, left.type) || (bothFacts && fits(left.type, right.type));
}

/** Reports two types that cannot meet, showing both; offers the unit or the literal that was meant, where one is clear. */
export function reportTypes(context: Context, fact: Term, value: Term): void {
  const meant = meantText(context, fact, value);
  const [first, second] = [typeName(fact.type), typeName(value.type)];
  const [factText, valueText] = [textOf(context, fact.span), textOf(context, value.span)];
  context.report.add(
    "P0301",
    value.span,
    `\`${factText}\` is ${first}, \`${valueText}\` is ${second}`,
    {
      label: `this is ${second}`,
      related: [{ span: fact.span, text: `this is ${first}` }],
      help: meant === null ? `compare it with ${first}` : `did you mean \`${meant}\`?`,
      fix: meant === null ? null : replacement(`replace with \`${meant}\``, value.span, meant),
    },
  );
}

/** A number without the quotes, the dollar or percent sign that it does not need; null when it has none. */
function bareQuantity(written: string): string | null {
  return (
    /^"([$\d][\w$./%]*)"$/.exec(written)?.[1] ?? /^\$?([\d.]+[kM]?)%?$/.exec(written)?.[1] ?? null
  );
}

function readsAs(written: string, fact: Term): boolean {
  const read = readQuantity(written);
  return read.ok && fits(read.type, fact.type);
}

function truthOf(written: string): string | null {
  if (/^(yes|on|1)$/i.test(written)) return "true";
  return /^(no|off|0)$/i.test(written) ? "false" : null;
}

function meantText(context: Context, fact: Term, value: Term): string | null {
  const written = textOf(context, value.span);
  const isPlain = value.type.kind === "whole" || value.type.kind === "decimal";
  if (fact.type.kind === "boolean") return truthOf(written);
  if (fact.type.kind === "price" && /^\$[\d.]+$/.test(written)) return `${written}/M`;
  const bare = bareQuantity(written);
  if (bare !== null && readsAs(bare, fact)) return bare;
  if (!isPlain || !/^[\d.]+$/.test(written)) {
    const unquoted = value.kind === "constant" ? String(value.value) : "";
    return value.type.kind === "text" &&
      /^\d+(\.\d+)?k?$/.test(unquoted) &&
      fact.type.kind === "whole"
      ? unquoted
      : null;
  }
  if (fact.type.kind === "money") return `$${written}`;
  if (fact.type.kind === "price") return `$${written}/M`;
  if (fact.type.kind === "duration") return `${written}ms`;
  return fact.type.kind === "text" ? writeText(written) : null;
}
