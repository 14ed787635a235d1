import type { IncomingMessage } from "node:http";
import { type Exchange, guarded, refuse } from "../exchange.ts";
import { problems } from "../problems.ts";
import { type BodyRead, readBody } from "../read-body.ts";

/** What an operator sent: a JSON object with none but the fields that are known. */
export type Order = ReadonlyMap<string, unknown>;

const limitBytes = 64 * 1024;
const longestText = 500;
const notAnObject = "the body has to be a JSON object";

/** A field that is not as it has to be. */
export class OrderError extends Error {
  /** The field; null for the body as a whole. */
  readonly param: string | null;

  constructor(message: string, options: ErrorOptions & { readonly param: string | null }) {
    super(message, options);
    this.param = options.param;
  }
}

/** The number of the version that a request wants to be in force still: null for any, -1 for what is no number. */
export function ifMatch({ headers }: IncomingMessage): number | null {
  const said = headers["if-match"]?.trim() ?? "*";
  return said === "*" ? null : Number(/^"?(\d{1,15})"?$/.exec(said)?.[1] ?? -1);
}

/** Reads an order and has it carried out; a mistake in it is answered with the field at fault. */
export function readOrder(
  exchange: Exchange,
  known: readonly string[],
  carryOut: (order: Order) => void,
): void {
  const take = guarded(exchange, (read: BodyRead): void => {
    if (read.kind === "gone") return;
    if (read.kind === "problem") {
      refuse(exchange, read.problem);
      return;
    }
    try {
      carryOut(parse(read.bytes, known));
    } catch (error) {
      if (!(error instanceof OrderError)) throw error;
      refuse(exchange, problems.malformedOrder(error.param, error.message));
    }
  });
  readBody(exchange, limitBytes, take, false);
}

function parse(bytes: Uint8Array, known: readonly string[]): Order {
  // Where all may be left out, so may be the body.
  if (bytes.length === 0) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new OrderError(notAnObject, { cause: error, param: null });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new OrderError(notAnObject, { param: null });
  const order = new Map<string, unknown>(Object.entries(value));
  for (const name of order.keys()) {
    if (!known.includes(name))
      throw new OrderError(`this takes ${known.join(" and ")} only`, { param: name.slice(0, 100) });
  }
  return order;
}

/** A field's value; undefined where it is left out or null. */
export function field(order: Order, name: string): unknown {
  return order.get(name) ?? undefined;
}

/** One of a few words. */
export function choiceOf<V extends string>(value: unknown, name: string, of: readonly V[]): V {
  const found = of.find((each) => each === value);
  if (found === undefined)
    throw new OrderError(`\`${name}\` has to be ${of.join(" or ")}`, { param: name });
  return found;
}

/** A text that may be left out. */
export function textOf(value: unknown, name: string): string | null {
  if (value === undefined) return null;
  if (typeof value !== "string" || value.length > longestText)
    throw new OrderError(`\`${name}\` has to be a text of ${longestText} characters at most`, {
      param: name,
    });
  return value;
}

/** A number of a version. */
export function versionOf(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw new OrderError(`\`${name}\` has to be the number of a version`, { param: name });
  return value;
}
