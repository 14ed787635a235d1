import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { FactType } from "../../facts/fact.ts";
import { readQuantity, unitNames } from "../../facts/quantity.ts";
import { fits, isNumeric } from "../checker/typed.ts";
import { asWritten } from "../checker/written.ts";
import type { Expression } from "../syntax/ast.ts";
import { targetItems } from "./complete-names.ts";
import { type CompletionItem, plainItem, snippetItem } from "./completion-item.ts";
import { type LeftSide, type Names, takesPools } from "./name-meaning.ts";

type NumberKind = "whole" | "decimal" | "money" | "price" | "duration" | "share";

/** How a number of a kind is written: what stands before it, behind it, and examples. */
const numbers: Readonly<
  Record<
    NumberKind,
    {
      readonly before: string;
      readonly behind: readonly string[];
      readonly examples: readonly string[];
    }
  >
> = {
  whole: { before: "", behind: unitNames.whole, examples: ["100", "8k"] },
  decimal: { before: "", behind: ["%"], examples: ["0.9", "90%"] },
  money: { before: "$", behind: [], examples: ["$0.05"] },
  price: { before: "$", behind: ["/M"], examples: ["$3/M"] },
  duration: { before: "", behind: unitNames.duration, examples: ["10s", "500ms"] },
  share: { before: "", behind: ["%"], examples: ["10%"] },
};

/** Numbers with their units: of what is typed each unit that fits, else examples to fill in. */
export function numberItems(kind: NumberKind, typed: string): readonly CompletionItem[] {
  const { before, behind, examples } = numbers[kind];
  const digits = /^\$?(\d+(?:\.\d+)?)/.exec(typed)?.[1];
  if (digits !== undefined) {
    const units = before === "" || behind.length > 0 ? behind : [""];
    return units.map((unit) => plainItem("number", `${before}${digits}${unit}`));
  }
  return examples.map((example) => {
    const [, head = "", number = "", unit = ""] = /^(\$?)([\d.]+)(.*)$/.exec(example) ?? [];
    return snippetItem("number", example, `${head}«${number}»${unit}`);
  });
}

/** How a value is being written. */
export interface ValueForm {
  readonly typed: string;
  /** Behind `in`: a list, a range or a span of time is wanted. */
  readonly isSet: boolean;
  readonly inList: boolean;
}

/** What fits against the left side of a comparison: its values, lets and pools, numbers with their units. */
export function valueItems(
  names: Names,
  left: LeftSide,
  { typed, isSet, inList }: ValueForm,
): readonly CompletionItem[] {
  const { type } = left;
  const lets = fittingLets(names, left, isSet).map((name) => plainItem("let", name));
  const values = type.kind === "text" ? textValues(names, left) : typedValues(type, typed);
  const spans = isSet && type.kind === "time" ? [spanItem()] : [];
  const lists = isSet && !inList && type.kind !== "time" ? [listItem()] : [];
  return [...values, ...lets, ...spans, ...lists];
}

function textValues(names: Names, left: LeftSide): readonly CompletionItem[] {
  const { name, type } = left;
  const pools = takesPools(left) ? targetItems(names, "selection") : [];
  const values = type.kind === "text" ? (type.values ?? []) : [];
  const kind = name === "intent" ? "intent" : "value";
  return [
    ...pools,
    ...(name === "target" ? [] : values.map((each) => plainItem(kind, asWritten(each)))),
  ];
}

function typedValues(type: FactType, typed: string): readonly CompletionItem[] {
  switch (type.kind) {
    case "boolean":
      return [plainItem("value", "true"), plainItem("value", "false")];
    case "date":
      return [snippetItem("number", "2026-11-23", "«2026-11-23»", { detail: "a date" })];
    case "time":
    case "text":
      return [];
    default:
      return numberItems(type.kind, typed);
  }
}

function spanItem(): CompletionItem {
  const form = "«09:00»..«17:00» «Europe/Berlin»";
  return snippetItem("number", "09:00..17:00 Europe/Berlin", form, { detail: "a span of time" });
}

function listItem(): CompletionItem {
  return snippetItem("operator", "[…]", "[«»]", { detail: "a list" });
}

/** Lets that name a constant of a type that fits; where a set is wanted, also lists and ranges of such constants. */
function fittingLets(
  { declarations }: Names,
  { type }: LeftSide,
  isSet: boolean,
): readonly string[] {
  return [...declarations.lets].flatMap(([name, { value }]) => {
    const [first] = isSet && value.kind === "list" ? value.items : [];
    // A bare word in a list is text.
    const own = first?.kind === "name" ? text : constantType(isSet ? firstOf(value) : value);
    return own !== null && fits(own, type) ? [name] : [];
  });
}

function firstOf(value: Expression): Expression {
  if (value.kind === "range") return value.from;
  return value.kind === "list" ? (value.items[0] ?? value) : value;
}

const text: FactType = { kind: "text" };

function constantType(value: Expression): FactType | null {
  switch (value.kind) {
    case "number": {
      const read = readQuantity(value.raw);
      return read.ok ? read.type : null;
    }
    case "string":
      return text;
    case "boolean":
    case "date":
      return { kind: value.kind };
    default:
      return null;
  }
}

const ordered = new Set<TokenType>([t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual]);

/** A symbol that compares, where the left side's type has it. */
export function operatorItems(type: TokenType, left: LeftSide | null): readonly CompletionItem[] {
  if (left === null || type === t.EqualEqual) return [];
  const isNumber = isNumeric(left.type) && left.type.kind !== "time";
  if (ordered.has(type)) return isNumber ? [plainItem("operator", String(type.PATTERN))] : [];
  const isEquality = type === t.Equal || type === t.NotEqual;
  return isEquality && isNumber ? [plainItem("operator", String(type.PATTERN))] : [];
}

/** Time zones, where the platform lists them. */
export function zoneItems(): readonly CompletionItem[] {
  const zones = Intl.supportedValuesOf("timeZone");
  return ["UTC", ...zones].map((zone) => plainItem("value", zone));
}
