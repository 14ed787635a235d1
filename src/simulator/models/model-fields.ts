import { levels, type Quantiles } from "./quantiles.ts";

/** A file of models that is not what it should be; the message names the field at fault and says what is wrong with it. */
export class ModelsFileError extends Error {
  override readonly name = "ModelsFileError";
}

const faulty = (path: string, what: string): ModelsFileError =>
  new ModelsFileError(path === "" ? `the file ${what}` : `\`${path}\` ${what}`);

/** The fields of an object in a file of models, each taken once; whatever is not as it should be throws a ModelsFileError. */
export class Fields {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #taken = new Set<string>();

  constructor(json: unknown, path: string) {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw faulty(path, "is not an object");
    this.#json = json as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  names(): readonly string[] {
    return Object.keys(this.#json);
  }

  take(name: string): unknown {
    this.#taken.add(name);
    if (!Object.hasOwn(this.#json, name)) throw this.wrong(name, "is missing");
    return this.#json[name];
  }

  /** Says that no other field may be there. */
  end(): void {
    const other = this.names().find((name) => !this.#taken.has(name));
    if (other !== undefined) throw this.wrong(other, "is no field that is known here");
  }

  wrong(name: string, what: string): ModelsFileError {
    return faulty(name === "" ? this.#path : this.#pathOf(name), what);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#json, name);
  }

  fields(name: string): Fields {
    return new Fields(this.take(name), this.#pathOf(name));
  }

  list(name: string): readonly Fields[] {
    const list = this.take(name);
    if (!Array.isArray(list)) throw this.wrong(name, "is not a list");
    return list.map((each, at) => new Fields(each, `${this.#pathOf(name)}[${at}]`));
  }

  orNull<Value>(name: string, read: () => Value): Value | null {
    return this.take(name) === null ? null : read();
  }

  /** A number of at least 0. */
  number(name: string): number {
    const value = this.take(name);
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
    throw this.wrong(name, "is not a number of at least 0");
  }

  whole(name: string): number {
    const value = this.number(name);
    if (Number.isSafeInteger(value)) return value;
    throw this.wrong(name, "is not a whole number");
  }

  atLeastOne(name: string): number {
    const value = this.whole(name);
    if (value >= 1) return value;
    throw this.wrong(name, "is not at least 1");
  }

  share(name: string): number {
    const value = this.number(name);
    if (value <= 1) return value;
    throw this.wrong(name, "is not a share of 0 to 1");
  }

  flag(name: string): boolean {
    const value = this.take(name);
    if (typeof value === "boolean") return value;
    throw this.wrong(name, "is neither true nor false");
  }

  text(name: string): string {
    const value = this.take(name);
    if (typeof value === "string") return value;
    throw this.wrong(name, "is not a text");
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.take(name));
    if (found !== undefined) return found;
    throw this.wrong(name, `is none of ${words.join(", ")}`);
  }

  /** A distribution: one value, or one for each of the levels, none below the one before, and none above a most. */
  quantiles(name: string, most = Number.MAX_VALUE): Quantiles {
    const list = this.take(name);
    if (!Array.isArray(list) || (list.length !== 1 && list.length !== levels.length))
      throw this.wrong(name, `is not a list of 1 or ${levels.length} numbers`);
    let before = 0;
    for (const [at, value] of (list as unknown[]).entries()) {
      if (typeof value !== "number" || !(value >= before && value <= most)) {
        const end = most === Number.MAX_VALUE ? "" : ` and at most ${most}`;
        throw this.wrong(`${name}[${at}]`, `is not a number of at least ${before}${end}`);
      }
      before = value;
    }
    return list as number[];
  }

  /** A moment in ISO 8601, or milliseconds after a zero of the log's own; null where there is none. */
  moment(name: string): number | null {
    const value = this.take(name);
    if (value === null) return null;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(at)) throw this.wrong(name, "is neither a moment in ISO 8601 nor a number");
    return at;
  }

  #pathOf(name: string): string {
    if (!/^[\w-]+(?:\[\d+\])?$/.test(name)) return `${this.#path}[${JSON.stringify(name)}]`;
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}
