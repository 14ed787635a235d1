import type { IToken } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import { strategies } from "../checker/routes.ts";
import { writeText } from "../syntax/escapes.ts";
import {
  abilityItems,
  factItems,
  factsOfTarget,
  operandItems,
  poolBeingDefined,
  type TargetRole,
  targetItems,
} from "./complete-names.ts";
import { numberItems, operatorItems, valueItems, zoneItems } from "./complete-values.ts";
import {
  argumentItems,
  causeItems,
  keywordItem,
  optionItems,
  strategyItems,
} from "./complete-words.ts";
import { type CompletionItem, type CompletionKind, plainItem } from "./completion-item.ts";
import {
  type CompletionPlace,
  completionPlace,
  modeAt,
  operatorIndex,
} from "./completion-place.ts";
import { type LeftSide, type Names, typeOfName } from "./name-meaning.ts";
import { type NextToken, nextTokens, type OpenRule } from "./next-tokens.ts";
import type { ParsedStatements } from "./parse-statements.ts";

export interface Completion {
  /** What the items take the place of. */
  readonly replace: Span;
  /** The likeliest first, each label once. */
  readonly items: readonly CompletionItem[];
}

/** What completion needs beside the text. */
export interface CompletionInput {
  readonly parsed: ParsedStatements;
  readonly names: Names;
  /** Files that `use` could name from this one, as it would name them. */
  readonly libraries: () => readonly string[];
}

/** Everything that can stand at an offset, whatever has been typed of it; choosing by what is typed is the editor's. */
export function completionAt(input: CompletionInput, offset: number): Completion {
  const { source } = input.parsed;
  const place = completionPlace(input.parsed, offset);
  const at = place?.typed ?? { start: offset, end: offset };
  const replace = { file: source.file, start: at.start, end: at.end };
  if (place === null) return { replace, items: [] };
  const asker = new Asker(input, place);
  const items = nextTokens(place.tokens).flatMap((next) => asker.itemsOf(next));
  const ranked = items.toSorted((a, b) => rank[a.kind] - rank[b.kind]);
  return { replace, items: [...new Map(ranked.map((item) => [item.label, item])).values()] };
}

/** The likeliest kinds first. */
const rank: Readonly<Record<CompletionKind, number>> = {
  file: 0,
  value: 0,
  intent: 0,
  number: 1,
  option: 4,
  cause: 1,
  ability: 1,
  rule: 1,
  let: 2,
  fact: 3,
  target: 3,
  pool: 4,
  word: 5,
  strategy: 6,
  operator: 7,
  keyword: 8,
};

/** Statuses that say no, the likeliest first. */
const statuses = ["403", "400", "413", "429", "503"];

const everyPlan = ["every", "plan", "has"];

/** Turns tokens that may come next into what they can be. */
class Asker {
  readonly #input: CompletionInput;
  readonly #place: CompletionPlace;

  constructor(input: CompletionInput, place: CompletionPlace) {
    this.#input = input;
    this.#place = place;
  }

  itemsOf(next: NextToken): readonly CompletionItem[] {
    const { type, path } = next;
    const own = path[0]?.name;
    if (type === t.Text) return this.#texts(path);
    if (this.#place.inText) return [];
    if (type === t.Intent && own !== "intent") return [];
    if (t.keywordOf.has(String(type.PATTERN))) return this.#keyword(next);
    if (type === t.Name) return this.#names(next);
    if (type === t.Zone) return zoneItems();
    if (own === "test") return operatorItems(type, this.#leftSide(path));
    if (own === "version" && type === t.Decimal) return [plainItem("number", "1")];
    if (own === "reject" && type === t.Decimal) {
      return statuses.map((status) => plainItem("number", status));
    }
    return type === t.Percent && own === "share"
      ? numberItems("share", this.#place.typed.text)
      : [];
  }

  #keyword({ type, path }: NextToken): readonly CompletionItem[] {
    const { tokens, startsLine } = this.#place;
    const [own] = path;
    const word = String(type.PATTERN);
    const starts = path.some(({ name, from }) => name === "statement" && from === tokens.length);
    if (starts) return startsLine ? [keywordItem(word, own?.name ?? null)] : [];
    // Arguments of options bring their words themselves.
    if (own?.name === "argument") return [];
    const isAccept = tokens[own?.from ?? 0]?.image === "accept";
    if (own?.name === "planOption" && type === t.When && !isAccept) return [];
    const before = tokens.at(-1)?.image.replaceAll("_", "-");
    if (type === t.Of && !strategies.some((each) => each === before)) return [];
    const isTruth = type === t.True || type === t.False;
    // Values bring these along, of the type that fits.
    if (isTruth && (own?.name === "given" || operatorIndex(path) !== null)) return [];
    const isOfText = type === t.Matches || type === t.Contains || type === t.Like;
    if (isOfText && own?.name === "test") {
      const left = this.#leftSide(path);
      if (left !== null && left.type.kind !== "text") return [];
    }
    return [keywordItem(word, null)];
  }

  #names({ path, ordinal }: NextToken): readonly CompletionItem[] {
    const { names } = this.#input;
    const { tokens, typed } = this.#place;
    const own = path[0];
    switch (own?.name) {
      case "target":
        return this.#targets(path);
      case "selection":
        return strategyItems();
      case "fallback":
        return causeItems();
      case "planOption":
      case "settledOption":
        return optionItems();
      case "argument":
        return argumentItems(names, tokens.slice(optionIndex(path)), typed.text);
      case "fact":
        return factItems(names, path[1]?.name === "given" ? "given" : "key");
      case "given":
        return this.#values(this.#typeOf(tokens[own.from]), { isSet: false, inList: false });
      case "expectation":
        return this.#rules();
      case "everyPlan":
        return ordinal > 3
          ? optionItems("name")
          : [plainItem("word", everyPlan[ordinal - 1] ?? "")];
      case "intent":
        return this.#values(this.#typeOf(tokens[own.from]), { isSet: false, inList: false });
      case "value":
        return ordinal === 2 ? abilityItems() : this.#operands(path);
      default:
        return [];
    }
  }

  #operands(path: readonly OpenRule[]): readonly CompletionItem[] {
    const { tokens, typed } = this.#place;
    const operator = operatorIndex(path);
    if (operator === null) {
      const items = operandItems(this.#input.names, modeAt(tokens, path), typed.text);
      // A test may ask of every target that the plan can reach.
      const isAsked = path[2]?.name === "expectation";
      return isAsked ? [...items, ...factsOfTarget("target.")] : items;
    }
    const words = tokens.slice(operator, operator + 2).map(({ tokenType }) => tokenType);
    const inList = path.findIndex(({ name }) => name === "list");
    const isOpen = inList >= 0 && inList < path.findIndex(({ name }) => name === "test");
    return this.#values(this.#leftSide(path), { isSet: words.includes(t.In), inList: isOpen });
  }

  #values(
    left: LeftSide | null,
    form: { readonly isSet: boolean; readonly inList: boolean },
  ): readonly CompletionItem[] {
    const { typed } = this.#place;
    return left === null ? [] : valueItems(this.#input.names, left, { ...form, typed: typed.text });
  }

  /** What stands in front of the operator of the innermost comparison. */
  #leftSide(path: readonly OpenRule[]): LeftSide | null {
    const { tokens } = this.#place;
    const operator = path.find(({ name }) => name === "test")?.from ?? 0;
    const before = tokens[operator - 1];
    if (before?.tokenType === t.RightParenthesis) return { name: "", type: { kind: "boolean" } };
    if (before?.tokenType === t.Text) return { name: before.image, type: { kind: "text" } };
    return this.#typeOf(before, path);
  }

  #typeOf(token: IToken | undefined, path: readonly OpenRule[] = []): LeftSide | null {
    if (token === undefined) return null;
    return typeOfName(this.#input.names, token.image, modeAt(this.#place.tokens, path));
  }

  #targets(path: readonly OpenRule[]): readonly CompletionItem[] {
    const { tokens, inText } = this.#place;
    const except = poolBeingDefined(tokens);
    return targetItems(this.#input.names, (path[1]?.name ?? "route") as TargetRole, {
      ...(except === undefined ? {} : { except }),
      quoted: inText,
    });
  }

  #rules(): readonly CompletionItem[] {
    const { rules } = this.#input.names.declarations;
    return [...rules.keys()].map((name) => plainItem("rule", writeText(name)));
  }

  /** What a text in quotes can say. */
  #texts(path: readonly OpenRule[]): readonly CompletionItem[] {
    switch (path[0]?.name) {
      case "use":
        return this.#input.libraries().map((file) => plainItem("file", writeText(file)));
      case "expectation":
        return this.#rules();
      case "target":
        return this.#place.inText ? this.#targets(path) : [];
      default:
        return [];
    }
  }
}

function optionIndex(path: readonly OpenRule[]): number {
  return path.find(({ name }) => name === "planOption" || name === "settledOption")?.from ?? 0;
}
