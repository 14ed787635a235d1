import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What a scripted upstream does with one request, in order. */
export type UpstreamStep =
  | {
      readonly do: "head";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly do: "write"; readonly bytes: string | Uint8Array }
  /** Writes until the other side stops reading, and goes on when it reads again; `times` chunks in all. */
  | { readonly do: "flood"; readonly bytes: Uint8Array; readonly times: number }
  | { readonly do: "end" }
  /** Resets the connection. */
  | { readonly do: "cut" }
  /** Closes the connection without another byte. */
  | { readonly do: "hang up" }
  /** Sends nothing more, for ever. */
  | { readonly do: "stall" };

export interface ScriptedUpstream {
  readonly url: string;
  /** Requests seen, by the script's name from the request's `model`. */
  readonly seen: string[];
  /** Bodies seen, in the same order. */
  readonly bodies: string[];
  /** Connections that are open now. */
  openConnections(): number;
  /** Connections accepted so far. */
  accepted: number;
  /** Responses cut by the other side before they ended. */
  readonly abandoned: string[];
  /** Chunks of a flood written so far. */
  floodWritten: number;
  /** Closes connections that wait for a next request. */
  dropIdle(): void;
  close(): Promise<void>;
}

/** Chooses the steps for a model's n-th request, counted from 0. */
export type Script = (model: string, nth: number) => readonly UpstreamStep[];

/** Starts an upstream on loopback whose behaviour follows a script. */
export async function startScriptedUpstream(script: Script): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  const counts = new Map<string, number>();
  const upstream = {
    url: "",
    seen: [] as string[],
    bodies: [] as string[],
    abandoned: [] as string[],
    floodWritten: 0,
    accepted: 0,
    openConnections: () => sockets.size,
    dropIdle: () => server.closeIdleConnections(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  const server = createServer((request, response) => {
    readWhole(request, (body) => {
      const { model } = JSON.parse(body) as { model: string };
      const nth = counts.get(model) ?? 0;
      counts.set(model, nth + 1);
      upstream.seen.push(model);
      upstream.bodies.push(body);
      response.on("close", () => {
        if (!response.writableFinished) upstream.abandoned.push(model);
      });
      perform(script(model, nth), response, () => {
        upstream.floodWritten += 1;
      });
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    upstream.accepted += 1;
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return upstream;
}

function readWhole(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => done(Buffer.concat(chunks).toString("utf8")));
}

function perform(
  steps: readonly UpstreamStep[],
  response: ServerResponse,
  flooded: () => void,
): void {
  const [step, ...rest] = steps;
  if (!step || response.destroyed) return;
  const next = (): void => perform(rest, response, flooded);
  if (step.do === "head") {
    response.writeHead(step.status, step.headers);
    response.flushHeaders();
    next();
  } else if (step.do === "write") {
    // On to the next only when the bytes have left, so that a cut after them does not take them along.
    response.write(step.bytes, next);
  } else if (step.do === "flood") {
    let left = step.times;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= 1;
        flooded();
        if (!response.write(step.bytes)) {
          response.once("drain", more);
          return;
        }
      }
      next();
    };
    more();
  } else if (step.do === "end") {
    response.end();
  } else if (step.do === "cut") {
    response.socket?.resetAndDestroy();
  } else if (step.do === "hang up") {
    response.socket?.destroy();
  }
}

const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };

const chunk = (delta: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })}\n\n`;

/** Pieces of an OpenAI event stream. */
export const pieces = {
  role: chunk({ role: "assistant", content: "" }),
  content: chunk({ content: "hello" }),
  finish: chunk({}, "stop"),
  done: "data: [DONE]\n\n",
  ping: ": ping\n\n",
};

/** Common behaviours of an upstream. */
export const scripts = {
  reply: (): readonly UpstreamStep[] => [
    { do: "head", status: 200, headers: json },
    {
      do: "write",
      bytes: JSON.stringify({
        id: "c1",
        object: "chat.completion",
        created: 1,
        model: "m",
        choices: [
          { index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
      }),
    },
    { do: "end" },
  ],
  stream: (): readonly UpstreamStep[] => [
    { do: "head", status: 200, headers: events },
    { do: "write", bytes: pieces.role },
    { do: "write", bytes: pieces.content },
    { do: "write", bytes: pieces.finish },
    { do: "write", bytes: pieces.done },
    { do: "end" },
  ],
  error: (
    status: number,
    headers: Readonly<Record<string, string>> = {},
  ): readonly UpstreamStep[] => [
    { do: "head", status, headers: { ...json, ...headers } },
    { do: "write", bytes: JSON.stringify({ error: { message: "no", type: "x", code: null } }) },
    { do: "end" },
  ],
  begun: (end: "cut" | "end" | "stall"): readonly UpstreamStep[] => [
    { do: "head", status: 200, headers: events },
    { do: "write", bytes: pieces.role },
    { do: "write", bytes: pieces.content },
    { do: end },
  ],
  roleOnly: (end: "cut" | "end" | "stall"): readonly UpstreamStep[] => [
    { do: "head", status: 200, headers: events },
    { do: "write", bytes: pieces.role },
    { do: "write", bytes: pieces.ping },
    { do: end },
  ],
  silent: (): readonly UpstreamStep[] => [{ do: "stall" }],
  cut: (): readonly UpstreamStep[] => [{ do: "cut" }],
} as const;
