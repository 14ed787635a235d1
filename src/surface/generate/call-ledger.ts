interface OpenCall {
  readonly id: string;
  answered: boolean;
}

/** Calls in the order in which they were made; those that were answered are passed over. */
class Waiting {
  readonly #calls: OpenCall[] = [];
  #next = 0;

  add(call: OpenCall): void {
    this.#calls.push(call);
  }

  first(): OpenCall | undefined {
    while (this.#calls[this.#next]?.answered === true) this.#next += 1;
    return this.#calls[this.#next];
  }
}

/**
 * Pairs results with calls: this wire may leave ids out, and then a result answers the first call of its name that has none yet.
 * Ids are made from where a call stands, so that they stay the same as a conversation grows.
 */
export class CallLedger {
  readonly #taken: Set<string>;
  #byId = new Map<string, Waiting>();
  #byName = new Map<string, Waiting>();
  /** Those without an id of the client's own. */
  #untoldByName = new Map<string, Waiting>();

  /** `told` are the ids that calls bring along. */
  constructor(told: Iterable<string>) {
    this.#taken = new Set(told);
  }

  /** A new turn of the model begins: earlier calls are answered by now or never. */
  turnOfModel(): void {
    this.#byId = new Map();
    this.#byName = new Map();
    this.#untoldByName = new Map();
  }

  /** The id of a call; `place` is that of its part, e.g. `1_0`. */
  call(told: string | null, name: string, place: string): string {
    const id = told ?? this.#newId(`call_${place}`);
    const call: OpenCall = { id, answered: false };
    addTo(this.#byId, id, call);
    addTo(this.#byName, name, call);
    if (told === null) addTo(this.#untoldByName, name, call);
    return id;
  }

  /** The id of the call that a result answers; a made one where there is none. */
  answer(told: string | null, name: string, place: string): string {
    const named = told === null ? this.#byName : this.#untoldByName;
    const call = this.#byId.get(told ?? "")?.first() ?? named.get(name)?.first();
    if (call === undefined) return told ?? this.#newId(`result_${place}`);
    call.answered = true;
    return call.id;
  }

  #newId(base: string): string {
    let id = base;
    for (let tail = 1; this.#taken.has(id); tail++) id = `${base}_${tail}`;
    this.#taken.add(id);
    return id;
  }
}

function addTo(calls: Map<string, Waiting>, key: string, call: OpenCall): void {
  const waiting = calls.get(key) ?? new Waiting();
  calls.set(key, waiting);
  waiting.add(call);
}
