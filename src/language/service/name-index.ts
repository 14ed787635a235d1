import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Ast, Name } from "../syntax/ast.ts";
import type { CheckedStatements } from "./check-statements.ts";
import { declarationsOf } from "./declarations.ts";
import { type Meaning, meaningOf, type Names } from "./name-meaning.ts";
import { type NamePlace, walkNames } from "./walk-names.ts";

/** A name in a file, with what it means there. */
export interface Occurrence {
  readonly name: Name;
  readonly place: NamePlace;
  /** Null when nothing explains it. */
  readonly meaning: Meaning | null;
}

/** Every name of a file, in the order of the text. */
export interface NameIndex extends Names {
  readonly occurrences: readonly Occurrence[];
}

/** Resolves every name of the sound statements of a file. */
export function indexNames({
  parsed,
  vocabulary,
  libraries,
}: Pick<CheckedStatements, "parsed" | "vocabulary" | "libraries">): NameIndex {
  const { ast, remembered } = parsed;
  const declarations = declarationsOf([...libraries, ast, { ...ast, statements: remembered }]);
  const names = { vocabulary, declarations };
  return { ...names, occurrences: occurrencesIn(names, parsed.ast) };
}

function occurrencesIn(names: Names, ast: Ast): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (const statement of ast.statements) {
    walkNames(statement, (name, place) => {
      found.push({ name, place, meaning: meaningOf(names, name, place) });
    });
  }
  return found.sort((a, b) => a.name.span.start - b.name.span.start);
}

/** The name under an offset, or just before it; null when there is none. */
export function nameAt({ occurrences }: NameIndex, offset: number): Occurrence | null {
  const touches = ({ start, end }: Span): boolean => start <= offset && offset <= end;
  const [first, second] = occurrences.filter(({ name }) => touches(name.span));
  return second ?? first ?? null;
}
