import * as t from "../../../grammar/tokens.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../diagnostics/position.ts";
import { lookUpResponseFact } from "../../facts/response-facts.ts";
import { causes, retryableCauses } from "../../protocol/cause.ts";
import type { PlanFact } from "../checker/checked-policy.ts";
import { shownName } from "../checker/option-arguments.ts";
import { lookUpOption } from "../checker/option-table.ts";
import { strategies } from "../checker/routes.ts";
import type { Name, Statement } from "../syntax/ast.ts";
import { writeText } from "../syntax/escapes.ts";
import {
  describeFact,
  describeTarget,
  describeTargetFact,
  heading,
  joined,
  list,
  typeWords,
} from "./describe.ts";
import { flatLet, flatPool } from "./flatten.ts";
import { type NameIndex, nameAt, type Occurrence } from "./name-index.ts";
import type { Meaning } from "./name-meaning.ts";
import type { ParsedStatements } from "./parse-statements.ts";
import {
  candidateDoc,
  causeDocs,
  keywordDocs,
  planFactDocs,
  requestedDoc,
  retryableDoc,
  strategyDocs,
} from "./word-docs.ts";

/** What is said of a place, in Markdown. */
export interface Hover {
  readonly span: Span;
  readonly markdown: string;
}

/** What the name or keyword at an offset is; null where there is neither. `texts` are those of the file and its libraries. */
export function hoverAt(
  parsed: ParsedStatements,
  index: NameIndex,
  texts: ReadonlyMap<string, string>,
  offset: number,
): Hover | null {
  const found = nameAt(index, offset);
  const said = found?.meaning ?? null;
  if (found !== null && said !== null) {
    const markdown = joined([describe(said, index, texts), usesOf(found, index, parsed)]);
    return markdown === "" ? null : { span: found.name.span, markdown };
  }
  return keywordAt(parsed, offset);
}

function keywordAt({ source, tokens }: ParsedStatements, offset: number): Hover | null {
  const token = tokens.find(
    ({ startOffset, image }) => startOffset <= offset && offset < startOffset + image.length,
  );
  if (token === undefined || !t.keywordOf.has(token.image)) return null;
  const { startOffset: start, image } = token;
  const span = { file: source.file, start, end: start + image.length };
  return {
    span,
    markdown: joined([heading("keyword", image, ""), keywordDocs.get(image) ?? null]),
  };
}

function describe(meaning: Meaning, index: NameIndex, texts: ReadonlyMap<string, string>): string {
  switch (meaning.kind) {
    case "fact":
      return describeFact(meaning.fact);
    case "target":
      return describeTarget(meaning.target);
    case "target-fact":
      return describeTargetFact(meaning.fact, meaning.target);
    case "let":
      return joined([
        heading("let", meaning.name, ""),
        code(flatLet(index.declarations, meaning.name, texts)),
      ]);
    case "pool":
      return joined([
        heading("pool", meaning.name, ""),
        list(flatPool(index.declarations, meaning.name).map((each) => `\`${each}\``)),
      ]);
    case "intent":
      return describeIntent(meaning, index);
    case "measured":
      return describeMeasured(meaning);
    case "value":
      return heading("value", meaning.text, `of \`${meaning.of}\``);
    case "rule":
    case "test":
    case "ability":
    case "argument":
    case "path":
      return "";
    default:
      return describeWord(meaning);
  }
}

function describeIntent(
  { name, declared }: Extract<Meaning, { readonly kind: "intent" }>,
  { declarations }: NameIndex,
): string {
  const clues = declarations.intents.get(name)?.clues ?? [];
  const shown = clues.slice(0, 20).map(({ kind, value }) => {
    if (value.kind === "regex") return `${kind} \`/${value.pattern}/\``;
    return value.kind === "string" ? `${kind} \`${writeText(value.text)}\`` : kind;
  });
  return joined([
    heading("intent", name, declared === null ? "shipped" : "declared by clues"),
    list(shown),
  ]);
}

function describeMeasured({ name, type }: Extract<Meaning, { readonly kind: "measured" }>): string {
  const [, family, rest = ""] = /^(plan|response)\.(.+)$/.exec(name) ?? [];
  const doc =
    family === "plan" ? planFactDocs[rest as PlanFact] : (lookUpResponseFact(rest)?.doc ?? "");
  return joined([
    heading(`fact of ${family === "plan" ? "a plan" : "an answer"}`, name, typeWords(type)),
    doc,
  ]);
}

function describeWord({
  kind,
  name,
}: {
  readonly kind: Meaning["kind"];
  readonly name: string;
}): string {
  const plain = name.replaceAll("-", "_");
  switch (kind) {
    case "option": {
      const option = lookUpOption(name);
      if (option === null) return "";
      return joined([heading("option", shownName(option.word), `\`${option.usage}\``), option.doc]);
    }
    case "cause": {
      if (plain === "retryable") return joined([heading("cause", plain, ""), retryableDoc]);
      const cause = causes.find((each) => each === plain);
      if (cause === undefined) return "";
      const what = retryableCauses.has(cause) ? "retryable" : "only where it is named";
      return joined([heading("cause", cause, what), causeDocs[cause]]);
    }
    case "strategy": {
      const strategy = strategies.find((each) => each === name);
      return strategy === undefined
        ? ""
        : joined([heading("selection", `${strategy} of`, ""), strategyDocs[strategy]]);
    }
    case "requested":
      return joined([heading("target", name, ""), requestedDoc]);
    case "candidate":
      return joined([heading("target", name, ""), candidateDoc]);
    default:
      return "";
  }
}

function code(text: string): string {
  return `\`\`\`policy\n${text}\n\`\`\``;
}

/** Statements that are named as users of a name; of more than these only their number. */
const mostUsers = 8;

/** Which statements of the file use what a name stands for. */
function usesOf(found: Occurrence, index: NameIndex, parsed: ParsedStatements): string | null {
  const key = meaningKey(found.meaning);
  if (key === null) return null;
  const users = new Map<Statement, Name>();
  const statements = parsed.ast.statements;
  let at = 0;
  for (const { name, place, meaning } of index.occurrences) {
    if (place.kind === "definition" || meaningKey(meaning) !== key) continue;
    while ((statements[at]?.span.end ?? Number.POSITIVE_INFINITY) < name.span.start) at += 1;
    const statement = statements[at];
    if (statement !== undefined && !users.has(statement)) users.set(statement, name);
  }
  if (users.size === 0) return null;
  const shown = [...users].slice(0, mostUsers).map(([statement, name]) => {
    return `${titleOf(statement)} (line ${lineAndColumn(parsed.source.text, name.span.start).line})`;
  });
  const more = users.size > mostUsers ? ` and ${users.size - mostUsers} more` : "";
  return `used by ${shown.join(", ")}${more}`;
}

/** What two occurrences have in common when they mean the same; null for what nobody follows. */
export function meaningKey(meaning: Meaning | null): string | null {
  switch (meaning?.kind) {
    case "let":
    case "pool":
    case "rule":
      return `${meaning.kind} ${meaning.declared.span.file} ${meaning.name}`;
    case "intent":
      return `intent ${meaning.declared?.span.file ?? ""} ${meaning.name}`;
    case "fact":
      return `fact ${meaning.fact.name}`;
    case "target":
      return `target ${meaning.target.name}`;
    case "target-fact":
      return meaning.target === null
        ? `target-fact ${meaning.fact.name}`
        : `target ${meaning.target.name}`;
    default:
      return null;
  }
}

/** A statement in a few words: `rule "short"`, `let short`. */
export function titleOf(statement: Statement): string {
  switch (statement.kind) {
    case "let":
    case "pool":
    case "intent":
      return `${statement.kind} ${statement.name.text}`;
    case "rule":
      return statement.name === null ? "a rule" : `rule ${writeText(statement.name.text)}`;
    case "test":
      return `test ${writeText(statement.name.text)}`;
    default:
      return statement.kind;
  }
}
