import type { ServerSettings } from "../configuration/configuration.ts";
import type { RequestContext } from "../extract/context.ts";
import type { AnswerWriter } from "../protocol/model-request.ts";
import { type ModelRequestRead, readChat } from "../surface/chat/read-chat.ts";
import { chatWriter } from "../surface/chat/write-chat.ts";

/** One API that clients speak: how its requests are read, and how answers and errors are written. */
export interface Surface {
  /** What policies know it by. */
  readonly endpoint: RequestContext["endpoint"];
  readonly writer: AnswerWriter;
  /** Reads a body under the server's bounds; never throws. */
  read(bytes: Uint8Array, limits: ServerSettings): ModelRequestRead;
}

const surfaces: ReadonlyMap<string, Surface> = new Map([
  ["/v1/chat/completions", { endpoint: "chat", writer: chatWriter, read: readChat }],
]);

/** The API that a path belongs to; null for none. */
export function surfaceAt(path: string): Surface | null {
  return surfaces.get(path) ?? null;
}
