import { lookUpFact } from "../facts/look-up.ts";
import { readFactValue } from "../facts/value.ts";
import { type ColumnMap, type ColumnMeaning, meaningOf } from "./column-map.ts";
import type { LinePlace } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import type { ReadLine } from "./logged-request.ts";
import { endpointOfPath } from "./request-body.ts";
import {
  countOf,
  durationOf,
  flagOf,
  momentOf,
  numberOf,
  type Row,
  textOf,
  unwrapped,
  valueAt,
} from "./row.ts";
import { type RowContext, requestOfRow } from "./row-request.ts";

/** What the columns of a row tell by a map, one after the other. */
export class MappedRow {
  readonly #context: RowContext;
  readonly #facts: Record<string, unknown> = {};
  #id: string | null = null;
  #atMs: number | null = null;
  #input: number | null = null;
  #output: number | null = null;
  #body: unknown = null;
  #answer: unknown = null;
  #target: string | null = null;
  #totalMs: number | null = null;
  #firstTokenMs: number | null = null;
  #status: number | null = null;
  #dollars: number | null = null;
  #cacheHit: boolean | null = null;

  constructor(context: RowContext) {
    this.#context = context;
  }

  /** Takes the value of a column; what is wrong with it, or null. */
  take(meaning: ColumnMeaning, value: unknown): string | null {
    switch (meaning.kind) {
      case "fact":
        this.#facts[meaning.name] = this.#factValue(meaning.name, value);
        return null;
      case "id":
        this.#id = textOf(value);
        return null;
      case "time":
        this.#atMs = momentOf(value);
        return this.#atMs === null ? wrong(value, "time") : null;
      case "body":
        this.#body = unwrapped(value);
        return null;
      case "answer":
        this.#answer = value;
        return null;
      case "target":
        this.#target = textOf(value);
        return null;
      case "cache_hit":
        this.#cacheHit = flagOf(value);
        return this.#cacheHit === null ? wrong(value, "true or false") : null;
      default:
        return this.#takeNumber(meaning.kind, value);
    }
  }

  #takeNumber(kind: ColumnMeaning["kind"], value: unknown): string | null {
    if (kind === "output" || kind === "input" || kind === "status") {
      const count = countOf(value);
      if (count === null) return wrong(value, "count");
      if (kind === "output") this.#output = count;
      else if (kind === "input") this.#input = count;
      else this.#status = count;
      return null;
    }
    const number = kind === "cost" ? numberOf(value) : durationOf(value, 1);
    if (number === null) return wrong(value, kind === "cost" ? "amount" : "length of time");
    if (kind === "cost") this.#dollars = number;
    else if (kind === "duration") this.#totalMs = number;
    else this.#firstTokenMs = number;
    return null;
  }

  /** What is no value of the fact's type stays as it is written, and so becomes unknown. */
  #factValue(name: string, written: unknown): unknown {
    const fact = lookUpFact(this.#context.facts, name);
    const plain = typeof written === "bigint" ? Number(written) : written;
    return (fact === null ? undefined : readFactValue(fact.type, plain)) ?? plain;
  }

  request(format: LogFormat, place: LinePlace): ReadLine {
    const parts = {
      ...{ format, place, id: this.#id, atMs: this.#atMs },
      ...{ input: this.#input, output: this.#output, dollars: this.#dollars },
      ...{ totalMs: this.#totalMs, firstTokenMs: this.#firstTokenMs },
      ...{ status: this.#status, cacheHit: this.#cacheHit },
      ...{ body: this.#body, response: this.#answer },
      endpoint: endpointOfPath(this.#facts["endpoint"]),
      known: this.#facts,
      served: this.#target === null ? null : { model: this.#target, provider: null },
    };
    return { ok: true, request: requestOfRow(parts, this.#context) };
  }
}

function wrong(value: unknown, expected: string): string {
  return `\`${String(value).slice(0, 40)}\` is no ${expected}`;
}

/** Reads rows of any fields by a map; without one, fields are taken for the facts whose names they bear. */
export function readMapped(
  row: Row,
  map: ColumnMap | null,
  { format, place, context }: { format: LogFormat; place: LinePlace; context: RowContext },
): ReadLine {
  const mapped = new MappedRow(context);
  let found = 0;
  for (const [path, meaning] of map ?? namesOf(row, context)) {
    const value = valueAt(row, path);
    if (value === undefined || value === "") continue;
    found += 1;
    const problem = mapped.take(meaning, value);
    if (problem !== null) return { ok: false, reason: problem };
  }
  if (found > 0) return mapped.request(format, place);
  return {
    ok: false,
    reason: map === null ? "no field bears the name of a fact" : "nothing stands where --map looks",
  };
}

function* namesOf(row: Row, { facts }: RowContext): Generator<readonly [string, ColumnMeaning]> {
  for (const name of Object.keys(row)) {
    const meaning = meaningOf(name, facts);
    if (meaning !== null) yield [name, meaning];
  }
}
