interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** Whether the client's wire told the id. */
  readonly told: boolean;
}

/**
 * Pairs results with calls: this wire may leave ids out, and then a result answers the first call of its name that has none yet.
 * Ids are made from where a call stands, so that they stay the same as a conversation grows.
 */
export class CallLedger {
  readonly #taken: Set<string>;
  #open: OpenCall[] = [];

  /** `told` are the ids that calls bring along. */
  constructor(told: Iterable<string>) {
    this.#taken = new Set(told);
  }

  /** A new turn of the model begins: earlier calls are answered by now or never. */
  turnOfModel(): void {
    this.#open = [];
  }

  /** The id of a call; `place` is that of its part, e.g. `1_0`. */
  call(told: string | null, name: string, place: string): string {
    const id = told ?? this.#newId(`call_${place}`);
    this.#open.push({ id, name, told: told !== null });
    return id;
  }

  /** The id of the call that a result answers; a made one where there is none. */
  answer(told: string | null, name: string, place: string): string {
    const call =
      this.#open.find(({ id }) => id === told) ??
      this.#open.find((one) => one.name === name && !(one.told && told !== null));
    if (call === undefined) return told ?? this.#newId(`result_${place}`);
    this.#open.splice(this.#open.indexOf(call), 1);
    return call.id;
  }

  #newId(base: string): string {
    let id = base;
    for (let tail = 1; this.#taken.has(id); tail++) id = `${base}_${tail}`;
    this.#taken.add(id);
    return id;
  }
}
