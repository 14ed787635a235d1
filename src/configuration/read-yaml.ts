import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Code } from "../diagnostics/codes.ts";
import type { Diagnostic, SourceFile, Span } from "../diagnostics/diagnostic.ts";
import { type DiagnosticExtras, makeDiagnostic } from "../diagnostics/make-diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { wrongWord } from "./wrong-word.ts";

/** Largest configuration that is read, in characters. */
export const longestConfiguration = 1_048_576;

/** Most nodes read, those behind aliases counted each time. */
const mostNodes = 200_000;

/** What looks like a secret where broken YAML or a misspelt key keeps it from being read as one. */
const likelySecret =
  /(\b[\w-]*(?:key|token|secret|password)["']?[ \t]*:[ \t]*["']?)(?!\$\{|file:)([^\s"',{}[\]]{6,})/gi;
const unquotedReference = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}/;
const credentialsInUrl = /^[a-z]+:\/\/[^/?#]*@/i;

function dots(text: string): string {
  return text.replaceAll(/[^\r\n]/g, "•");
}

/** A key of a map with what stands under it; null where nothing does. */
export interface Entry {
  readonly name: string;
  readonly keySpan: Span;
  readonly node: Node | null;
}

/** A YAML document with its aliases looked through, and the diagnostics found so far. Never throws for what it holds. */
export class YamlReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly root: Node | null;
  readonly #file: string;
  readonly #anchors = new Map<Node, Node>();
  readonly #hidden: Span[] = [];
  readonly #what: string;
  #nodesLeft = mostNodes;

  /** `what` is the file in the words of a message. */
  constructor(source: SourceFile, what = "the configuration") {
    this.#file = source.file;
    this.#what = what;
    this.root = this.#parse(source.text);
  }

  #parse(text: string): Node | null {
    if (text.length > longestConfiguration) {
      const size = `${longestConfiguration / 1024} KiB`;
      this.report("C0108", this.span(0, 1), `${this.#what} is larger than ${size}`);
      return null;
    }
    // Keys are compared here and not by the parser, whose check is quadratic.
    const document = parseDocument(text, {
      uniqueKeys: false,
      stringKeys: true,
      prettyErrors: false,
    });
    const [error] = document.errors;
    if (error !== undefined) {
      // What follows the first error is read wrongly, so that more would only mislead.
      this.#reportSyntax(error, text);
      return null;
    }
    for (const warning of document.warnings) this.#reportYaml("C0110", warning);
    this.#bindAliases(document);
    return document.contents;
  }

  #reportYaml(code: "C0101" | "C0110", error: YAMLError): void {
    const [start, end] = error.pos;
    const message = error.message.split("\n", 1)[0] ?? "";
    this.report(code, this.span(start, Math.max(end, start + 1)), yamlMessage(error.code, message));
  }

  #reportSyntax(error: YAMLError, text: string): void {
    const start = error.pos[0] - 1;
    const reference = start < 0 ? null : unquotedReference.exec(text.slice(start, start + 100));
    if (reference === null) {
      this.#reportYaml("C0101", error);
      return;
    }
    const span = this.span(start, start + reference[0].length);
    const quoted = `"${reference[0]}"`;
    this.report("C0101", span, `\`${reference[0]}\` has to stand in quotes here`, {
      help: "between braces YAML takes its braces for a map",
      fix: { title: `write ${quoted}`, edits: [{ span, text: quoted }] },
    });
  }

  /** Finds what each alias stands for in one walk in the order of the text, so that a bomb of aliases stays cheap. */
  #bindAliases(document: Document): void {
    const named = new Map<string, Node>();
    const waiting: unknown[] = [document.contents];
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (isPair(node)) {
        waiting.push(node.value, node.key);
      } else if (isAlias(node)) {
        const target = named.get(node.source);
        if (target !== undefined) this.#anchors.set(node, target);
        else this.report("C0106", this.spanOf(node), `there is no \`&${node.source}\` above`);
      } else if (isCollection(node)) {
        if (node.anchor !== undefined) named.set(node.anchor, node);
        for (let i = node.items.length - 1; i >= 0; i -= 1) waiting.push(node.items[i]);
      } else if (isScalar(node) && node.anchor !== undefined) {
        named.set(node.anchor, node);
      }
    }
  }

  span(start: number, end: number): Span {
    return { file: this.#file, start, end };
  }

  /** Marks a place that holds a secret: `masked` shows it as dots. */
  hide(span: Span): void {
    this.#hidden.push(span);
  }

  /** The text with hidden places as dots of the same length, so that spans still fit. */
  masked(text: string): string {
    let shown = text.replaceAll(
      likelySecret,
      (found, key: string, value: string) =>
        key + dots(value) + found.slice(key.length + value.length),
    );
    for (const { start, end } of this.#hidden) {
      shown = shown.slice(0, start) + dots(text.slice(start, end)) + shown.slice(end);
    }
    return shown;
  }

  /** Where a node stands: its value without what follows it. */
  spanOf(node: Node): Span {
    const [start, end] = node.range ?? [0, 1];
    return this.span(start, Math.max(end, start + 1));
  }

  /** Whether a text holds a name and password, as URLs may; it is hidden then. */
  hidesCredentials(text: string, span: Span): boolean {
    const holds = credentialsInUrl.test(text);
    if (holds) this.hide(span);
    return holds;
  }

  report(code: Code, span: Span, message: string, extras: DiagnosticExtras = {}): void {
    this.diagnostics.push(makeDiagnostic(code, span, message, extras));
  }

  /** The node an alias stands for, or the node itself; undefined, and reported, where none can be had. */
  resolve(node: Node | null): Node | null | undefined {
    if (node === null) return null;
    if (this.#nodesLeft <= 0) return undefined;
    this.#nodesLeft -= 1;
    if (this.#nodesLeft === 0) {
      this.report("C0108", this.spanOf(node), `${this.#what} has more than ${mostNodes} values`);
    }
    return isAlias(node) ? this.#anchors.get(node) : node;
  }

  /** The entries of a map, those of its merge keys after its own. Reports keys that stand twice. */
  entries(map: YAMLMap): readonly Entry[] {
    const found = new Map<string, Entry>();
    const merged: (Node | null)[] = [];
    for (const pair of map.items) {
      const entry = this.#entryOf(pair as Pair<unknown, Node | null>);
      if (entry === null) continue;
      const earlier = found.get(entry.name);
      if (entry.name === "<<") merged.push(entry.node);
      else if (earlier === undefined) found.set(entry.name, entry);
      else this.#reportTwice(entry, earlier);
    }
    for (const node of merged) this.#merge(node, found);
    return [...found.values()];
  }

  #entryOf(pair: Pair<unknown, Node | null>): Entry | null {
    if (!isScalar(pair.key) || typeof pair.key.value !== "string") return null;
    return { name: pair.key.value, keySpan: this.spanOf(pair.key), node: pair.value };
  }

  #reportTwice(entry: Entry, earlier: Entry): void {
    this.report("C0104", entry.keySpan, `\`${entry.name}\` stands here twice`, {
      label: "again here",
      related: [{ span: earlier.keySpan, text: "first here" }],
      help: "remove one of the two",
    });
  }

  #merge(node: Node | null, into: Map<string, Entry>): void {
    const source = this.resolve(node);
    if (isSeq(source)) {
      for (const item of source.items) this.#merge(item as Node, into);
      return;
    }
    if (!isMap(source)) {
      if (source) this.report("C0102", this.spanOf(source), "`<<` takes a map");
      return;
    }
    for (const pair of source.items) {
      const entry = this.#entryOf(pair as Pair<unknown, Node | null>);
      if (entry !== null && !into.has(entry.name)) into.set(entry.name, entry);
    }
  }

  /** Reports a key that is not one of those known, with the likeliest meant. */
  reportUnknownKey(entry: Entry, known: readonly string[], where: string): void {
    this.report("C0103", entry.keySpan, `${where} has no key \`${entry.name}\``, {
      label: "not a key here",
      ...wrongWord(entry.keySpan, didYouMean(entry.name, known), known, "the keys are"),
    });
  }
}

/** The parser's message in the words and form of a diagnostic. */
function yamlMessage(code: YAMLError["code"], message: string): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "tabs cannot indent YAML; use spaces";
    case "MULTIPLE_DOCS":
      return "the file holds more than one YAML document";
    case "NON_STRING_KEY":
      return "a key has to be plain text";
    case "RESOURCE_EXHAUSTION":
      return "the file is nested too deeply";
    default:
      return `not valid YAML: ${message.slice(0, 1).toLowerCase()}${message.slice(1).replace(/\.$/, "")}`;
  }
}
