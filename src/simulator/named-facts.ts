import type { Configuration } from "../configuration/configuration.ts";
import { combine } from "../extract/arithmetic.ts";
import {
  createSlot,
  putBounds,
  putNumber,
  putText,
  putUnknown,
  putValue,
  type SlotReader,
  store,
} from "../extract/slot.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import { zoneClock } from "../extract/zone-clock.ts";
import type { FactType, Operand, OperandShape } from "../facts/fact.ts";
import { readFactValue } from "../facts/value.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import { noLiveFacts, readTarget } from "../runtime/plan/read-target.ts";
import type { FactReader } from "./fact-reader.ts";
import type { LoggedRequest } from "./logged-request.ts";
import type { MissingFacts } from "./missing.ts";

type Reader = SlotReader<LoggedRequest>;

/** Reads facts that a log gives by name: decision records and CSV. */
export class NamedFactReader implements FactReader {
  readonly #readers: readonly Reader[];
  readonly #keys: readonly string[];
  readonly #missing: MissingFacts;
  readonly #slot = createSlot();

  constructor(operands: readonly Operand[], configuration: Configuration, missing: MissingFacts) {
    const readers = new ReaderMaker(configuration, missing);
    this.#missing = missing;
    this.#keys = operands.map(({ key }) => key);
    this.#readers = operands.map(({ key, type, shape }) => readers.keyed(key, type, shape));
  }

  begin(_request: LoggedRequest, frame: FactFrame): void {
    frame.state.fill(frameState.unasked);
  }

  read(operand: number, request: LoggedRequest, frame: FactFrame): void {
    if (frame.state[operand] === frameState.bounded) {
      // The record holds bounds, and the policy cuts between them: which side it is on is not known.
      this.#missing.add(this.#keys[operand] ?? "");
      frame.state[operand] = frameState.unknown;
      return;
    }
    this.#readers[operand]?.(request, this.#slot);
    store(frame, operand, this.#slot);
  }

  named({ facts }: LoggedRequest, name: "model" | "max_tokens"): unknown {
    const value = facts?.[name];
    return name === "max_tokens" ? readFactValue({ kind: "whole" }, value) : value;
  }

  facts({ facts, atMs }: LoggedRequest): FactSnapshot {
    const time = atMs === null ? {} : { time: new Date(atMs).toISOString() };
    return { ...time, ...(facts as FactSnapshot) };
  }

  promptTokens({ facts }: LoggedRequest): number {
    const value = facts?.["tokens"];
    if (typeof value === "number") return value;
    const bounds = boundsOf(value);
    if (bounds !== null) return bounds[0];
    return Number(readFactValue({ kind: "whole" }, value) ?? 0);
  }
}

/** Two numbers that a value is known to lie between, as snapshots hold them; null when it is none. */
function boundsOf(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [low, high] = value as unknown[];
  return typeof low === "number" && typeof high === "number" && low <= high ? [low, high] : null;
}

/** Makes one reader per operand, once per policy. */
class ReaderMaker {
  readonly #configuration: Configuration;
  readonly #missing: MissingFacts;

  constructor(configuration: Configuration, missing: MissingFacts) {
    this.#configuration = configuration;
    this.#missing = missing;
  }

  /** What stands in the log under the operand's own key counts; else it is put together from what does. */
  keyed(key: string, type: FactType, shape: OperandShape): Reader {
    const otherwise = this.#ofShape(shape, type);
    const put = putterOf(type);
    return (request, slot) => {
      const value = request.facts?.[key];
      if (value === undefined) otherwise(request, slot);
      else put(value, slot);
    };
  }

  #ofShape(shape: OperandShape, type: FactType): Reader {
    switch (shape.kind) {
      case "constant":
        return (_, slot) => putNumber(slot, shape.value);
      case "fact":
        return this.#clockFact(shape.name, null) ?? this.#lacking(shape.name);
      case "local":
        return this.#clockFact(shape.fact, shape.zone) ?? this.#lacking(shape.fact);
      case "text-test":
        return this.#lacking(shape.fact);
      case "target":
        return this.#targetFact(shape.target, shape.fact, type);
      case "arithmetic":
        return combine(shape.op, this.#part(shape.left), this.#part(shape.right));
    }
  }

  /** A part of a derived value, read like an operand of its own. */
  #part(shape: OperandShape): Reader {
    if (shape.kind !== "fact") return this.#ofShape(shape, { kind: "whole" });
    const type = this.#configuration.facts.get(shape.name)?.type ?? { kind: "whole" };
    return this.keyed(shape.name, type, shape);
  }

  #lacking(fact: string): Reader {
    return (_, slot) => {
      this.#missing.add(fact);
      putUnknown(slot);
    };
  }

  /** Without a zone, `time` is the moment itself, and days are those of UTC. */
  #clockFact(name: string, zone: string | null): Reader | null {
    if (name !== "time" && name !== "weekday" && name !== "date") return null;
    const clock = zoneClock(zone ?? "UTC");
    const lacking = this.#lacking("time");
    return (request, slot) => {
      const moment = request.facts?.["time"] ?? request.atMs;
      const atMs = typeof moment === "number" ? moment : readFactValue({ kind: "time" }, moment);
      if (typeof atMs !== "number") lacking(request, slot);
      else if (name === "weekday") putText(slot, clock.weekday(atMs));
      else if (name === "date") putNumber(slot, clock.date(atMs));
      else putNumber(slot, zone === null ? atMs : clock.timeOfDay(atMs));
    };
  }

  #targetFact(name: string, fact: string, type: FactType): Reader {
    const target = this.#configuration.targets.get(name);
    const lacking = this.#lacking(`${name}.${fact}`);
    if (target === undefined) return lacking;
    const question = { kind: "target-fact", name: fact, type } as const;
    return (request, slot) => {
      const promptTokens = Number(request.facts?.["tokens"] ?? 0) || 0;
      const present = { promptTokens, atMs: request.atMs ?? 0, live: noLiveFacts };
      const value = readTarget(question, target, present);
      if (value === undefined) lacking(request, slot);
      else putValue(slot, value);
    };
  }
}

/** Puts a JSON value as a fact of a type; what is none of that type is unknown, as at the gateway. */
function putterOf(type: FactType): (value: unknown, slot: Parameters<Reader>[1]) => void {
  const values = type.kind === "text" && type.values !== undefined ? new Set(type.values) : null;
  if (type.kind === "text") {
    return (value, slot) => {
      if (typeof value === "string" && (values === null || values.has(value))) putText(slot, value);
      else putValue(slot, readFactValue(type, value));
    };
  }
  return (value, slot) => {
    // The common case first: `readFactValue` has to allow for texts with units.
    if (type.kind === "whole" && Number.isSafeInteger(value)) putNumber(slot, value as number);
    else if (typeof value === "boolean" && type.kind === "boolean") putNumber(slot, Number(value));
    else {
      const bounds = boundsOf(value);
      if (bounds !== null) putBounds(slot, ...bounds);
      else putValue(slot, value === null ? undefined : readFactValue(type, value));
    }
  };
}
