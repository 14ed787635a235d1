import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import { doneEvent, encodeSse, maxEventLength } from "../../protocol/sse.ts";
import type { Usage } from "../../protocol/usage.ts";
import type { Reply, ResponseHead, StreamReader } from "./adapter.ts";
import { badResponse } from "./classify.ts";
import { isFields, parseJson } from "./error-signal.ts";
import { OutputMeter } from "./output-meter.ts";

type Loose = Record<string, unknown>;
type ReadWhole = (
  bytes: Uint8Array,
) =>
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Reads a whole JSON answer where a stream was asked for: an error becomes its failure, a completion becomes a stream of one
 * chunk per choice, a finish chunk and `[DONE]`.
 */
export function openWholeAsStream(
  head: ResponseHead,
  request: ModelRequest,
  readWhole: ReadWhole,
): StreamReader {
  return new WholeAsStream(head, request.body.stream_options?.include_usage === true, readWhole);
}

class WholeAsStream implements StreamReader {
  meaningful = false;
  done = false;
  failure: Failure | null = null;
  usage: Usage | null = null;
  finishReason: string | null = null;
  readonly #showsUsage: boolean;
  readonly #readWhole: ReadWhole;
  readonly #pieces: Uint8Array[] = [];
  readonly #output = new OutputMeter();
  #held = 0;

  constructor(head: ResponseHead, showsUsage: boolean, readWhole: ReadWhole) {
    this.#showsUsage = showsUsage;
    this.#readWhole = readWhole;
    if (/html/.test(String(head.headers["content-type"])))
      this.failure = badResponse("the provider answered with a web page");
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Uint8Array): null {
    if (this.failure !== null) return null;
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held > maxEventLength)
      this.failure = badResponse("the provider's answer is too long");
    return null;
  }

  end(): Uint8Array | null {
    if (this.failure !== null || this.done) return null;
    const answer = this.#readWhole(Buffer.concat(this.#pieces));
    if (!answer.ok) {
      this.failure = answer.failure;
      return null;
    }
    const { body, usage, finishReason } = answer.reply;
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    this.meaningful = true;
    this.done = true;
    this.usage = usage;
    this.finishReason = finishReason;
    const completion = parseJson(text) as Loose;
    for (const { message } of completion["choices"] as readonly Loose[])
      if (isFields(message)) this.#output.addDelta(message);
    return Buffer.from(asEvents(completion, this.#showsUsage));
  }
}

function asEvents(completion: Loose, showsUsage: boolean): string {
  const { choices, usage, ...shared } = completion;
  const frame = { ...shared, object: "chat.completion.chunk" };
  let out = "";
  for (const choice of choices as readonly Loose[]) {
    const { message, finish_reason, index = 0, logprobs = null } = choice;
    const delta = { ...(message as Loose) };
    const calls = delta["tool_calls"];
    if (Array.isArray(calls))
      delta["tool_calls"] = calls.map((call: Loose, at) => ({ index: at, ...call }));
    out += event(frame, [{ index, delta, logprobs, finish_reason: null }]);
    out += event(frame, [{ index, delta: {}, logprobs: null, finish_reason }]);
  }
  if (showsUsage && usage) out += encodeSse(JSON.stringify({ ...frame, choices: [], usage }));
  return out + doneEvent;
}

function event(frame: Loose, choices: readonly unknown[]): string {
  return encodeSse(JSON.stringify({ ...frame, choices }));
}
