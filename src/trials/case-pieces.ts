import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Entry, YamlReader } from "../configuration/read-yaml.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Expected } from "./trial.ts";

/** One expectation of a case in the words of the language. */
export interface Piece {
  /** As it follows `expect`. */
  readonly text: string;
  /** The author's own words in it: where they begin, and where they stand in the file. */
  readonly words: readonly (Written & { readonly at: number })[];
  /** What it has to be; null for anything, several with commas among it. */
  readonly kind: Expected["kind"] | null;
  /** The value in the file. */
  readonly span: Span;
}

const expectKeys: readonly string[] = [
  ...["rule", "targets", "status", "cost", "time", "attempts"],
  ...["options", "every", "never", "guard"],
];

/** The expectations of a case: words of the language, a list of them, or a map with a key for each kind. */
export function piecesOf(reader: YamlReader, node: Node | null, at: Span): readonly Piece[] {
  const found = reader.resolve(node);
  if (found === undefined) return [];
  if (!isMap(found)) return textsOf(reader, found, at).map(asWritten);
  if (found.items.length === 0) reader.report("C0106", reader.spanOf(found), "nothing is expected");
  return reader.entries(found).flatMap((entry) => {
    if (!expectKeys.includes(entry.name)) {
      reader.reportUnknownKey(entry, expectKeys, "`expect`");
      return [];
    }
    return keyedPieces(reader, entry);
  });
}

interface Written {
  readonly text: string;
  readonly span: Span;
}

function asWritten({ text, span }: Written): Piece {
  return pieceOf({ text, span }, null, "");
}

function pieceOf(written: Written, kind: Piece["kind"], prefix: string): Piece {
  const { text, span } = written;
  return { text: `${prefix}${text}`, words: [{ ...written, at: prefix.length }], kind, span };
}

/** The texts of a scalar or a list; reported where there is none. */
function textsOf(reader: YamlReader, node: Node | null, at: Span): readonly Written[] {
  const items = isSeq(node) ? (node.items as (Node | null)[]) : [node];
  const texts = items.flatMap((item): readonly Written[] => {
    const found = reader.resolve(item);
    if (!isScalar(found) || found.value === null || String(found.value).trim() === "") return [];
    return [{ text: String(found.value), span: reader.spanOf(found) }];
  });
  if (texts.length < items.length || texts.length === 0) {
    const span = node === null ? at : reader.spanOf(node);
    reader.report("C0106", span, "an expectation is a text here, or a list of texts");
  }
  return texts;
}

function keyedPieces(reader: YamlReader, entry: Entry): readonly Piece[] {
  const texts = textsOf(reader, reader.resolve(entry.node) ?? null, entry.keySpan);
  const each = (kind: Piece["kind"], prefix: string): readonly Piece[] =>
    texts.map((written) => pieceOf(written, kind, prefix));
  switch (entry.name) {
    case "rule":
      return texts.map((written) => {
        return {
          ...pieceOf(written, "rule", 'rule "'),
          text: `rule ${JSON.stringify(written.text)}`,
        };
      });
    case "targets":
      return chainOf(texts);
    case "status":
      return each("reject", "reject ");
    case "options":
      return each("options", "");
    case "every":
      return each("targets", "");
    case "never":
      return each("targets", "never ");
    case "guard":
      return texts.map(guardPiece);
    default:
      return texts.map((written) => {
        // A figure alone is the most it may be.
        const op = /^[<>=!]/.test(written.text) ? "" : "<= ";
        return pieceOf(written, "bound", `${entry.name} ${op}`);
      });
  }
}

const plainName = /^[A-Za-z_]\w*(?:[-.]\w+)*$/;

/** All the targets there are. */
function chainOf(texts: readonly Written[]): readonly Piece[] {
  const [first] = texts;
  const last = texts.at(-1);
  if (first === undefined || last === undefined) return [];
  let chain = "";
  const words = texts.map((written) => {
    const { text } = written;
    const name = plainName.test(text) ? text : JSON.stringify(text);
    const before = chain === "" ? "" : `${chain} fallback `;
    chain = `${before}${name}`;
    return { ...written, at: before.length + name.indexOf(text) };
  });
  const span = { ...first.span, end: last.span.end };
  return [{ text: chain, words, kind: "exactly", span }];
}

function guardPiece({ text, span }: Written): Piece {
  const words = new Map([
    ["true", "guard"],
    ["false", "no guard"],
  ]);
  const said = words.get(text) ?? `guard ${JSON.stringify(text)}`;
  return pieceOf({ text: said, span }, "guard", "");
}
