import type { Diagnostic, SourceFile, Span } from "../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../diagnostics/make-diagnostic.ts";
import type { Operand } from "../facts/fact.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import type { SourceLoader, Vocabulary } from "../language/checker/vocabulary.ts";
import { checkSource } from "../language/service/check-source.ts";
import type { Piece } from "./case-pieces.ts";
import type { Expected } from "./trial.ts";

/** The expectations of cases, as the language reads them. */
export interface ReadPieces {
  /** By the piece. */
  readonly expected: ReadonlyMap<Piece, readonly Expected[]>;
  /** The policy's operands, and behind them those that only the pieces read. */
  readonly operands: readonly Operand[];
  /** In the places of the cases file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What the pieces are read with: the policy they belong to, its text, and what its names refer to. */
export interface PolicySource {
  readonly source: SourceFile;
  readonly policy: CheckedPolicy;
  readonly vocabulary: Vocabulary;
  readonly load: SourceLoader;
}

/** A piece as it stands in the text that is checked. */
interface Placed {
  readonly piece: Piece;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads expectations with the one parser and checker there is: as `test` statements behind the policy's own text. `text` is the
 * cases file's, in which everything wrong is placed.
 */
export function readPieces(
  pieces: readonly Piece[],
  { source, policy, vocabulary, load }: PolicySource,
  text: string,
): ReadPieces {
  const placed = placeBehind(source.text, pieces, policy.name);
  const tested = { file: source.file, text: placed.text };
  const { tests, diagnostics, policy: checked } = checkSource(tested, vocabulary, load);
  const found = diagnostics
    .filter(({ severity, span }) => severity !== "info" && isBehind(span, source))
    .map((diagnostic) => inCases(diagnostic, placed.pieces, source, text));
  const failed = diagnostics.some(({ severity }) => severity === "error");
  const statements = tests.tests.slice(-pieces.length || tests.tests.length);
  const isWhole =
    checked?.hash === policy.hash &&
    statements.length === pieces.length &&
    statements.every(({ name, rows }, at) => name === nameOf(policy.name, at) && rows.length === 1);
  const expected = new Map<Piece, readonly Expected[]>();
  const isTold = found.some(({ severity }) => severity === "error");
  const [first] = pieces;
  if ((failed || !isWhole) && !isTold && first !== undefined) {
    // The words of some piece ended their statement and began another, or all of them together are too many.
    const [error] = diagnostics.filter(({ severity }) => severity === "error");
    const why = error?.message ?? "one holds more than expectations";
    const message = `the expectations of this file cannot be read: ${why}`;
    found.push(makeDiagnostic("C0106", first.span, message));
  }
  if (failed || !isWhole) return { expected, operands: policy.operands, diagnostics: found };
  for (const [at, piece] of pieces.entries()) {
    const read = statements[at]?.rows[0]?.expect ?? [];
    const own = asPromised(read, piece);
    if (own === null) found.push(misfit(piece));
    else expected.set(piece, own);
  }
  return { expected, operands: tests.operands, diagnostics: found };
}

function nameOf(policy: string, at: number): string {
  return `expectation ${at + 1} of the cases of ${policy}`;
}

function placeBehind(
  text: string,
  pieces: readonly Piece[],
  policy: string,
): { readonly text: string; readonly pieces: readonly Placed[] } {
  const parts = [text, "\n"];
  let length = text.length + 1;
  const placed = pieces.map((piece, at): Placed => {
    const head = `test ${JSON.stringify(nameOf(policy, at))} expect `;
    const start = length + head.length;
    const end = start + piece.text.length;
    parts.push(head, piece.text, "\n");
    length = end + 1;
    return { piece, start, end };
  });
  return { text: parts.join(""), pieces: placed };
}

function isBehind(span: Span, { file, text }: SourceFile): boolean {
  return span.file === file && span.end > text.length;
}

/** A finding in the added text, where its words stand in the cases file. */
function inCases(
  diagnostic: Diagnostic,
  pieces: readonly Placed[],
  source: SourceFile,
  text: string,
): Diagnostic {
  const { span, related, fix, ...rest } = diagnostic;
  const place = (at: Span): Span | null => {
    if (!isBehind(at, source)) return at;
    const found = pieces.findLast(({ start }) => start <= at.start) ?? pieces[0];
    return found === undefined ? null : within(found, at, text);
  };
  const [first] = pieces;
  const kept = related?.flatMap((each) => {
    const at = place(each.span);
    return at === null ? [] : [{ ...each, span: at }];
  });
  const edits = fix?.edits.flatMap((edit) => {
    const at = place(edit.span);
    const isExact = at !== null && at.end - at.start === edit.span.end - edit.span.start;
    return isExact ? [{ ...edit, span: at }] : [];
  });
  return {
    ...rest,
    span: place(span) ?? first?.piece.span ?? span,
    ...(kept === undefined ? {} : { related: kept }),
    ...(fix === undefined || edits?.length !== fix.edits.length ? {} : { fix: { ...fix, edits } }),
  };
}

/** The words that a span covers, where the file has them letter for letter; else the whole value. */
function within({ piece, start }: Placed, at: Span, text: string): Span {
  const from = at.start - start;
  const to = at.end - start;
  for (const { at: begin, text: words, span } of piece.words) {
    const offset = text.slice(span.start, span.end).indexOf(words);
    if (from < begin || to > begin + words.length || offset < 0) continue;
    const origin = span.start + offset - begin;
    return { ...span, start: origin + from, end: origin + to };
  }
  return piece.span;
}

/** What a piece was read as, if that is what its key promises; null where it is something else. */
function asPromised(read: readonly Expected[], { kind }: Piece): readonly Expected[] | null {
  if (kind === null) return read.length > 0 ? read : null;
  const [only, second] = read;
  if (only === undefined) return null;
  if (kind === "options") return read.every((each) => each.kind === "options") ? read : null;
  if (second !== undefined) return null;
  if (kind === "exactly") {
    const { text, span } = only;
    return only.kind === "chain" ? [{ kind, text, span, targets: only.targets }] : null;
  }
  return only.kind === kind ? read : null;
}

const wanted: Readonly<Record<Expected["kind"], string>> = {
  rule: "a rule's name or id",
  chain: "the names of targets",
  exactly: "the names of targets",
  reject: "a status such as 413",
  bound: "a bound such as `< $0.01`, `<= 30s` or `3`",
  options: "options such as `timeout 10s, retry 1`",
  targets: "a condition on a target, such as `target.region is eu`",
  guard: "true, false, or how the guard begins",
};

function misfit({ kind, span }: Piece): Diagnostic {
  const what = kind === null ? "an expectation as `expect` takes it" : wanted[kind];
  return makeDiagnostic("C0106", span, `this is not ${what}`);
}
