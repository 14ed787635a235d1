import { resolve } from "node:path";
import type { Command } from "commander";
import { packageFolder } from "./package-folder.ts";
import { packageVersion } from "./package-version.ts";

interface LspOptions {
  readonly config?: string;
}

/** `lsp`: the language server on standard input and output, for an editor to start. */
export function addLsp(program: Command): void {
  program
    .command("lsp")
    .description("serve an editor: diagnostics, completion and the rest, over stdio")
    .option(
      "--config <file>",
      "the configuration; else signalbox.yaml beside the policy or in policies/",
    )
    // Clients of the protocol's own library say so of themselves.
    .option("--stdio", "the only way there is")
    .action((options: LspOptions) => lsp(options));
}

async function lsp(options: LspOptions): Promise<void> {
  const { startLanguageServer } = await import("../lsp/start.ts");
  startLanguageServer(process.stdin, process.stdout, {
    folder: resolve(),
    configuration: options.config === undefined ? null : resolve(options.config),
    version: packageVersion(),
    reference: new URL("grammar/README.md", packageFolder()).href,
  });
}
