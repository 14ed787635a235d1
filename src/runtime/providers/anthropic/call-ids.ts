import { FittingIds } from "../../../protocol/fitting-ids.ts";

/** The ids under which calls that the client knows by one id were sent, and how many of them have their result. */
interface Sent {
  readonly ids: string[];
  answered: number;
}

/**
 * The ids under which the calls of a conversation are sent, each but once. Results follow their call: of calls that the client
 * knows by one id, the first of this turn of calls that has no result yet.
 */
export class CallIds {
  readonly #ids = new FittingIds();
  readonly #sent = new Map<string, Sent>();

  /** Another turn of calls begins: no result belongs to an earlier one any more. */
  begin(): void {
    this.#sent.clear();
  }

  call(id: string): string {
    const fitting = this.#ids.take(id, "call");
    const sent = this.#sent.get(id);
    if (sent === undefined) this.#sent.set(id, { ids: [fitting], answered: 0 });
    else sent.ids.push(fitting);
    return fitting;
  }

  /** Empty for a result of no call, and for a further one of the same. */
  result(callId: string): string {
    const sent = this.#sent.get(callId);
    return sent?.ids[sent.answered++] ?? "";
  }
}
