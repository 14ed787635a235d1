import { createConnection } from "vscode-languageserver/node";
import { ThreadAnalyst } from "./analysis.ts";
import type { Timers } from "./diagnostics.ts";
import { type ServerSetting, serveLanguage } from "./server.ts";

/** The machine's own timers. */
const systemTimers: Timers = {
  start(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Serves one client on a pair of streams, until it says `exit` or hangs up. */
export function startLanguageServer(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  setting: Omit<ServerSetting, "timers" | "analyst">,
): void {
  const connection = createConnection(input, output);
  serveLanguage(connection, { ...setting, timers: systemTimers, analyst: new ThreadAnalyst() });
}
