import type { Json } from "../../base/json.ts";

/** Reads what a server sent, of which nothing is certain: a member of the wrong type counts as absent. */
export class LooseJson {
  readonly value: Json | undefined;

  constructor(value: Json | undefined) {
    this.value = value;
  }

  /** A member of an object; absent of anything else. */
  at(key: string): LooseJson {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return absent;
    return Object.hasOwn(value, key)
      ? new LooseJson((value as Readonly<Record<string, Json>>)[key])
      : absent;
  }

  get isObject(): boolean {
    const { value } = this;
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  /** Items of a list, at most `most`; null of anything else. */
  items(most = 1_000): readonly LooseJson[] | null {
    const { value } = this;
    if (!Array.isArray(value)) return null;
    return value.slice(0, most).map((each: Json) => new LooseJson(each));
  }

  /** A text of at most 500 characters that is not empty. */
  get text(): string | null {
    const { value } = this;
    return typeof value === "string" && value !== "" ? value.slice(0, 500) : null;
  }

  get flag(): boolean | null {
    return typeof this.value === "boolean" ? this.value : null;
  }

  /** A finite number that is not negative. */
  get amount(): number | null {
    const { value } = this;
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
  }

  /** A whole number above 0. */
  get count(): number | null {
    const { amount } = this;
    return amount !== null && amount > 0 && Number.isInteger(amount) ? amount : null;
  }
}

const absent = new LooseJson(undefined);

/** The JSON that bytes hold; absent where they hold none. */
export function looseJson(bytes: Uint8Array): LooseJson {
  try {
    return new LooseJson(JSON.parse(new TextDecoder().decode(bytes)) as Json);
  } catch {
    return absent;
  }
}

export { absent as absentJson };
