import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createRandom, type Random } from "../../src/base/random.ts";
import { piecesOf, type Wanted, wantedOf } from "../../src/bench/soak/said.ts";
import { type Behaviour, behave } from "../../src/stand-in/behaviour.ts";
import { type ConnectionFaults, startFaultProxy } from "../../test/support/fault-proxy.ts";

/**
 * The providers of the soak, a process of their own: OpenAI's chat completions and Anthropic's Messages, thrice. Under `clean` they
 * answer; under `faulty` a share of the answers fails, comes late, is cut or says what was not asked for; `broken` is the same
 * behind a TCP proxy that resets, cuts, stalls and delays connections.
 */
interface Asked {
  readonly wanted: Wanted;
  readonly wire: "chat" | "messages";
  readonly model: string;
  readonly streamed: boolean;
  /** What an earlier attempt has said already, where this one is to go on. */
  readonly begun: string;
}

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
}

function askedOf(path: string, body: Body): Asked {
  const messages = body.messages ?? [];
  const wanted = wantedOf(JSON.stringify(messages)) ?? { seed: 0, words: 3, json: false };
  const begun = messages.find(({ role }) => role === "assistant")?.content;
  return {
    ...{ wanted, model: body.model ?? "", streamed: body.stream === true },
    wire: path.endsWith("/messages") ? "messages" : "chat",
    begun: textOf(begun),
  };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return typeof content === "string" ? content : "";
  return (content as { readonly text?: string }[]).map(({ text = "" }) => text).join("");
}

/** The pieces still to be said. */
function leftOf({ wanted, begun }: Asked): readonly string[] {
  const pieces = piecesOf(wanted);
  const rest = pieces.join("").slice(begun.length);
  return begun === "" ? pieces : rest.split(/(?<= )/);
}

const counts = (asked: Asked): { input: number; output: number } => ({
  input: 12,
  output: leftOf(asked).length,
});

function whole(asked: Asked, text: string): string {
  const { input, output } = counts(asked);
  if (asked.wire === "messages")
    return JSON.stringify({
      ...{ id: "msg_1", type: "message", role: "assistant", model: asked.model },
      content: [{ type: "text", text }],
      ...{ stop_reason: "end_turn", stop_sequence: null },
      usage: { input_tokens: input, output_tokens: output },
    });
  return JSON.stringify({
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: asked.model },
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  });
}

function chatStream(asked: Asked, pieces: readonly string[]): string[] {
  const { input, output } = counts(asked);
  const event = (fields: object): string =>
    `data: ${JSON.stringify({
      ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: asked.model },
      ...fields,
    })}\n\n`;
  const delta = (part: object, finish: string | null = null): string =>
    event({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return [
    delta({ role: "assistant", content: "" }),
    ...pieces.map((content) => delta({ content })),
    delta({}, "stop") + event({ choices: [], usage }),
    "data: [DONE]\n\n",
  ];
}

function messagesStream(asked: Asked, pieces: readonly string[]): string[] {
  const { input, output } = counts(asked);
  const event = (fields: { readonly type: string; readonly [field: string]: unknown }): string =>
    `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;
  const message = {
    ...{ id: "msg_1", type: "message", role: "assistant", model: asked.model, content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: input, output_tokens: 1 } },
  };
  const start = {
    type: "content_block_start",
    index: 0,
    content_block: { type: "text", text: "" },
  };
  return [
    event({ type: "message_start", message }) + event(start),
    ...pieces.map((text) =>
      event({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text },
      }),
    ),
    event({ type: "content_block_stop", index: 0 }),
    event({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: output },
    }) + event({ type: "message_stop" }),
  ];
}

/** An answer as it should be, streamed at the pace of a quick model. */
function rightly(asked: Asked, random: Random): Behaviour {
  const pieces = leftOf(asked);
  if (!asked.streamed)
    return { body: whole(asked, pieces.join("")), headDelayMs: random.integer(40) };
  const stream = asked.wire === "messages" ? messagesStream : chatStream;
  // Long answers come as fast as they are read: they are what slow readers are tried with.
  const pieceDelayMs = pieces.length > 200 ? 0 : 2 + random.integer(6);
  return {
    headers: { "content-type": "text/event-stream" },
    ...{ body: stream(asked, pieces), headDelayMs: random.integer(40), pieceDelayMs },
  };
}

const refusal = (status: number, headers: Record<string, string> = {}): Behaviour => ({
  ...{ status, headers },
  body: JSON.stringify({ error: { message: "not now", type: "server_error", code: null } }),
});

/** One answer in eight goes wrong. */
function wrongly(asked: Asked, random: Random): Behaviour {
  const right = rightly(asked, random);
  const body = Array.isArray(right.body) ? (right.body as string[]) : [String(right.body)];
  const begun = body.slice(0, 1 + random.integer(body.length));
  switch (random.integer(64)) {
    case 0:
      return refusal(429, { "retry-after": "1" });
    case 1:
      return refusal(500);
    case 2:
      return refusal(503, { "retry-after": "0" });
    case 3:
      return { ...right, headDelayMs: 600 };
    case 4:
      return { ...right, body: begun, after: "cut" };
    case 5:
      return { ...right, body: begun, after: "reset" };
    case 6:
      return asked.streamed ? { ...right, body: begun, after: "stall" } : { neverAnswers: true };
    case 7:
      return { body: '{"choices": [' };
    case 8:
      // An answer that is well-formed and not what was asked for: a plan with `accept` sees to that.
      return asked.wanted.json
        ? { ...rightly({ ...asked, wanted: { ...asked.wanted, json: false } }, random) }
        : right;
    default:
      return right;
  }
}

function faultsOf(random: Random): ConnectionFaults {
  const at = 500 + random.integer(60_000);
  switch (random.integer(8)) {
    case 0:
      return { down: { cutAfter: at } };
    case 1:
      return { down: { resetAfter: at, splitEvery: "random" } };
    case 2:
      return { down: { stallAfter: at } };
    case 3:
      return { up: { resetAfter: at } };
    case 4:
      return { refused: true };
    case 5:
      return { down: { latencyMs: 20, jitterMs: 60, resetAfter: 60_000 } };
    default:
      return { down: { splitEvery: "random", cutAfter: 60_000 } };
  }
}

async function read(request: IncomingMessage): Promise<Body> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString("utf8")) as Body;
}

const random = createRandom(process.env["SOAK_SEED"] ?? "soak");

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  const asked = askedOf(path, await read(request));
  const behaviour = path.startsWith("/faulty/") ? wrongly(asked, random) : rightly(asked, random);
  await behave(response, behaviour);
}

const server = createServer((request, response) => {
  // Clients that reset while they send are the gateway's own, told by the gateway's outcomes.
  serve(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => void told());

async function told(): Promise<void> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await startFaultProxy({
    target: url,
    faults: () => faultsOf(random),
    seed: "soak",
  });
  process.send?.({
    ...{ clean: `${url}/clean`, faulty: `${url}/faulty`, broken: `${proxy.url}/clean` },
  });
}
process.on("disconnect", () => process.exit(0));
