import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What an upstream of a test does with one call, byte by byte. */
export interface Behaviour {
  /** 200 when left out. */
  readonly status?: number;
  /** Header pairs; the content type is `application/json` when none is named. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces, each written and flushed by itself. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Cuts all pieces anew into chunks of this many bytes. */
  readonly chunkBytes?: number;
  /** Waited for before the head is sent. */
  readonly holdHead?: Promise<unknown>;
  /** Waited for before the piece of this number; undefined does not wait. */
  readonly hold?: (piece: number) => Promise<unknown> | undefined;
  /** Real milliseconds before the head, and between pieces. */
  readonly headDelayMs?: number;
  readonly pieceDelayMs?: number;
  /**
   * After the body: `finish` (default), `cut` the connection once all is sent, `reset` it (what the client has not read yet is
   * lost), or `stall` and never end.
   */
  readonly after?: "finish" | "cut" | "reset" | "stall";
  /** Takes the request and never answers. */
  readonly neverAnswers?: boolean;
}

/** Carries a behaviour out; returns when all is sent or the client has gone. */
export async function behave(response: ServerResponse, behaviour: Behaviour): Promise<void> {
  if (behaviour.neverAnswers === true) return;
  if (behaviour.holdHead !== undefined) await behaviour.holdHead;
  if (behaviour.headDelayMs) await sleep(behaviour.headDelayMs);
  if (response.destroyed) return;
  response.writeHead(behaviour.status ?? 200, {
    "content-type": "application/json",
    ...behaviour.headers,
  });
  response.flushHeaders();
  const pieces = piecesOf(behaviour);
  for (const [number, piece] of pieces.entries()) {
    const held = behaviour.hold?.(number);
    if (held !== undefined) await held;
    if (behaviour.pieceDelayMs && number > 0) await sleep(behaviour.pieceDelayMs);
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  if (behaviour.after === "reset") response.socket?.resetAndDestroy();
  else if (behaviour.after === "cut") cut(response);
  else if (behaviour.after !== "stall") response.end();
}

/** Ends the connection inside the body: all that was written arrives, the answer's end never does. */
export function cut(response: ServerResponse): void {
  response.socket?.end();
}

/** Resolves when the response takes more bytes, or is gone. */
export function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off("drain", done).off("close", done);
    resolve();
  };
  response.on("drain", done).on("close", done);
  return promise;
}

function piecesOf({ body = [], chunkBytes }: Behaviour): readonly Uint8Array[] {
  const list = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
  const pieces = list.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
  if (chunkBytes === undefined) return pieces;
  const whole = Buffer.concat(pieces);
  return Array.from({ length: Math.ceil(whole.length / chunkBytes) }, (_, at) =>
    whole.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  );
}
