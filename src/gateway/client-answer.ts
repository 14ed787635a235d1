import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import type { AnswerWriter } from "../protocol/model-request.ts";
import type { ClientSink, Commitment } from "../runtime/dispatch/world.ts";
import type { Exchange } from "./exchange.ts";
import type { Overhead } from "./overhead.ts";
import { SlowReader } from "./slow-reader.ts";
import { openStream, sendProblem, sendReply } from "./to-response.ts";

export interface ClientAnswerParts {
  readonly writer: AnswerWriter;
  readonly overhead: Overhead;
  /** Header pairs of the answer. */
  readonly headers: (commitment: Commitment) => string[];
  /** Whether something has to be written down before the answer may end. */
  readonly waits: () => boolean;
  /** Runs what is called later, by a stream. */
  readonly guarded: (run: () => void) => void;
}

/** The answer to one client, on its wire. Its end is held back until what the request came to is written down, where that is done. */
export class ClientAnswer implements ClientSink {
  readonly #exchange: Exchange;
  readonly #parts: ClientAnswerParts;
  readonly #reader: SlowReader;
  #lastWords: (() => void) | null = null;
  /** Nobody is there any more to be told anything. */
  #isMuted = false;
  #resume: (() => void) | null = null;

  constructor(exchange: Exchange, parts: ClientAnswerParts) {
    this.#exchange = exchange;
    this.#parts = parts;
    this.#reader = new SlowReader(exchange.response, exchange.core);
  }

  reply(commitment: Commitment, body: Uint8Array | string, contentType?: string): void {
    const { headers, overhead } = this.#parts;
    overhead.heard(commitment.heardAtMs);
    this.#last(() => {
      sendReply(this.#exchange.response, body, headers(commitment), contentType);
      overhead.handedOn();
      this.#reader.ended();
    });
  }

  open(commitment: Commitment): void {
    const { headers, overhead, writer } = this.#parts;
    if (this.#isMuted) return;
    openStream(this.#exchange.response, headers(commitment), writer.listed === true);
    overhead.heard(commitment.heardAtMs);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isMuted) return true;
    const hasRoom = this.#exchange.response.write(bytes);
    this.#parts.overhead.handedOn();
    return hasRoom;
  }

  whenDrained(resume: () => void): void {
    this.#resume = () => {
      this.#resume = null;
      this.#parts.guarded(resume);
    };
    this.#reader.wait(() => this.#resume?.());
  }

  end(): void {
    this.#last(() => this.#reader.end());
  }

  fail(failure: Failure, event?: string): void {
    this.#last(() =>
      this.#reader.end(event ?? this.#parts.writer.brokenStream(failureToProblem(failure))),
    );
  }

  /** Ends a stream that has begun with a problem of ours. */
  breakOff(problem: ApiProblem): void {
    const { response } = this.#exchange;
    if (response.headersSent)
      this.#last(() => response.end(this.#parts.writer.brokenStream(problem)));
  }

  /** Answers with a problem, unless an answer has begun; returns the status that the client has. */
  refuse(problem: ApiProblem, commitment: Commitment): number {
    const { headers, writer } = this.#parts;
    if (this.#exchange.response.headersSent) return 200;
    this.#last(() =>
      sendProblem(this.#exchange.response, problem, headers(commitment), writer.problem),
    );
    return problem.status;
  }

  /** Sends the end, where it was held back. */
  finish(): void {
    const last = this.#lastWords;
    this.#lastWords = null;
    last?.();
  }

  /** The client left. */
  over(): void {
    this.#reader.over();
  }

  /** The client left, and its answer comes all the same: what is told from now on goes nowhere, and waits for nobody. */
  mute(): void {
    this.#isMuted = true;
    this.#resume?.();
  }

  #last(run: () => void): void {
    if (this.#isMuted) return;
    if (this.#parts.waits()) this.#lastWords = run;
    else run();
  }
}
