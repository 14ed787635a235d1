import type { IncomingMessage, ServerResponse } from "node:http";

/** How long, and for how many bytes, what a client still sends is read after its answer. */
export interface LingerBounds {
  /** Most milliseconds in all, and without a byte. */
  readonly totalMs: number;
  readonly idleMs: number;
  readonly bytes: number;
}

/** nginx's times; bytes that are thrown away cost next to nothing, so there are enough for the uploads that clients make. */
export const lingerBounds: LingerBounds = {
  totalMs: 30_000,
  idleMs: 5_000,
  bytes: 256 * 1024 * 1024,
};

/**
 * Lets a request's body pass that nobody wants, before and after its answer. A connection that is closed while bytes of it lie
 * unread is reset by the system, and a client that still sends then sees the reset and never its answer. So only our side is closed
 * after the answer; the rest is read and thrown away until the client has said all, has gone, or is past the bounds.
 */
export function linger(
  request: IncomingMessage,
  response: ServerResponse,
  bounds: LingerBounds = lingerBounds,
): void {
  const { socket } = request;
  response.shouldKeepAlive = false;
  let passed = 0;
  let isAnswered = false;
  const cut = (): void => void socket.destroy();
  const total = setTimeout(cut, bounds.totalMs).unref();
  const idle = setTimeout(cut, bounds.idleMs).unref();
  socket.once("close", () => {
    clearTimeout(total);
    clearTimeout(idle);
  });
  // What Node calls on the connection when its last answer is out: it would destroy it there and then.
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    isAnswered = true;
    if (request.readableEnded) close();
    else socket.end();
  };
  request.removeAllListeners("data");
  request.on("data", (chunk: Buffer) => {
    idle.refresh();
    passed += chunk.length;
    if (passed > bounds.bytes) cut();
  });
  request.on("end", () => {
    if (isAnswered) close();
  });
  request.on("error", () => {});
  // One that was read by a parser before stands still since.
  request.resume();
}
