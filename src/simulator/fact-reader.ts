import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Fact, FactValue } from "../facts/fact.ts";
import type { FactFrame } from "../language/program/frame.ts";
import type { LoggedRequest } from "./logged-request.ts";

/** Reads what a log tells of its requests, in the form that the table reads. */
export interface FactReader {
  /** Makes the frame ready for a request. */
  begin(request: LoggedRequest, frame: FactFrame): void;
  /**
   * Puts an operand that the walk waits for into the frame, or that it is unknown; counts the facts that the log lacks. A
   * promise only when it takes more than a moment.
   */
  read(operand: number, request: LoggedRequest, frame: FactFrame): void | Promise<void>;
  /** A fact that the choice of a target rests on; counted, and undefined, when the log does not tell it. */
  named(request: LoggedRequest, name: "model" | "max_tokens"): unknown;
  /** A fact at hand by whose value is counted; undefined where the log does not tell it. */
  subject(request: LoggedRequest, fact: Fact): FactValue | undefined;
  /** Tokens of the prompt as far as the log tells; 0 when it does not. */
  promptTokens(request: LoggedRequest): number;
  /** The facts of a decided request by name, as `explain --request` takes them. */
  facts(request: LoggedRequest, frame: FactFrame): FactSnapshot;
}
