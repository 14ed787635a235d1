import type { AnswerEncoder, AnswerEvent } from "../../protocol/answer-event.ts";
import type { ApiProblem } from "../../protocol/api-error.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import { maxEventLength } from "../../protocol/sse.ts";
import { modelUsage, tieredUsage, type Usage } from "../../protocol/usage.ts";
import type { Answer, ResponseHead, StreamReader } from "./adapter.ts";
import { badResponse } from "./classify.ts";
import type { AnswerDecoder, Decoded } from "./decoder.ts";
import { OutputMeter } from "./output-meter.ts";
import { headerOf } from "./retry-hint.ts";

/** Reads a stream of one wire and writes it on the client's. */
export function translateStream<Piece = Uint8Array>(
  decoder: AnswerDecoder<Piece>,
  request: ModelRequest,
): StreamReader<Piece> {
  return translateInto(decoder, request.writer.open(request));
}

/** The same into a stream that has an encoder already. */
export function translateInto<Piece = Uint8Array>(
  decoder: AnswerDecoder<Piece>,
  encoder: AnswerEncoder,
): StreamReader<Piece> {
  return new Translation(decoder, encoder);
}

/** Writes a whole answer of one wire on the client's. */
export function translateWhole(decoded: Decoded, request: ModelRequest): Answer {
  if (!decoded.ok) return decoded;
  const { events } = decoded;
  let usage: Usage | null = null;
  let model = "";
  let finishReason: string | null = null;
  for (const event of events) {
    if (event.kind === "start") model = event.model;
    if (event.kind === "usage") usage = modelUsage(tieredUsage(event.usage, event.tier), model);
    if (event.kind === "finish") finishReason ??= event.reason;
  }
  return { ok: true, reply: { body: request.writer.whole(request, events), usage, finishReason } };
}

/** Whether an answer that should be a stream says that it is a whole one, or a web page. */
export function isWhole(head: ResponseHead): boolean {
  return /json|html/.test(headerOf(head, "content-type") ?? "");
}

/** Decodes a whole answer where a stream was asked for: an error becomes its failure, an answer a stream of one piece. */
export function createWholeDecoder(
  head: ResponseHead,
  decodeWhole: (bytes: Uint8Array) => Decoded,
): AnswerDecoder {
  return new WholeDecoder(head, decodeWhole);
}

class WholeDecoder implements AnswerDecoder {
  done = false;
  failure: Failure | null = null;
  readonly #decodeWhole: (bytes: Uint8Array) => Decoded;
  readonly #pieces: Uint8Array[] = [];
  #held = 0;

  constructor(head: ResponseHead, decodeWhole: (bytes: Uint8Array) => Decoded) {
    this.#decodeWhole = decodeWhole;
    if (/html/.test(headerOf(head, "content-type") ?? ""))
      this.failure = badResponse("the provider answered with a web page");
  }

  push(chunk: Uint8Array): readonly AnswerEvent[] {
    if (this.failure !== null) return [];
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held > maxEventLength)
      this.failure = badResponse("the provider's answer is too long");
    return [];
  }

  end(): readonly AnswerEvent[] {
    if (this.failure !== null || this.done) return [];
    const decoded = this.#decodeWhole(Buffer.concat(this.#pieces));
    if (!decoded.ok) {
      this.failure = decoded.failure;
      return [];
    }
    this.done = true;
    return decoded.events;
  }
}

class Translation<Piece> implements StreamReader<Piece> {
  meaningful = false;
  finishReason: string | null = null;
  usage: Usage | null = null;
  readonly #decoder: AnswerDecoder<Piece>;
  readonly #encoder: AnswerEncoder;
  readonly #output = new OutputMeter();
  #ended = false;
  #model = "";

  constructor(decoder: AnswerDecoder<Piece>, encoder: AnswerEncoder) {
    this.#decoder = decoder;
    this.#encoder = encoder;
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  get failure(): Failure | null {
    return this.#decoder.failure;
  }

  outputTokens(): number {
    return this.#output.tokens();
  }

  push(chunk: Piece): Uint8Array | null {
    return this.#ended ? null : this.#write(this.#decoder.push(chunk));
  }

  end(): Uint8Array | null {
    return this.#ended ? null : this.#write(this.#decoder.end());
  }

  broken(problem: ApiProblem): string | null {
    return this.#encoder.broken?.(problem) ?? null;
  }

  #write(events: readonly AnswerEvent[]): Uint8Array | null {
    let out = "";
    for (const event of events) {
      this.#note(event);
      out += this.#encoder.encode(event);
    }
    if (this.#decoder.failure !== null) this.#ended = true;
    else if (this.#decoder.done) {
      this.#ended = true;
      out += this.#encoder.end();
    }
    return out === "" ? null : Buffer.from(out);
  }

  #note(event: AnswerEvent): void {
    switch (event.kind) {
      case "text":
      case "reasoning":
      case "refusal":
      case "call_args":
        if (event.text !== "") this.meaningful = true;
        this.#output.addText(event.text);
        return;
      case "call_start":
        this.meaningful = true;
        this.#output.addText(event.name);
        return;
      case "media":
        this.meaningful = true;
        return;
      case "finish":
        this.meaningful = true;
        this.finishReason ??= event.reason;
        return;
      case "start":
        this.#model = event.model;
        return;
      case "usage":
        this.usage = modelUsage(tieredUsage(event.usage, event.tier), this.#model);
        return;
      default:
    }
  }
}
