import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hashText } from "../base/hash.ts";
import { type Asked, compose } from "./answer.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { HeldBatches, type StandInBatches } from "./batches.ts";
import { type Behaviour, behave, cut, drained } from "./behaviour.ts";
import { geminiWire } from "./gemini-wire.ts";
import { openAiWire } from "./openai-wire.ts";
import { type PlainAnswer, plainAnswer } from "./plain-answers.ts";
import { createPromptCache, type PromptCache } from "./prompt-cache.ts";
import { responsesWire } from "./responses-wire.ts";
import { type Draw, draw, instant, type StandInFailure, type StandInModel } from "./speed.ts";
import { asJson, type Frames, isWireError, type Json, type Wire, type WireError } from "./wire.ts";

/** A call as a stand-in received it. */
export interface StandInCall {
  /** Counts from 0 over the server's life. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly body: Json;
  /** Resolves when the connection of an unfinished answer closes: true for a client that left, false when all was sent. */
  readonly left: Promise<boolean>;
}

export interface StandInOptions {
  readonly port?: number;
  /** Same seed, same failures and times per model and call. */
  readonly seed?: string;
  /** Speed and reliability by the model's name; models not named answer as `defaults`. */
  readonly models?: Readonly<Record<string, StandInModel>>;
  readonly defaults?: StandInModel;
  /** When set, calls without this key get the provider's 401. */
  readonly key?: string;
  /** Decides how a call fails, in its wire's own shape; null leaves it to the model's reliability. */
  readonly fails?: (call: StandInCall) => StandInFailure | null;
  /** Decides what a call meets; null leaves it to the modelled answer. */
  readonly script?: (call: StandInCall) => Behaviour | null;
  /** Keeps every call in `calls`; for tests. */
  readonly records?: boolean;
  /** How batches are handled; as `StandInBatches` says when left out. */
  readonly batches?: StandInBatches;
}

export interface StandIn {
  /** Origin without a trailing slash. */
  readonly url: string;
  readonly calls: readonly StandInCall[];
  /** Answers not yet ended. */
  readonly open: number;
  /** Files and batches that it holds. */
  readonly held: Pick<HeldBatches, "files" | "batches">;
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024 * 1024;

interface State {
  readonly options: StandInOptions;
  readonly calls: StandInCall[];
  readonly callsByModel: Map<string, number>;
  readonly cache: PromptCache;
  readonly held: HeldBatches;
  received: number;
  open: number;
}

/**
 * Starts a server on loopback that speaks OpenAI chat completions (any path that ends in `/chat/completions`), Responses
 * (`/responses`) and its other APIs, Anthropic Messages (`/messages`), Gemini (`/models/…:generateContent`) and their lists of
 * models, and both batch APIs, as the providers do. Its text says that it is a stand-in; every answer carries `x-signalbox-stand-in: true`.
 */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const state: State = {
    options,
    calls: [],
    callsByModel: new Map(),
    cache: createPromptCache(),
    held: new HeldBatches(options.batches ?? {}),
    received: 0,
    open: 0,
  };
  const server = createServer((request, response) => {
    serve(state, request, response).catch(() => response.destroy());
  });
  await listening(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  state.held.origin = url;
  return {
    url,
    calls: state.calls,
    held: state.held,
    get open() {
      return state.open;
    },
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
  return promise;
}

async function serve(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  state.open++;
  response.once("close", () => state.open--);
  response.setHeader("x-signalbox-stand-in", "true");
  const text = await bodyOf(request);
  const call = callOf(state, request, { text, response });
  const behaviour = state.options.script?.(call) ?? null;
  if (behaviour !== null) await behave(response, behaviour);
  else await answer(state, call, response);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBodyBytes) throw new RangeError("the body is too large for a stand-in");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function callOf(
  state: State,
  request: IncomingMessage,
  { text, response }: { readonly text: string; readonly response: ServerResponse },
): StandInCall {
  const left = Promise.withResolvers<boolean>();
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  response.once("close", () => left.resolve(!response.writableFinished));
  const call = {
    number: state.received++,
    method: request.method ?? "",
    path,
    query,
    headers: request.headers,
    text,
    body: asJson(parsed(text)),
    left: left.promise,
  };
  if (state.options.records === true || state.options.script !== undefined) state.calls.push(call);
  return call;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function answer(state: State, call: StandInCall, response: ServerResponse): Promise<void> {
  const wire = wireOf(call);
  const { key } = state.options;
  if (isBatchCall(call)) return await answerBatch(state, call, response);
  const plain = wire === null ? plainAnswer(call) : null;
  if (plain !== null && (key === undefined || carries(call, key))) {
    sayPlain(plain, state.options.fails?.(call) ?? null, response);
    return;
  }
  if (wire === null) return send(response, 404, openAiWire.error("bad_request").body);
  if (key !== undefined && !carries(call, key)) return refuse(response, wire.error("auth"));
  if (call.path.endsWith("/models"))
    return send(response, 200, wire.models(Object.keys(state.options.models ?? {})));
  const read = wire.read(call.body, call);
  if (isWireError(read)) return refuse(response, read);
  await say(state, { call, wire, asked: { ...read, cached: state.cache.ask(read) } }, response);
}

function sayPlain(
  { contentType, body }: PlainAnswer,
  failure: StandInFailure | null,
  response: ServerResponse,
): void {
  const streams = contentType.startsWith("text/event-stream");
  if (failure === "network") response.socket?.resetAndDestroy();
  else if (failure !== null && !(failure === "cut_stream" && streams))
    refuse(response, openAiWire.error(failure, streams));
  else {
    response.writeHead(200, { "content-type": contentType });
    if (failure === null) response.end(body);
    else response.write(body.slice(0, Math.ceil(body.length / 2)), () => cut(response));
  }
}

interface Answering {
  readonly call: StandInCall;
  readonly wire: Wire;
  readonly asked: Asked;
}

async function say(
  state: State,
  { call, wire, asked }: Answering,
  response: ServerResponse,
): Promise<void> {
  const drawn = drawFor(state, asked.model);
  const failure = state.options.fails?.(call) ?? drawn.failure;
  const said = compose(asked);
  const count = state.callsByModel.get(asked.model);
  const id = hashText(`${state.options.seed ?? ""} ${count} ${asked.model}`).slice(0, 24);
  if (drawn.ttftMs >= 1) await sleep(drawn.ttftMs);
  if (failure === "network") {
    response.socket?.resetAndDestroy();
    return;
  }
  for (const [name, value] of Object.entries(wire.limits)) response.setHeader(name, value);
  if (failure !== null && !(failure === "cut_stream" && asked.stream))
    return refuse(response, wire.error(failure, asked.stream, asked.house));
  if (asked.stream) return stream(response, wire.frames(asked, said, id), { ...drawn, failure });
  const tokens = said.kind === "text" ? said.words.length : 1;
  if (tokens * drawn.tokenMs >= 1) await sleep(tokens * drawn.tokenMs);
  send(response, 200, wire.whole(asked, said, id));
}

function isBatchCall({ path }: StandInCall): boolean {
  return /\/(?:files|batches)(?:\/|$)/.test(path);
}

async function answerBatch(
  { held, options: { key } }: State,
  call: StandInCall,
  response: ServerResponse,
): Promise<void> {
  const wire = call.path.includes("/messages/") ? anthropicWire : openAiWire;
  if (key !== undefined && !carries(call, key)) return refuse(response, wire.error("auth"));
  const reply = await held.answer({
    ...call,
    query: new URLSearchParams(call.query),
    contentType: String(call.headers["content-type"] ?? ""),
  });
  if (reply === null) return send(response, 404, openAiWire.error("bad_request").body);
  send(response, reply.status, reply.body);
}

function wireOf(call: StandInCall): Wire | null {
  if (call.path.endsWith("/chat/completions")) return openAiWire;
  if (call.path.endsWith("/responses")) return responsesWire;
  if (call.path.endsWith("/messages")) return anthropicWire;
  if (/\/models\/[^/]+:(?:g|streamG)enerateContent$/.test(call.path)) return geminiWire;
  if (!call.path.endsWith("/models")) return null;
  if (call.headers["x-goog-api-key"] !== undefined) return geminiWire;
  return call.headers["anthropic-version"] === undefined ? openAiWire : anthropicWire;
}

const keyHeaders = ["x-api-key", "x-goog-api-key", "api-key", "x-portkey-api-key"];

function carries({ headers }: StandInCall, key: string): boolean {
  return (
    headers["authorization"] === `Bearer ${key}` || keyHeaders.some((name) => headers[name] === key)
  );
}

function drawFor(state: State, model: string): Draw {
  const { models, defaults, seed } = state.options;
  const count = state.callsByModel.get(model) ?? 0;
  state.callsByModel.set(model, count + 1);
  return draw(models?.[model] ?? defaults ?? instant, `${seed ?? "stand-in"} ${model} ${count}`);
}

function refuse(response: ServerResponse, error: WireError): void {
  send(response, error.status, error.body, error.headers);
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body);
}

/** Writes frames at the drawn pace, several at once where timers are too coarse; cuts half way for a `cut_stream`. */
async function stream(response: ServerResponse, frames: Frames, drawn: Draw): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  });
  response.write(frames.opening);
  const { tokens } = frames;
  const end = drawn.failure === "cut_stream" ? Math.ceil(tokens.length / 2) : tokens.length;
  const startedAt = performance.now();
  for (let at = 0; at < end; at++) {
    const dueMs = startedAt + at * drawn.tokenMs - performance.now();
    if (dueMs >= 1) await sleep(dueMs);
    if (response.destroyed) return;
    if (!response.write(tokens[at])) await drained(response);
  }
  if (drawn.failure === "cut_stream") cut(response);
  else response.end(frames.closing);
}
