import { relative, resolve, sep } from "node:path";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, SourceFile } from "../diagnostics/diagnostic.ts";
import { findPolicies } from "../files/find-policies.ts";
import { readTextFile } from "../files/read-files.ts";
import { isRule } from "../language/checker/check.ts";
import type { SourceLoader } from "../language/checker/vocabulary.ts";
import { type CheckedStatements, checkStatements } from "../language/service/check-statements.ts";
import { indexNames, type NameIndex } from "../language/service/name-index.ts";
import { StatementParser } from "../language/service/parse-statements.ts";
import { longestFile } from "../language/syntax/bounds.ts";
import { type Parsed, parse } from "../language/syntax/parse.ts";
import { Configurations, type Configured } from "./configurations.ts";
import { FileNames } from "./file-names.ts";

/** A policy as it stands, checked. */
export interface PolicyModel {
  readonly name: string;
  readonly document: TextDocument;
  readonly configured: Configured;
  readonly checked: CheckedStatements;
  /** Made when first asked for. */
  readonly index: NameIndex;
}

interface Kept {
  readonly model: PolicyModel;
  readonly round: number;
}

/** Libraries whose trees are remembered. */
const mostLibraries = 500;

/** The files that an editor works on: its open buffers, and the disk behind them. */
export class Workspace {
  readonly names: FileNames;
  readonly #buffers = new Map<string, TextDocument>();
  readonly #configurations: Configurations;
  readonly #parsers = new Map<string, StatementParser>();
  readonly #models = new Map<string, Kept>();
  readonly #libraries = new Map<string, { readonly text: string; readonly parsed: Parsed }>();
  /** Rises whenever files may have come or gone, which no comparison of texts would show. */
  #round = 0;

  /** `configuration` names one for all policies; null looks for each folder's own. */
  constructor(root: string, configuration: string | null) {
    this.names = new FileNames(root);
    this.#configurations = new Configurations(
      this.names,
      (name) => this.textOf(name),
      configuration,
    );
  }

  /** Puts a buffer in place of what the disk has. */
  open(document: TextDocument): string {
    const name = this.names.ofUri(document.uri);
    this.#buffers.set(name, document);
    this.#round += 1;
    return name;
  }

  /** The buffer of a document; undefined when it is not open. */
  buffer(name: string): TextDocument | undefined {
    return this.#buffers.get(name);
  }

  close(uri: string): string {
    const name = this.names.ofUri(uri);
    this.#buffers.delete(name);
    this.#models.delete(name);
    this.#parsers.delete(name);
    this.#round += 1;
    return name;
  }

  /** Forgets what was known of files on disk. */
  filesChanged(): void {
    this.#round += 1;
  }

  /** Names of the policies that are open. */
  openPolicies(): readonly string[] {
    return [...this.#buffers].flatMap(([name, { languageId }]) =>
      isPolicy(name, languageId) ? [name] : [],
    );
  }

  /** The text of a file as it stands; null when there is none. One that is too long to be read becomes one that is too long to be parsed. */
  textOf(name: string): string | null {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) return buffer.getText();
    const path = this.names.pathOf(name);
    const read = path === null ? null : readTextFile(path);
    if (read === null) return null;
    if (read.ok) return read.text;
    return read.tooLong === true ? "\n".repeat(longestFile + 1) : null;
  }

  /** A policy, open or on disk, with all it says checked; null when there is no such file. */
  model(name: string): PolicyModel | null {
    const text = this.textOf(name);
    if (text === null) return null;
    const configured = this.#configurations.of(name);
    const kept = this.#models.get(name);
    if (kept !== undefined && this.#holds(kept, text, configured)) return kept.model;
    const parser = this.#parsers.get(name) ?? new StatementParser();
    this.#parsers.set(name, parser);
    const parsed = parser.parse({ file: name, text });
    const { configuration, isComplete } = configured;
    const checked = checkStatements(parsed, {
      vocabulary: configuration,
      load: this.#load,
      parseLibrary: this.#parseLibrary,
      isComplete,
    });
    const document =
      this.#buffers.get(name) ?? TextDocument.create(this.names.uriOf(name), "policy", 0, text);
    const model = new Model(name, document, configured, checked);
    this.#models.set(name, { model, round: this.#round });
    return model;
  }

  /** A policy as it was last checked, whatever has changed since; null when it never was. */
  lastModel(name: string): PolicyModel | null {
    return this.#models.get(name)?.model ?? null;
  }

  #holds({ model, round }: Kept, text: string, configured: Configured): boolean {
    if (round !== this.#round || model.configured !== configured) return false;
    return [...model.checked.sources].every(([name, known]) => {
      return (name === model.name ? text : this.textOf(name)) === known;
    });
  }

  readonly #load: SourceLoader = (fromFile, path) => {
    const file = this.names.ofPath(resolve(this.names.folderOf(fromFile), path));
    const text = this.textOf(file);
    return text === null ? null : { file, text };
  };

  readonly #parseLibrary = (source: SourceFile): Parsed => {
    const known = this.#libraries.get(source.file);
    if (known?.text === source.text) return known.parsed;
    if (this.#libraries.size >= mostLibraries) this.#libraries.clear();
    const parsed = parse(source);
    this.#libraries.set(source.file, { text: source.text, parsed });
    return parsed;
  };

  /** The models of all policies of the workspace, those included that are not open. */
  allModels(): readonly PolicyModel[] {
    const onDisk = findPolicies(this.names.root).map((path) => this.names.ofPath(path));
    const all = new Set([...this.openPolicies(), ...onDisk]);
    return [...all].flatMap((name) => this.model(name) ?? []);
  }

  /** What `use` could name from a file: the other policies of the workspace without rules. */
  librariesFor(name: string): readonly string[] {
    const folder = this.names.folderOf(name);
    return this.allModels().flatMap((model) => {
      const path = this.names.pathOf(model.name);
      if (model.name === name || path === null || hasRules(model)) return [];
      const near = relative(folder, path).split(sep).join("/");
      return [near.startsWith(".") ? near : `./${near}`];
    });
  }

  /** A document of a file, for its positions. */
  documentOf(name: string, text: string | null = this.textOf(name)): TextDocument {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) return buffer;
    return TextDocument.create(this.names.uriOf(name), "policy", 0, text ?? "");
  }
}

class Model implements PolicyModel {
  readonly name: string;
  readonly document: TextDocument;
  readonly configured: Configured;
  readonly checked: CheckedStatements;
  #index: NameIndex | null = null;

  constructor(
    name: string,
    document: TextDocument,
    configured: Configured,
    checked: CheckedStatements,
  ) {
    this.name = name;
    this.document = document;
    this.configured = configured;
    this.checked = checked;
  }

  get index(): NameIndex {
    this.#index ??= indexNames(this.checked);
    return this.#index;
  }
}

function hasRules({ checked }: PolicyModel): boolean {
  return checked.parsed.ast.statements.some(isRule);
}

/** Whether a document is a policy: by what the editor calls it, or by its name. */
export function isPolicy(name: string, languageId: string): boolean {
  return languageId === "policy" || name.endsWith(".policy");
}

/** All findings of a model: of the policy, its libraries and its configuration. */
export function findingsOf({ checked, configured }: PolicyModel): readonly Diagnostic[] {
  return [...checked.diagnostics, ...(configured.read?.diagnostics ?? [])];
}
