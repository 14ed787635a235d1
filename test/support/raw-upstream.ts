import { type AddressInfo, createServer, type Socket } from "node:net";

export interface RawUpstream {
  readonly url: string;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/**
 * An upstream that answers with bytes as they are, so that it can break HTTP. `answer` is called when the head of a
 * request has arrived, with the number of requests seen before it and what came of the request in the same piece; what
 * follows a head is taken for its body.
 */
export async function startRawUpstream(
  answer: (socket: Socket, nth: number, request: string) => void,
): Promise<RawUpstream> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let seen = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      const request = bytes.toString("latin1");
      if (!request.startsWith("POST ")) return;
      seen += 1;
      answer(socket, seen - 1, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted: () => accepted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A whole HTTP response with a JSON body. */
export function httpAnswer(status: string, body: unknown, headers = ""): string {
  const json = JSON.stringify(body);
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n${headers}\r\n${json}`;
}
