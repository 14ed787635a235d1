import type { IToken } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { BugError } from "../../base/assert.ts";
import type { Diagnostic, SourceFile } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import { tooDeep } from "./bounds.ts";
import { expectedAfter } from "./expected.ts";
import { certainties, guesses } from "./guesses.ts";
import { habits } from "./habits.ts";
import type { Repair, Trouble, Words } from "./repair.ts";
import { mendSlips } from "./slips.ts";
import { cutIntoStatements } from "./statements.ts";
import { swallowedKeyword } from "./swallowed.ts";
import { applyEdits, Budget, spanOf, toFix } from "./token-edits.ts";

/** Syntax errors that are reported of one file; the last place says that there may be more. */
const mostErrors = 100;

/** Errors that are looked for in one statement; each is found behind a repair of the one before. */
const mostInStatement = 12;

/** Tokens that may be parsed in search of repairs, beyond three times the file. */
const spareTokens = 400_000;

/** Guesses with which the parser gets less far than this beyond the error are no better than none. */
const leastProgress = 2;

interface Search {
  readonly file: string;
  readonly text: string;
  readonly words: Words;
  readonly budget: Budget;
  readonly diagnostics: Diagnostic[];
}

/** Every independent syntax error of a file that does not parse, in the order of the text; at least one. */
export function findErrors(
  { file, text }: SourceFile,
  tokens: readonly IToken[],
  vocabulary: ReadonlySet<string>,
): Diagnostic[] {
  const { tokens: mended, diagnostics } = mendSlips({ file, text }, tokens, mostErrors);
  const budget = new Budget(spareTokens + 3 * mended.length);
  const counts = new Map<string, number>();
  for (const { image, tokenType } of tokens) {
    if (tokenType === t.Name) counts.set(image, (counts.get(image) ?? 0) + 1);
  }
  const search: Search = { file, text, words: { vocabulary, counts }, budget, diagnostics };
  for (const [index, statement] of cutIntoStatements(text, mended).entries()) {
    if (diagnostics.length > mostErrors) break;
    const [head] = statement;
    if (index > 0 && head?.tokenType === t.Policy) diagnostics.push(misplacedVersion(file, head));
    searchStatement(search, statement);
  }
  const sorted = diagnostics.toSorted((a, b) => a.span.start - b.span.start);
  if (sorted.length <= mostErrors) return sorted;
  const rest = sorted.slice(0, mostErrors);
  const last = rest.at(-1);
  if (last !== undefined) {
    rest.push(
      makeDiagnostic("P0129", last.span, `only the first ${mostErrors} errors are reported`),
    );
  }
  return rest;
}

/** The diagnostic of a version line that is not the first statement. */
export function misplacedVersion(file: string, token: IToken): Diagnostic {
  const message = "`policy` stands once, at the top of the file";
  return makeDiagnostic("P0127", spanOf(file, token), message, {
    help: "move the version to the first line, or take it out if one stands there",
  });
}

function searchStatement(search: Search, statement: IToken[]): void {
  const { file, text, words, budget, diagnostics } = search;
  const deep = tooDeep(file, statement);
  if (deep !== null) {
    diagnostics.push(deep);
    return;
  }
  let tokens = statement;
  for (let round = 0; round < mostInStatement && diagnostics.length <= mostErrors; round += 1) {
    const index = troubleIndex(tokens, budget, words);
    if (index === null) return;
    const trouble = { text, tokens, index, words };
    const repair = budget.isSpent ? null : bestRepair(trouble, budget);
    diagnostics.push(toDiagnostic(search, trouble, repair));
    if (repair === null || repair.edits.length === 0) return;
    tokens = applyEdits(tokens, repair.edits);
  }
}

/** Index of the first token that is wrong, whether the parser says so or not; null for none. */
function troubleIndex(tokens: IToken[], budget: Budget, { vocabulary }: Words): number | null {
  const swallowed = swallowedKeyword(tokens, vocabulary);
  const index = budget.errorIndex(tokens);
  if (index === null || swallowed === null) return index ?? swallowed;
  return Math.min(index, swallowed);
}

/** The repair with which the parser gets further: a habit first, else a guess that mends the whole statement or the most of it. */
function bestRepair(trouble: Trouble, budget: Budget): Repair | null {
  const left = trouble.tokens.length - trouble.index;
  const progress = ({ edits }: Repair): number => {
    const tokens = applyEdits(trouble.tokens, edits);
    const index = troubleIndex(tokens, budget, trouble.words);
    return index === null ? Number.POSITIVE_INFINITY : left - (tokens.length - index);
  };
  for (const guess of certainties(trouble)) if (progress(guess) >= 1) return guess;
  for (const habit of habits) {
    const repair = habit(trouble);
    if (repair !== null && (repair.edits.length === 0 || progress(repair) >= 1)) return repair;
  }
  let best: Repair | null = null;
  let most = leastProgress - 1;
  for (const guess of guesses(trouble)) {
    if (budget.isSpent) break;
    const reached = progress(guess);
    if (reached === Number.POSITIVE_INFINITY) return guess;
    if (reached <= most) continue;
    best = guess;
    most = reached;
  }
  return best;
}

function toDiagnostic(
  { file, budget }: Search,
  trouble: Trouble,
  repair: Repair | null,
): Diagnostic {
  const { tokens, index } = trouble;
  const [from, to] = repair?.at ?? [index, index + 1];
  const first = tokens[from] ?? tokens[tokens.length - 1];
  const last = tokens[to - 1] ?? first;
  if (first === undefined || last === undefined) throw new BugError("an error in no token");
  const span = spanOf(file, first, last);
  const expected =
    repair?.title === undefined || repair.title === null
      ? expectedAfter(tokens.slice(0, index), budget)
      : null;
  const label =
    repair?.label ??
    (expected === null
      ? undefined
      : expectedLabel(from >= index && index < tokens.length, expected));
  const labelled = label === undefined ? {} : { label };
  if (repair === null) {
    const token = tokens[index];
    return token === undefined
      ? makeDiagnostic("P0102", span, "this statement ends too early", labelled)
      : makeDiagnostic(
          "P0101",
          span,
          `\`${token.image.slice(0, 40)}\` cannot stand here`,
          labelled,
        );
  }
  const { code, help, title, edits, missing } = repair;
  const isOne = expected !== null && !expected.includes(" or ");
  const message = missing !== undefined && isOne ? `missing ${expected}${missing}` : repair.message;
  return makeDiagnostic(code, span, message, {
    ...labelled,
    ...(help === undefined ? {} : { help }),
    ...(title === null ? {} : { fix: toFix(file, title, tokens, edits) }),
  });
}

function expectedLabel(isBefore: boolean, expected: string): string {
  return isBefore ? `expected ${expected}` : `expected ${expected} after this`;
}
