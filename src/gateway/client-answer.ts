import type { ApiProblem } from "../protocol/api-error.ts";
import type { Failure } from "../protocol/failure.ts";
import { failureToProblem } from "../protocol/failure-to-problem.ts";
import type { AnswerWriter } from "../protocol/model-request.ts";
import type { ClientSink, Commitment } from "../runtime/dispatch/world.ts";
import type { Exchange } from "./exchange.ts";
import type { Overhead } from "./overhead.ts";
import { SlowReader } from "./slow-reader.ts";
import { openStream, sendProblem, sendReply } from "./to-response.ts";

/** The request that is answered. */
export interface AnswerHost {
  readonly request: { readonly writer: AnswerWriter };
  readonly overhead: Overhead;
  /** Whether something has to be written down before the answer may end. */
  readonly waits: boolean;
  /** Header pairs of the answer. */
  headers(commitment: Commitment): string[];
  /** Runs what is called later, by a stream. */
  guarded(run: () => void): void;
}

/** The answer to one client, on its wire. Its end is held back until what the request came to is written down, where that is done. */
export class ClientAnswer implements ClientSink {
  readonly #exchange: Exchange;
  readonly #host: AnswerHost;
  readonly #reader: SlowReader;
  #lastWords: (() => void) | null = null;
  /** Nobody is there any more to be told anything. */
  #isMuted = false;
  #resume: (() => void) | null = null;

  constructor(exchange: Exchange, host: AnswerHost) {
    this.#exchange = exchange;
    this.#host = host;
    this.#reader = new SlowReader(exchange.response, exchange.core);
  }

  reply(commitment: Commitment, body: Uint8Array | string, contentType?: string): void {
    const host = this.#host;
    host.overhead.heard(commitment.heardAtMs);
    this.#last(() => {
      sendReply(this.#exchange.response, body, host.headers(commitment), contentType);
      host.overhead.handedOn();
      this.#reader.ended();
    });
  }

  open(commitment: Commitment): void {
    const host = this.#host;
    if (this.#isMuted) return;
    const isListed = host.request.writer.listed === true;
    openStream(this.#exchange.response, host.headers(commitment), isListed);
    host.overhead.heard(commitment.heardAtMs);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isMuted) return true;
    const hasRoom = this.#exchange.response.write(bytes);
    this.#host.overhead.handedOn();
    return hasRoom;
  }

  whenDrained(resume: () => void): void {
    this.#resume = () => {
      this.#resume = null;
      this.#host.guarded(resume);
    };
    this.#reader.wait(() => this.#resume?.());
  }

  end(): void {
    this.#last(() => this.#reader.end());
  }

  fail(failure: Failure, event?: string): void {
    this.#last(() =>
      this.#reader.end(event ?? this.#host.request.writer.brokenStream(failureToProblem(failure))),
    );
  }

  /** Ends a stream that has begun with a problem of ours. */
  breakOff(problem: ApiProblem): void {
    const { response } = this.#exchange;
    if (response.headersSent)
      this.#last(() => response.end(this.#host.request.writer.brokenStream(problem)));
  }

  /** Answers with a problem, unless an answer has begun; returns the status that the client has. */
  refuse(problem: ApiProblem, commitment: Commitment): number {
    const { response } = this.#exchange;
    const host = this.#host;
    if (response.headersSent) return 200;
    this.#last(() =>
      sendProblem(response, problem, host.headers(commitment), host.request.writer.problem),
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
    if (this.#host.waits) this.#lastWords = run;
    else run();
  }
}
