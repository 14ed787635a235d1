import type { Log } from "./log-file.ts";

/** A log with the number of bytes read from it so far. */
export function countedLog(log: Log): { readonly log: Log; readonly bytesRead: () => number } {
  if ("files" in log) return { log, bytesRead: () => log.bytesRead() };
  let bytes = 0;
  async function* counted(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { log: counted(log), bytesRead: () => bytes };
}
