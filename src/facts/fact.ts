/** How dear a fact is to read: 0 at hand, 1 from memory, 2 microseconds, 3 a local model, 4 a model call (LANGUAGE §5). */
export type CostClass = 0 | 1 | 2 | 3 | 4;

/** Whose word a fact is: the gateway's own measurement, the caller's key, or the client's claim. */
export type Trust = "gateway" | "key" | "client";

export type FactType =
  | { readonly kind: "whole" }
  | { readonly kind: "decimal" }
  | { readonly kind: "money" }
  | { readonly kind: "price" }
  | { readonly kind: "duration" }
  | { readonly kind: "time" }
  | { readonly kind: "date" }
  | { readonly kind: "boolean" }
  | { readonly kind: "text"; readonly values?: readonly string[] };

/**
 * A fact's value. Numbers carry the unit of their type: money in picodollars, price in picodollars per token,
 * duration in milliseconds, time in milliseconds since the Unix epoch (local time of day once a zone is applied: ms
 * since midnight), date in days since 1970-01-01.
 */
export type FactValue = number | string | boolean;

/** A trained model that tells a fact of text, as its file holds it; the gateway's own word, made of the client's text. */
export interface FactModel {
  /** 16 hex digits that stand for its content. */
  readonly hash: string;
  readonly labels: readonly string[];
  /** Whether the shipped clues come before it, and it tells only where they name no task; the shipped model's way. */
  readonly besideClues: boolean;
  readonly bytes: Uint8Array;
  /** The embedding that it was trained beside, as its file holds it; null for none. */
  readonly embedding: Uint8Array | null;
  /** What a model of probabilities was worth on texts that it had not seen: its AUC (null where all were of one kind), its calibration error, and their number. */
  readonly measured?: {
    readonly auc: number | null;
    readonly calibrationError: number;
    readonly texts: number;
  };
}

/** A target that is asked for a fact of text where nothing else is sure of it. */
export interface FactClassifier {
  readonly target: string;
  /** Whose model answers there: the provider's name and its model's id. */
  readonly provider: string;
  readonly model: string;
  /** How long a request waits for it at most. */
  readonly timeoutMs: number;
  /** How sure a trained model has to be, 0 to 1, for its word to be taken without asking. */
  readonly askBelow: number;
}

export interface Fact {
  readonly name: string;
  readonly type: FactType;
  readonly costClass: CostClass;
  readonly trust: Trust;
  /** False for what the request, the clock or a default always tells (LANGUAGE §5, Unknown). */
  readonly mayBeUnknown: boolean;
  readonly default?: FactValue;
  /** Where a configured fact is read from, in order, e.g. `key.tier`, `metadata.pii`; empty for built-in ones. */
  readonly from: readonly string[];
  /** What tells it, where the configuration names a model. */
  readonly model?: FactModel;
  /** Whom to ask where neither clues nor a model are sure; absent where nobody is. */
  readonly classifier?: FactClassifier;
  readonly doc: string;
}

/** Every fact by name: built-in ones and those the configuration declares. Families (`header.x`) are resolved by lookUpFact. */
export type FactTable = ReadonlyMap<string, Fact>;

/**
 * What a condition tests: a fact, or a value derived from facts. Each is interned once per policy; executors know
 * operands by index only.
 */
export type OperandShape =
  | { readonly kind: "fact"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "arithmetic";
      readonly op: "+" | "-" | "*";
      readonly left: OperandShape;
      readonly right: OperandShape;
    }
  | {
      readonly kind: "text-test";
      readonly test: "matches" | "contains";
      readonly fact: string;
      readonly pattern: string;
    }
  /** `time`, `weekday` or `date` as seen on a wall clock of the zone (IANA name). */
  | { readonly kind: "local"; readonly fact: "time" | "weekday" | "date"; readonly zone: string }
  /** A fact of one target: `claude.region`. */
  | { readonly kind: "target"; readonly target: string; readonly fact: string };

export interface Operand {
  readonly shape: OperandShape;
  /** Canonical text, e.g. `tokens`, `tokens + max_tokens`, `prompt matches /x/`, `time@Europe/Berlin`; unique in a policy. */
  readonly key: string;
  readonly type: FactType;
  readonly costClass: CostClass;
  readonly trust: Trust;
  readonly mayBeUnknown: boolean;
}
