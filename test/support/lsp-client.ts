import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type {
  Diagnostic,
  InitializeResult,
  Position,
  PublishDiagnosticsParams,
} from "vscode-languageserver-protocol";

const bin = fileURLToPath(new URL("../../bin/signalbox.mjs", import.meta.url));

/** An editor without a screen: it has a folder of files and talks to `signalbox lsp`. */
export interface LspClient {
  readonly folder: string;
  readonly initialized: InitializeResult;
  /** How often the server asked to be asked again. */
  readonly refreshed: { readonly colours: number };
  uri(file: string): string;
  /** Opens a buffer; of a file that is on disk its text there, unless another is given. */
  open(file: string, text: string, languageId?: string): void;
  /** Replaces the buffer's whole text. */
  change(file: string, text: string): void;
  /** Types in place of what stands between two positions. */
  edit(file: string, range: { start: Position; end: Position }, text: string): void;
  close(file: string): void;
  write(file: string, text: string): void;
  changedOnDisk(file: string): void;
  /** The findings of a file once they are of its present version and fulfil a condition. */
  diagnostics(file: string, fits?: (all: readonly Diagnostic[]) => boolean): Promise<Diagnostic[]>;
  /** Answers of the server; `params` get the document of the file. */
  ask<Result>(method: string, file: string, params?: object): Promise<Result>;
  /** Ends the session as an editor does; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Closes the server's input without a word; resolves with the exit code. */
  hangUp(): Promise<number | null>;
}

interface Session {
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Answers every request of the server with an error. */
  readonly refuses?: boolean;
}

/** Starts the server on a folder with these files. */
export async function startLspClient({
  files = {},
  args = [],
  refuses = false,
}: Session = {}): Promise<LspClient> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-lsp-"));
  const write = (file: string, text: string): void => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  const child = spawn(process.execPath, [bin, "lsp", ...args], {
    cwd: folder,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const refreshed = { colours: 0 };
  connection.onRequest((method) => {
    if (refuses) throw new Error("this client takes no requests");
    if (method === "workspace/semanticTokens/refresh") refreshed.colours += 1;
    return null;
  });
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {
      textDocument: { completion: { completionItem: { snippetSupport: true } } },
      workspace: {
        didChangeWatchedFiles: { dynamicRegistration: true },
        inlayHint: { refreshSupport: true },
        semanticTokens: { refreshSupport: true },
      },
    },
  });
  void connection.sendNotification("initialized", {});
  const buffers = new Buffers(connection, folder);
  const gone = once(child, "exit") as Promise<[number | null]>;
  const end = async (): Promise<number | null> => {
    const [code] = await gone;
    connection.dispose();
    rmSync(folder, { recursive: true, force: true });
    return code;
  };
  return Object.assign(buffers, {
    folder,
    initialized,
    refreshed,
    write,
    async stop() {
      await connection.sendRequest("shutdown");
      void connection.sendNotification("exit");
      return end();
    },
    hangUp() {
      child.stdin.end();
      return end();
    },
  });
}

class Buffers {
  readonly #connection: MessageConnection;
  readonly #folder: string;
  readonly #versions = new Map<string, number>();
  readonly #published = new Map<string, PublishDiagnosticsParams>();
  readonly #waiting = new Set<() => void>();
  #version = 0;

  constructor(connection: MessageConnection, folder: string) {
    this.#connection = connection;
    this.#folder = folder;
    connection.onNotification(
      "textDocument/publishDiagnostics",
      (params: PublishDiagnosticsParams) => {
        this.#published.set(params.uri, params);
        for (const wake of [...this.#waiting]) wake();
      },
    );
  }

  uri(file: string): string {
    return file.startsWith("untitled:") ? file : pathToFileURL(join(this.#folder, file)).href;
  }

  open(file: string, text: string, languageId = "policy"): void {
    const uri = this.uri(file);
    const version = this.#next(uri);
    void this.#connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId, version, text },
    });
  }

  change(file: string, text: string): void {
    this.#change(file, [{ text }]);
  }

  edit(file: string, range: { start: Position; end: Position }, text: string): void {
    this.#change(file, [{ range, text }]);
  }

  #change(file: string, contentChanges: readonly object[]): void {
    const uri = this.uri(file);
    const version = this.#next(uri);
    void this.#connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges,
    });
  }

  /** No version is given twice, so that no finding can be taken for one of a later text. */
  #next(uri: string): number {
    this.#version += 1;
    this.#versions.set(uri, this.#version);
    return this.#version;
  }

  close(file: string): void {
    this.#versions.delete(this.uri(file));
    void this.#connection.sendNotification("textDocument/didClose", {
      textDocument: { uri: this.uri(file) },
    });
  }

  changedOnDisk(file: string): void {
    void this.#connection.sendNotification("workspace/didChangeWatchedFiles", {
      changes: [{ uri: this.uri(file), type: 2 }],
    });
  }

  async diagnostics(
    file: string,
    fits: (all: readonly Diagnostic[]) => boolean = () => true,
  ): Promise<Diagnostic[]> {
    const uri = this.uri(file);
    for (;;) {
      const known = this.#published.get(uri);
      const isOfNow = (known?.version ?? null) === (this.#versions.get(uri) ?? null);
      if (known !== undefined && isOfNow && fits(known.diagnostics)) return known.diagnostics;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
    }
  }

  ask<Result>(method: string, file: string, params: object = {}): Promise<Result> {
    return this.#connection.sendRequest(method, {
      textDocument: { uri: this.uri(file) },
      ...params,
    });
  }
}

/** The place of `|` in a text, and the text without it. */
export function atCursor(marked: string): { readonly text: string; readonly position: Position } {
  const offset = marked.indexOf("|");
  const before = marked.slice(0, offset).split("\n");
  return {
    text: marked.slice(0, offset) + marked.slice(offset + 1),
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}
