export type CompletionKind =
  | "ability"
  | "cause"
  | "fact"
  | "file"
  | "intent"
  | "keyword"
  | "let"
  | "number"
  | "operator"
  | "option"
  | "pool"
  | "rule"
  | "strategy"
  | "target"
  | "value"
  | "word";

/** Something that can stand at the cursor. */
export interface CompletionItem {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Beside the label: a type, a model. */
  readonly detail?: string;
  /** A sentence. */
  readonly doc?: string;
  readonly insert: string;
  /** Whether `insert` has places to fill in: `${1:10s}`. */
  readonly isSnippet?: boolean;
}

/** An item that is inserted as it reads. */
export function plainItem(
  kind: CompletionKind,
  label: string,
  beside: Pick<CompletionItem, "detail" | "doc"> = {},
): CompletionItem {
  return { label, kind, insert: label, ...beside };
}

/** An item that is inserted with places to fill in, which its form has in `«»`: `timeout «10s»`. */
export function snippetItem(
  kind: CompletionKind,
  label: string,
  form: string,
  beside: Pick<CompletionItem, "detail" | "doc"> = {},
): CompletionItem {
  let places = 0;
  const insert = form.split(/(«[^»]*»)/).map((part) => {
    const text = part.replaceAll(/[«»]/g, "").replaceAll(/[\\$}]/g, (letter) => `\\${letter}`);
    if (!part.startsWith("«")) return text;
    places += 1;
    return `\${${places}:${text}}`;
  });
  return { label, kind, insert: insert.join(""), isSnippet: true, ...beside };
}
