import type { ISerializedGast } from "chevrotain";
import { grammarTokens } from "./tokens.ts";

interface Production {
  readonly type: string;
  readonly name?: string;
  readonly definition?: readonly Production[];
  readonly separator?: Production;
}

/** The grammar in ISO-like EBNF: `[ ]` optional, `{ }` any number of times, `|` one of; then the tokens. */
export function ebnfOf(productions: readonly ISerializedGast[]): string {
  const rules = inReadingOrder(productions as readonly Production[]).map(
    (rule) => `${rule.name} = ${sequence(rule.definition ?? [])} ;`,
  );
  const tokens = grammarTokens
    .filter((token) => token.PATTERN instanceof RegExp)
    .map((token) => `${token.name} = /${(token.PATTERN as RegExp).source}/ ;`);
  const zone = "Zone = ? a time zone, Area/City or UTC, directly after a TimeOfDay ? ;";
  return `${[...rules, "", "(* Tokens *)", "", ...tokens, zone].join("\n")}\n`;
}

/** From `file` on, each rule behind the one that first names it. */
function inReadingOrder(rules: readonly Production[]): readonly Production[] {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const ordered = new Set<Production>();
  const take = (name: string | undefined): void => {
    const rule = byName.get(name);
    if (rule === undefined || ordered.has(rule)) return;
    ordered.add(rule);
    visit(rule.definition ?? []);
  };
  const visit = (parts: readonly Production[]): void => {
    for (const part of parts) {
      if (part.type === "NonTerminal") take(part.name);
      else visit(part.definition ?? []);
    }
  };
  take("file");
  return [...ordered];
}

const literals: ReadonlyMap<string, string> = new Map(
  grammarTokens.flatMap((token) =>
    typeof token.PATTERN === "string" ? [[token.name, `"${token.PATTERN}"`] as const] : [],
  ),
);

function sequence(parts: readonly Production[]): string {
  return parts.map(show).join(" , ");
}

function show(part: Production): string {
  const inner = part.definition ?? [];
  switch (part.type) {
    case "Terminal":
      return literals.get(part.name ?? "") ?? part.name ?? "";
    case "NonTerminal":
      return part.name ?? "";
    case "Option":
      return `[ ${sequence(inner)} ]`;
    case "Repetition":
      return `{ ${sequence(inner)} }`;
    case "RepetitionMandatory":
      return `${sequence(inner)} , { ${sequence(inner)} }`;
    case "RepetitionMandatoryWithSeparator": {
      const separator = part.separator === undefined ? "" : show(part.separator);
      return `${sequence(inner)} , { ${separator} , ${sequence(inner)} }`;
    }
    case "Alternation":
      return `( ${inner.map(show).join(" | ")} )`;
    default:
      return sequence(inner);
  }
}
