import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiProblem } from "../protocol/api-error.ts";
import type { Holding } from "../runtime/overload/admission.ts";
import type { Exchange } from "./exchange.ts";
import { linger } from "./linger.ts";
import { problems } from "./problems.ts";
import { shed } from "./shed.ts";

export type BodyRead =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "problem"; readonly problem: ApiProblem }
  /** The client left while sending. */
  | { readonly kind: "gone" };

/**
 * Reads a request's body up to a limit and reports once. Too long a `content-length` is refused before a byte is read, a
 * chunked body as soon as it is too long; then the rest is let pass and the connection closed, so that the client sees the answer and
 * not a reset. What is read counts as held until the answer is over. An operator's
 * order is not shed: it may be what ends an overload.
 */
export function readBody(
  exchange: Pick<Exchange, "core" | "request" | "response">,
  limitBytes: number,
  report: (read: BodyRead) => void,
  mayBeShed = true,
): void {
  const { core, request, response } = exchange;
  const overload = mayBeShed ? shed(core, null) : null;
  if (overload !== null) {
    refuseBody(request, response, overload, report);
    return;
  }
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    refuseBody(request, response, problems.encodedBody(), report);
    return;
  }
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limitBytes) {
    refuseBody(request, response, problems.bodyTooLarge(limitBytes), report);
    return;
  }
  // A client that asks first gets its leave only now, when nothing speaks against its body.
  if (request.headers.expect !== undefined) response.writeContinue();
  new BodyReader(exchange, limitBytes, report).listen();
}

class BodyReader {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limitBytes: number;
  readonly #core: Exchange["core"];
  readonly #held: Holding;
  readonly #report: (read: BodyRead) => void;
  #first: Buffer | null = null;
  #rest: Buffer[] | null = null;
  #size = 0;
  #over = false;

  constructor(
    { core, request, response }: Pick<Exchange, "core" | "request" | "response">,
    limitBytes: number,
    report: (read: BodyRead) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#core = core;
    this.#held = core.admission.holding();
    this.#limitBytes = limitBytes;
    this.#report = report;
  }

  listen(): void {
    // Not `once`: a close comes once, and taking the listener off again is work.
    this.#response.on("close", () => this.#held.drop());
    this.#request.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#request.on("end", () => this.#end({ kind: "body", bytes: this.#whole() }));
    this.#request.on("error", () => this.#end({ kind: "gone" }));
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    if (this.#size > this.#limitBytes) {
      this.#refuse(problems.bodyTooLarge(this.#limitBytes));
      return;
    }
    this.#held.add(chunk.length);
    if (this.#first === null) this.#first = chunk;
    else {
      // Many long bodies that began together are held back here, where each alone was let in.
      const overload = shed(this.#core, null);
      if (overload !== null) this.#refuse(overload);
      else if (this.#rest === null) this.#rest = [this.#first, chunk];
      else this.#rest.push(chunk);
    }
  }

  #refuse(problem: ApiProblem): void {
    this.#first = null;
    this.#rest = null;
    this.#over = true;
    this.#held.drop();
    refuseBody(this.#request, this.#response, problem, this.#report);
  }

  #whole(): Uint8Array {
    if (this.#rest !== null) return Buffer.concat(this.#rest, this.#size);
    return this.#first ?? new Uint8Array();
  }

  #end(read: BodyRead): void {
    if (this.#over) return;
    this.#over = true;
    this.#report(read);
  }
}

/** Answers a request whose body is not wanted; what the client still sends of it is let pass, so that it sees the answer. */
export function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  problem: ApiProblem,
  report: (refused: { readonly kind: "problem"; readonly problem: ApiProblem }) => void,
): void {
  linger(request, response);
  report({ kind: "problem", problem });
}
