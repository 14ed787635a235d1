import { llamacppReader } from "./llamacpp.ts";
import { lmstudioReader } from "./lmstudio.ts";
import { ollamaReader } from "./ollama.ts";
import type { ServerReader } from "./round.ts";
import type { ServerKind } from "./server-state.ts";
import { sglangReader } from "./sglang.ts";
import { vllmReader } from "./vllm.ts";

/** The reader of each kind of server. */
export const serverReaders: Readonly<Record<ServerKind, ServerReader>> = {
  ollama: ollamaReader,
  llamacpp: llamacppReader,
  vllm: vllmReader,
  sglang: sglangReader,
  lmstudio: lmstudioReader,
};

/** The reader for a kind of provider; null where its servers tell nothing of themselves. */
export function readerFor(kind: string): ServerReader | null {
  return Object.hasOwn(serverReaders, kind) ? serverReaders[kind as ServerKind] : null;
}
