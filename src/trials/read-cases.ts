import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Configuration } from "../configuration/configuration.ts";
import { type Entry, YamlReader } from "../configuration/read-yaml.ts";
import type { Diagnostic, SourceFile, Span } from "../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../diagnostics/position.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { readBody, toJson } from "./case-body.ts";
import { CaseFacts } from "./case-facts.ts";
import { type Piece, piecesOf } from "./case-pieces.ts";

/** A case as its file has it: its expectations are still in the words of the language. */
export interface RawCase {
  readonly line: number;
  readonly name: string;
  /** From 1, in a table. */
  readonly row: number;
  readonly given: Readonly<Record<string, unknown>>;
  readonly body: ChatBody | null;
  readonly pieces: readonly Piece[];
}

/** Rows of all cases of a file together. */
export const mostCases = 10_000;

const caseKeys = ["name", "request", "chat", "body", "expect"] as const;
const tableKeys = ["name", "request", "table", "rows"] as const;

/**
 * Reads `NAME.cases.yaml`, a list of cases and tables of them. What is wrong is reported with its place, all of it at once;
 * never throws for what the file holds.
 */
export function readCases(
  source: SourceFile,
  policy: CheckedPolicy,
  configuration: Configuration,
): { readonly cases: readonly RawCase[]; readonly diagnostics: readonly Diagnostic[] } {
  const reader = new YamlReader(source, "the file");
  const list = reader.resolve(reader.root);
  const facts = new CaseFacts(reader, policy, configuration);
  const cases = new CaseReader(reader, source.text, facts, configuration);
  if (isSeq(list)) for (const item of list.items) cases.read(item as Node | null);
  else if (list) reader.report("C0102", reader.spanOf(list), "the file takes a list of cases");
  return { cases: cases.found, diagnostics: reader.diagnostics };
}

class CaseReader {
  readonly found: RawCase[] = [];
  readonly #reader: YamlReader;
  readonly #text: string;
  readonly #facts: CaseFacts;
  readonly #configuration: Configuration;
  #count = 0;
  #isFull = false;

  constructor(reader: YamlReader, text: string, facts: CaseFacts, configuration: Configuration) {
    this.#reader = reader;
    this.#text = text;
    this.#facts = facts;
    this.#configuration = configuration;
  }

  read(item: Node | null): void {
    const node = this.#reader.resolve(item);
    this.#count += 1;
    if (node === undefined || this.#isFull) return;
    if (!isMap(node)) {
      const span = node === null ? this.#reader.span(0, 1) : this.#reader.spanOf(node);
      this.#reader.report("C0102", span, "a case is a map with `request` and `expect`");
      return;
    }
    const isTable = node.items.some(
      ({ key }) => isScalar(key) && (key.value === "table" || key.value === "rows"),
    );
    const entries = this.#entries(node, isTable ? tableKeys : caseKeys);
    const name = this.#nameOf(entries.get("name"));
    const given = this.#facts.readMap(entries.get("request"));
    if (isTable) this.#readTable(node, entries, { name, given });
    else this.#readCase(node, entries, { name, given });
  }

  #entries(node: YAMLMap, keys: readonly string[]): ReadonlyMap<string, Entry> {
    const entries = this.#reader.entries(node);
    for (const entry of entries) {
      if (!keys.includes(entry.name)) this.#reader.reportUnknownKey(entry, keys, "a case");
    }
    return new Map(entries.map((entry) => [entry.name, entry]));
  }

  #nameOf(entry: Entry | undefined): string {
    const node = entry === undefined ? null : this.#reader.resolve(entry.node);
    if (isScalar(node) && node.value !== null) return String(node.value);
    return `case ${this.#count}`;
  }

  #readCase(node: YAMLMap, entries: ReadonlyMap<string, Entry>, head: Head): void {
    const expect = entries.get("expect");
    if (expect === undefined) {
      this.#lacks(node, "expect", "what the decision has to be");
      return;
    }
    const [chat, body] = [entries.get("chat"), entries.get("body")];
    if (chat !== undefined && body !== undefined) {
      this.#reader.report("C0104", body.keySpan, "a case has a `chat` or a `body`, not both");
    }
    const read = readBody(this.#reader, { chat, body }, this.#configuration);
    const pieces = piecesOf(this.#reader, expect.node, expect.keySpan);
    this.#add({ ...head, row: 1, body: read, pieces, span: this.#reader.spanOf(node) });
  }

  #readTable(node: YAMLMap, entries: ReadonlyMap<string, Entry>, head: Head): void {
    const [table, rows] = [entries.get("table"), entries.get("rows")];
    if (table === undefined || rows === undefined) {
      if (table === undefined) this.#lacks(node, "table", "the names of its columns");
      if (rows === undefined) this.#lacks(node, "rows", "a list of values for each request");
      return;
    }
    const columns = this.#columnsOf(table);
    const list = this.#reader.resolve(rows.node);
    if (columns === null || !list) return;
    if (!isSeq(list)) {
      this.#reader.report("C0102", this.#reader.spanOf(list), "`rows` takes a list of rows");
      return;
    }
    for (const [index, item] of list.items.entries()) {
      this.#readRow(item as Node | null, columns, { ...head, row: index + 1, at: rows.keySpan });
    }
  }

  /** The columns by name and place; null, and reported, where a table cannot be read by them. */
  #columnsOf(table: Entry): readonly Column[] | null {
    const node = this.#reader.resolve(table.node);
    const names = node ? toJson(this.#reader, node) : null;
    if (!isSeq(node) || !Array.isArray(names) || names.some((name) => typeof name !== "string")) {
      this.#reader.report(
        "C0102",
        table.keySpan,
        "`table` takes a list of fact names and `expect`",
      );
      return null;
    }
    const columns = node.items.map((item, at) => ({
      name: String(names[at]),
      span: this.#reader.spanOf(item as Node),
    }));
    const known = columns.filter(({ name }) => name !== "expect");
    const twice = columns.find(({ name }, at) => names.indexOf(name) < at);
    if (twice !== undefined) {
      this.#reader.report("C0104", twice.span, `\`${twice.name}\` is a column twice`);
      return null;
    }
    if (known.length === columns.length) {
      this.#reader.report("C0105", table.keySpan, "a table has a column `expect`");
      return null;
    }
    return known.every(({ name, span }) => this.#facts.knows(name, span)) ? columns : null;
  }

  #readRow(
    item: Node | null,
    columns: readonly Column[],
    { at, ...head }: Head & { readonly row: number; readonly at: Span },
  ): void {
    const node = this.#reader.resolve(item);
    if (node === undefined || this.#isFull) return;
    const span = node === null ? at : this.#reader.spanOf(node);
    if (!isSeq(node) || node.items.length !== columns.length) {
      const got = isSeq(node) ? `, not ${node.items.length}` : "";
      this.#reader.report("C0106", span, `a row has ${columns.length} values here${got}`, {
        help: `one for each of ${columns.map(({ name }) => name).join(", ")}`,
      });
      return;
    }
    const given: Record<string, unknown> = { ...head.given };
    let pieces: readonly Piece[] = [];
    for (const [index, { name }] of columns.entries()) {
      const cell = node.items[index] as Node | null;
      if (name === "expect") pieces = piecesOf(this.#reader, cell, span);
      else this.#facts.put(given, name, cell, span);
    }
    this.#add({ ...head, given, body: null, pieces, span });
  }

  #add({ span, ...found }: Omit<RawCase, "line"> & { readonly span: Span }): void {
    if (this.found.length >= mostCases) {
      this.#isFull = true;
      this.#reader.report("C0108", span, `the file has more than ${mostCases} cases`);
      return;
    }
    this.found.push({ ...found, line: lineAndColumn(this.#text, span.start).line });
  }

  #lacks(node: YAMLMap, key: string, what: string): void {
    const span = this.#reader.spanOf(node);
    const start = { ...span, end: span.start + 1 };
    this.#reader.report("C0105", start, `the case has no \`${key}\``, {
      help: `add \`${key}\`: ${what}`,
    });
  }
}

type Head = Pick<RawCase, "name" | "given">;

interface Column {
  readonly name: string;
  readonly span: Span;
}
