import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Core } from "./core.ts";
import { type Door, serve } from "./routes.ts";
import { sendUnreadable } from "./to-response.ts";

/** The listening socket with what hangs on it. */
export interface GatewayServer {
  readonly url: string;
  /** Stops accepting; fulfilled when the last answer is out, or `drainMs` later when the rest was interrupted. */
  drain(drainMs: number): Promise<void>;
  /** Cuts every connection. */
  cut(): void;
}

/** Bounds on connections and their heads; what is in a body is bounded by the configuration. */
export const connectionLimits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  /** Longer than a load balancer's own, or it answers 502 now and then. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
  noDelay: true,
  /** A missing Host is refused by the doors, in the envelope. */
  requireHostHeader: false,
} as const;

const maxHeaders = 200;

/** Listens; rejects with the system's error when the address cannot be had. */
export async function listen(
  core: Core,
  { host, port, door }: { readonly host: string; readonly port: number; readonly door: Door },
): Promise<GatewayServer> {
  const unused = new Set<Socket>();
  const answer: RequestListener = (request, response) => {
    unused.delete(request.socket);
    serve(core, request, response, door);
  };
  const server = createServer({ ...connectionLimits }, answer);
  // A client that asks before it sends is answered like any other: reading the body gives it leave.
  server.on("checkContinue", answer);
  const { maxConnections } = core.snapshot.configuration.server;
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
      unused.delete(socket);
    });
    // The next client would be turned away before it is seen: room for it is made now.
    if (open >= maxConnections) makeRoom(server, unused);
    unused.add(socket);
  });
  server.on("clientError", sendUnreadable);
  server.maxHeadersCount = maxHeaders;
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, () => resolve());
  await promise;
  server.off("error", reject);
  server.on("error", (err) => core.logger.error({ err }, "the listening socket failed"));
  return {
    url: urlOf(server, host),
    drain: (ms) => drain(core, server, unused, ms),
    cut: () => cut(server),
  };
}

/** Closes the connection that has waited longest for its first request; where there is none, those between two requests. */
function makeRoom(server: Server, unused: ReadonlySet<Socket>): void {
  for (const oldest of unused) {
    oldest.destroy();
    return;
  }
  server.closeIdleConnections();
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Clients connect in advance, and Node does not count what was never asked over as idle: it gets so long to begin. */
const unusedMs = 1_000;

async function drain(
  core: Core,
  server: Server,
  unused: ReadonlySet<Socket>,
  drainMs: number,
): Promise<void> {
  core.stopping = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    for (const request of core.live) request.interrupt();
    // Interrupted answers get a moment to leave; what a client does not take is cut.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  }, drainMs);
  const beginning = setTimeout(() => {
    for (const socket of unused) socket.destroy();
  }, unusedMs);
  // Connections that were kept alive become idle one by one as their answers end.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await promise;
  clearTimeout(timer);
  clearTimeout(beginning);
  clearInterval(sweep);
}

function cut(server: Server): void {
  server.close();
  server.closeAllConnections();
}
