import { type ExtensionContext, Uri, window, workspace } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

let client: LanguageClient | null = null;

/** Starts `signalbox lsp` for the policies of the window; without the command there are colours, and word of what is missing. */
export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    workspace.onDidGrantWorkspaceTrust(start),
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("signalbox")) await start();
    }),
  );
  await start();
}

/** Ends the server with the window. */
export async function deactivate(): Promise<void> {
  await client?.stop();
  client = null;
}

async function start(): Promise<void> {
  await deactivate();
  // The server is a program of the folder.
  if (!workspace.isTrusted) return;
  const settings = workspace.getConfiguration("signalbox");
  const command = settings.get<string>("path") || (await ownCommand()) || "signalbox";
  const configuration = settings.get<string>("configuration");
  const args = ["lsp", ...(configuration ? ["--config", configuration] : [])];
  const started = new LanguageClient(
    "signalbox",
    "Signalbox",
    { command, args, transport: TransportKind.stdio },
    {
      documentSelector: [
        { scheme: "file", language: "policy" },
        { scheme: "untitled", language: "policy" },
        { scheme: "file", pattern: "**/signalbox.yaml" },
      ],
    },
  );
  try {
    await started.start();
    client = started;
  } catch {
    void window.showWarningMessage(
      `Signalbox: \`${command} lsp\` does not start, so policies are only coloured. Install signalbox in the folder, or name it in the setting signalbox.path.`,
    );
  }
}

/** The command that the window's folder installed for itself; null when there is none. */
async function ownCommand(): Promise<string | null> {
  for (const { uri } of workspace.workspaceFolders ?? []) {
    const script = Uri.joinPath(uri, "node_modules", ".bin", "signalbox");
    try {
      await workspace.fs.stat(script);
      return script.fsPath;
    } catch {
      // Not installed here.
    }
  }
  return null;
}
