import {
  CodeActionKind,
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  type Position,
  TextDocumentSyncKind,
} from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { configurationName } from "../files/find-configuration.ts";
import type { Analyst } from "./analysis.ts";
import { codeActions } from "./code-actions.ts";
import { completion } from "./completion.ts";
import { definition } from "./definition.ts";
import { DiagnosticsFeature, type Timers } from "./diagnostics.ts";
import { folding } from "./folding.ts";
import { formatting } from "./formatting.ts";
import { hover } from "./hover.ts";
import { inlayHints } from "./inlay-hints.ts";
import { highlights, references } from "./references.ts";
import { prepareRename, rename } from "./rename.ts";
import { semanticLegend, semanticTokens } from "./semantic-tokens.ts";
import { symbols } from "./symbols.ts";
import { toLspDiagnostic } from "./to-lsp-diagnostic.ts";
import { isPolicy, type PolicyModel, Workspace } from "./workspace.ts";

export interface ServerSetting {
  /** The folder where a client that names none is taken to be. */
  readonly folder: string;
  /** The configuration of all policies; null looks for each folder's own. */
  readonly configuration: string | null;
  readonly version: string;
  /** URL of the page on which every code has its place. */
  readonly reference: string;
  readonly timers: Timers;
  readonly analyst: Analyst;
}

/** Serves the language on a connection until the client says `exit`. */
export function serveLanguage(connection: Connection, setting: ServerSetting): void {
  const server = new LanguageServer(connection, setting);
  connection.onInitialize((params) => server.initialize(params));
  connection.onInitialized(() => server.watch());
  connection.onShutdown(() => server.stop());
  listenToDocuments(connection, server);
  answerRequests(connection, server, setting);
  connection.listen();
}

/** What the client can do, and the files it works on. */
class LanguageServer {
  readonly #connection: Connection;
  readonly #setting: ServerSetting;
  #workspace: Workspace;
  #diagnostics: DiagnosticsFeature;
  takesSnippets = false;
  #watches = false;
  #refreshesHints = false;
  #refreshesColours = false;

  constructor(connection: Connection, setting: ServerSetting) {
    this.#connection = connection;
    this.#setting = setting;
    this.#workspace = new Workspace(setting.folder, setting.configuration);
    this.#diagnostics = this.#diagnosticsOf(this.#workspace);
  }

  get workspace(): Workspace {
    return this.#workspace;
  }

  get diagnostics(): DiagnosticsFeature {
    return this.#diagnostics;
  }

  initialize({ capabilities, workspaceFolders, rootUri }: InitializeParams): InitializeResult {
    const { workspace, textDocument } = capabilities;
    this.takesSnippets = textDocument?.completion?.completionItem?.snippetSupport === true;
    this.#watches = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    this.#refreshesHints = workspace?.inlayHint?.refreshSupport === true;
    this.#refreshesColours = workspace?.semanticTokens?.refreshSupport === true;
    const uri = workspaceFolders?.[0]?.uri ?? rootUri;
    const { folder, configuration, version } = this.#setting;
    const root = uri === null || uri === undefined ? null : this.#workspace.names.pathOfUri(uri);
    this.#workspace = new Workspace(root ?? folder, configuration);
    this.#diagnostics = this.#diagnosticsOf(this.#workspace);
    return {
      serverInfo: { name: "signalbox", version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        completionProvider: {
          triggerCharacters: [" ", ".", ",", "[", "(", '"', "<", ">", "=", "$"],
        },
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        foldingRangeProvider: true,
        documentFormattingProvider: true,
        codeActionProvider: {
          codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll],
        },
        semanticTokensProvider: { legend: semanticLegend, full: true, range: true },
        inlayHintProvider: true,
      },
    };
  }

  /** Asks to be told of policies and configurations that change on disk. */
  watch(): void {
    if (!this.#watches) return;
    const watchers = ["**/*.policy", `**/${configurationName}`].map((globPattern) => ({
      globPattern,
    }));
    unheard(this.#connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }));
  }

  /** Asks the client to ask for colours again: what names mean may have changed without a keystroke. */
  refreshColours(): void {
    // A client that cannot asks when it next draws.
    if (this.#refreshesColours) unheard(this.#connection.languages.semanticTokens.refresh());
  }

  async stop(): Promise<void> {
    this.#diagnostics.stop();
    await this.#setting.analyst.close();
  }

  /** The policy of a document; null when there is none. */
  model(uri: string): PolicyModel | null {
    const name = this.#workspace.names.ofUri(uri);
    const language = this.#workspace.buffer(name)?.languageId ?? "";
    return isPolicy(name, language) ? this.#workspace.model(name) : null;
  }

  #diagnosticsOf(workspace: Workspace): DiagnosticsFeature {
    const { timers, analyst, reference } = this.#setting;
    const publish = (file: string, diagnostics: readonly Diagnostic[]): void => {
      const document = workspace.documentOf(file);
      const sent = this.#connection.sendDiagnostics({
        uri: workspace.names.uriOf(file),
        ...(workspace.buffer(file) === undefined ? {} : { version: document.version }),
        diagnostics: diagnostics.map((each) =>
          toLspDiagnostic(workspace, document, each, reference),
        ),
      });
      unheard(sent);
    };
    const analysed = (): void => {
      if (this.#refreshesHints) unheard(this.#connection.languages.inlayHint.refresh());
    };
    return new DiagnosticsFeature({ workspace, timers, publish, analyst, analysed });
  }
}

/**
 * A client may refuse what it is told or asked, or be gone: the server goes on. What is not even written, a fault of ours perhaps,
 * the connection has logged itself before it rejects.
 */
function unheard(sent: Promise<unknown>): void {
  sent.catch(() => {});
}

function listenToDocuments(connection: Connection, server: LanguageServer): void {
  connection.onDidOpenTextDocument(({ textDocument }) => {
    const { uri, languageId, version, text } = textDocument;
    const name = server.workspace.open(TextDocument.create(uri, languageId, version, text));
    server.diagnostics.changed(name);
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    const { uri, version } = textDocument;
    const name = server.workspace.names.ofUri(uri);
    const buffer = server.workspace.buffer(name);
    if (buffer === undefined) return;
    TextDocument.update(buffer, contentChanges, version);
    server.diagnostics.changed(name);
    if (!isPolicy(name, buffer.languageId)) server.refreshColours();
  });
  connection.onDidCloseTextDocument(({ textDocument }) => {
    server.diagnostics.closed(server.workspace.close(textDocument.uri));
  });
  connection.onDidChangeWatchedFiles(() => {
    server.workspace.filesChanged();
    server.diagnostics.allChanged();
    server.refreshColours();
  });
}

interface AtPosition {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

function answerRequests(
  connection: Connection,
  server: LanguageServer,
  { reference }: ServerSetting,
): void {
  /** The answer of a feature about a position of a policy; null where there is no policy. */
  const at =
    <Params extends { readonly textDocument: { readonly uri: string } }, Result>(
      answer: (model: PolicyModel, params: Params) => Result,
    ) =>
    (params: Params): Result | null => {
      const model = server.model(params.textDocument.uri);
      return model === null ? null : answer(model, params);
    };
  connection.onCompletion(
    at((model, { position }: AtPosition) =>
      completion(server.workspace, model, position, server.takesSnippets),
    ),
  );
  connection.onHover(at((model, { position }: AtPosition) => hover(model, position)));
  connection.onDefinition(
    at((model, { position }: AtPosition) => definition(server.workspace, model, position)),
  );
  connection.onReferences(
    at((model, { position, context }) =>
      references(server.workspace, model, position, context.includeDeclaration),
    ),
  );
  connection.onDocumentHighlight(
    at((model, { position }: AtPosition) => highlights(model, position)),
  );
  connection.onPrepareRename(
    at((model, { position }: AtPosition) => prepareRename(model, position)),
  );
  connection.onRenameRequest(
    at((model, { position, newName }) => rename(server.workspace, model, position, newName)),
  );
  connection.onDocumentSymbol(at((model) => symbols(model)));
  connection.onFoldingRanges(at((model) => folding(model)));
  connection.onDocumentFormatting(at((model) => formatting(model)));
  connection.onCodeAction(
    at((model, { range, context }) =>
      codeActions(server.workspace, model, {
        range,
        context,
        analysed: server.diagnostics.reviewOf(model)?.diagnostics ?? [],
        reference,
      }),
    ),
  );
  const { semanticTokens: tokens, inlayHint } = connection.languages;
  const noTokens = { data: [] };
  tokens.on((params) => at((model) => semanticTokens(model))(params) ?? noTokens);
  tokens.onRange(
    (params) => at((model) => semanticTokens(model, params.range))(params) ?? noTokens,
  );
  inlayHint.on(
    at((model, { range }) =>
      inlayHints(model, range, server.diagnostics.reviewOf(model)?.remarks ?? []),
    ),
  );
}
