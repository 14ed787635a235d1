import type { IToken } from "chevrotain";
import { lex } from "../../../grammar/lexer.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Diagnostic, SourceFile, Span } from "../../diagnostics/diagnostic.ts";
import type { Ast, Statement } from "../syntax/ast.ts";
import { longestFile } from "../syntax/bounds.ts";
import { spanOfToken } from "../syntax/build-parts.ts";
import { misplacedVersion } from "../syntax/find-errors.ts";
import { parse, parseLexed } from "../syntax/parse.ts";
import { cutIntoStatements } from "../syntax/statements.ts";
import { shifted } from "./shifted.ts";

/** A statement that does not parse. */
export interface BrokenStatement {
  readonly span: Span;
  readonly tokens: readonly IToken[];
}

/** A text as an editor needs it: whatever of it parses, and what is wrong with the rest. */
export interface ParsedStatements {
  readonly source: SourceFile;
  /** Empty for a text beyond the size limit. */
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** The statements that parse, with every comment. */
  readonly ast: Ast;
  /** Of syntax only; those of the first hundred broken statements. */
  readonly diagnostics: readonly Diagnostic[];
  readonly broken: readonly BrokenStatement[];
  /** What broken statements were when they last parsed, at the places where they stand now. */
  readonly remembered: readonly Statement[];
}

/** A statement of the version before: its text, and what it was when it last parsed. */
interface Entry {
  readonly key: string;
  readonly start: number;
  readonly statements: readonly Statement[];
}

interface Part {
  readonly start: number;
  readonly statements: readonly Statement[];
  readonly diagnostics: readonly Diagnostic[];
  /** False when its errors were not looked for, because there were enough. */
  readonly examined: boolean;
}

/** Broken statements whose errors are worked out; the others are only known to be broken. */
const mostBroken = 100;

/**
 * Parses the versions of one text, statement by statement. A statement that stood in the version before is not parsed again
 * but moved: a keystroke among a thousand rules costs a tenth of a whole parse, broken or not.
 */
export class StatementParser {
  #parts: ReadonlyMap<string, Part> = new Map();
  #entries: readonly Entry[] = [];
  #file = "";

  parse(source: SourceFile): ParsedStatements {
    const { file, text } = source;
    if (text.length > longestFile) return unread(source);
    if (file !== this.#file) [this.#parts, this.#entries] = [new Map(), []];
    this.#file = file;
    const { tokens, comments } = lex(text);
    const kept = new Map<string, Part>();
    const statements: Statement[] = [];
    const diagnostics: Diagnostic[] = [];
    const broken: BrokenStatement[] = [];
    const entries: Entry[] = [];
    for (const [index, chunk] of this.#chunks(source, tokens, kept).entries()) {
      const part = this.#part(source, chunk, kept, broken.length < mostBroken);
      const head = chunk[0];
      const misplaced = index > 0 && head?.tokenType === t.Policy;
      if (part.statements.length > 0 && !misplaced) statements.push(...part.statements);
      else broken.push({ span: spanOfChunk(file, chunk), tokens: chunk });
      if (misplaced && head !== undefined) diagnostics.push(misplacedVersion(file, head));
      diagnostics.push(...part.diagnostics);
      const { start, end } = spanOfChunk(file, chunk);
      entries.push({ key: text.slice(start, end), start, statements: part.statements });
    }
    this.#parts = kept;
    const remembered = this.#remember(entries, broken);
    const ast = {
      file,
      text,
      statements,
      comments: comments.map((token) => ({ text: token.image, span: spanOfToken(file, token) })),
    };
    return { source, tokens, comments, ast, diagnostics, broken, remembered };
  }

  /** What the broken statements were, told by their place between those that did not change. */
  #remember(entries: readonly Entry[], broken: readonly BrokenStatement[]): readonly Statement[] {
    const before = this.#entries;
    const most = Math.min(before.length, entries.length);
    let head = 0;
    while (head < most && before[head]?.key === entries[head]?.key) head += 1;
    let tail = 0;
    while (tail < most - head && before.at(-1 - tail)?.key === entries.at(-1 - tail)?.key)
      tail += 1;
    const places = new Map(broken.map(({ span }) => [span.start, span]));
    const remembered: Statement[] = [];
    this.#entries = entries.map((entry, index) => {
      if (entry.statements.length > 0) return entry;
      const isBehind = index >= entries.length - tail;
      const old = before[isBehind ? index - entries.length + before.length : index];
      const isNew = !isBehind && index >= before.length - tail;
      const span = places.get(entry.start);
      if (old === undefined || isNew || span === undefined) return entry;
      const statements = shifted(old.statements, entry.start - old.start);
      for (const each of statements) remembered.push({ ...each, span });
      return { ...entry, statements: old.statements, start: old.start };
    });
    return remembered;
  }

  /**
   * The tokens of each statement. Where they are cut is a guess that is made for broken text: what does not parse alone is
   * tried together with what stands round it.
   */
  #chunks(source: SourceFile, tokens: IToken[], kept: Map<string, Part>): readonly IToken[][] {
    const cut = cutIntoStatements(source.text, tokens);
    const chunks: IToken[][] = [];
    const isSound = (chunk: IToken[]): boolean =>
      this.#part(source, chunk, kept, false).statements.length > 0;
    let tries = 0;
    for (let index = 0; index < cut.length; index += 1) {
      const chunk = cut[index] ?? [];
      if (tries >= mostBroken || isSound(chunk)) {
        chunks.push(chunk);
        continue;
      }
      tries += 1;
      const before = chunks.at(-1) ?? [];
      const [next = [], second = []] = cut.slice(index + 1, index + 3);
      const together = [
        { whole: [...before, ...chunk], back: 1, on: 0 },
        { whole: [...chunk, ...next], back: 0, on: 1 },
        { whole: [...before, ...chunk, ...next], back: 1, on: 1 },
        { whole: [...chunk, ...next, ...second], back: 0, on: 2 },
      ];
      const found = together.find(({ whole }) => isSound(whole));
      const { whole, back, on } = found ?? { whole: chunk, back: 0, on: 0 };
      chunks.splice(chunks.length - back, back, whole);
      index += on;
    }
    return chunks;
  }

  #part(source: SourceFile, chunk: IToken[], kept: Map<string, Part>, examine: boolean): Part {
    const { file, text } = source;
    const span = spanOfChunk(file, chunk);
    const key = text.slice(span.start, span.end);
    const known = kept.get(key) ?? this.#parts.get(key);
    const part =
      known !== undefined && (known.examined || !examine)
        ? moved(known, span.start)
        : parsePart(source, chunk, examine);
    kept.set(key, part);
    return part;
  }
}

function unread(source: SourceFile): ParsedStatements {
  const { file, text } = source;
  const ast = { file, text, statements: [], comments: [] };
  const broken = [{ span: { file, start: 0, end: text.length }, tokens: [] }];
  const { diagnostics } = parse(source);
  return { source, tokens: [], comments: [], ast, diagnostics, broken, remembered: [] };
}

function spanOfChunk(file: string, chunk: readonly IToken[]): Span {
  const [first, last] = [chunk[0], chunk.at(-1)];
  const start = first?.startOffset ?? 0;
  return { file, start, end: last === undefined ? start : spanOfToken(file, last).end };
}

function moved(part: Part, start: number): Part {
  const by = start - part.start;
  if (by === 0) return part;
  const { statements, diagnostics, examined } = part;
  return {
    start,
    statements: shifted(statements, by),
    diagnostics: shifted(diagnostics, by),
    examined,
  };
}

function parsePart(source: SourceFile, chunk: IToken[], examine: boolean): Part {
  const start = chunk[0]?.startOffset ?? 0;
  const { ast, diagnostics } = parseLexed(source, { tokens: chunk, comments: [] }, examine);
  const examined = examine || ast !== null;
  return { start, statements: ast?.statements ?? [], diagnostics, examined };
}
