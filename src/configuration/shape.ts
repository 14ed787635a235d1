import type { Span } from "../diagnostics/diagnostic.ts";

/** What a number of the configuration counts, which settles how it is written. */
export type Unit = "whole" | "duration" | "price" | "share" | "money" | "spend" | "rate";

export interface TextShape<V extends string> {
  readonly kind: "text";
  /** The only texts allowed, when there are but a few. */
  readonly values: readonly V[] | null;
  /** What the text has to look like, with an example, when not any text will do. One that `hides` may be a secret put amiss. */
  readonly like: {
    readonly pattern: RegExp;
    readonly example: string;
    readonly hides?: boolean;
  } | null;
}

export interface QuantityShape {
  readonly kind: "quantity";
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
}

export interface ListShape<S> {
  readonly kind: "list";
  readonly of: S;
  /** True where one item may stand alone, without brackets. */
  readonly orOne: boolean;
}

/** What a policy can name: letters, digits, hyphens, and a dot before a digit (LANGUAGE §5). */
export const policyName = /^[A-Za-z_](?:[A-Za-z0-9_-]|\.(?=\d))*$/;

export interface MapShape<S> {
  readonly kind: "map";
  readonly of: S;
  /** Whether the names have to be usable in a policy. */
  readonly names: "policy" | "any";
}

export interface Field {
  readonly shape: Shape;
  readonly doc: string;
  readonly required: boolean;
}

export interface RecordShape<F> {
  readonly kind: "record";
  readonly fields: F;
  /** Keys of the whole design that this version does not read yet. */
  readonly later: readonly string[];
  /** Fields of which exactly one has to be given; none of them where nothing is said. */
  readonly either?: readonly [string, string];
}

/** One shape for a plain value and another for a map in its place. */
export interface EitherShape<A, B> {
  readonly kind: "either";
  readonly plain: A;
  readonly map: B;
}

/** What may stand at a place of the configuration. The reader and the JSON Schema both follow it, so they cannot drift. */
export type Shape =
  | TextShape<string>
  | QuantityShape
  | { readonly kind: "boolean" }
  /** Any text, number or boolean, kept as written. */
  | { readonly kind: "scalar" }
  /** `${NAME}`, `file:path` or `{ file: path }`. */
  | { readonly kind: "secret" }
  | ListShape<Shape>
  | MapShape<Shape>
  | RecordShape<Readonly<Record<string, Field>>>
  | EitherShape<Shape, Shape>;

/** Where a secret is kept; its value is not part of the configuration's text. */
export interface SecretReference {
  readonly from: "variable" | "file";
  readonly name: string;
}

/** A value with the places it came from. */
export interface Located<T> {
  readonly value: T;
  readonly span: Span;
  /** Where its key stands; the value's own place when it has none. */
  readonly keySpan: Span;
}

/** What reading a shape gives. Fields are absent when they were not given or were wrong. */
export type ValueOf<S> =
  S extends TextShape<infer V>
    ? V
    : S extends QuantityShape
      ? number
      : S extends { kind: "boolean" }
        ? boolean
        : S extends { kind: "scalar" }
          ? string | number | boolean
          : S extends { kind: "secret" }
            ? SecretReference
            : S extends ListShape<infer O>
              ? readonly Located<ValueOf<O>>[]
              : S extends MapShape<infer O>
                ? ReadonlyMap<string, Located<ValueOf<O>>>
                : S extends RecordShape<infer F>
                  ? {
                      readonly [N in keyof F]?: F[N] extends { shape: infer O }
                        ? Located<ValueOf<O>>
                        : never;
                    }
                  : S extends EitherShape<infer A, infer B>
                    ? ValueOf<A> | ValueOf<B>
                    : never;

export const text: TextShape<string> = { kind: "text", values: null, like: null };
export const boolean = { kind: "boolean" } as const;
export const scalar = { kind: "scalar" } as const;
export const secret = { kind: "secret" } as const;

export function oneOf<V extends string>(values: readonly V[]): TextShape<V> {
  return { kind: "text", values, like: null };
}

export function textLike(pattern: RegExp, example: string, hides = false): TextShape<string> {
  return { kind: "text", values: null, like: { pattern, example, hides } };
}

export function quantity(unit: Unit, min: number, max: number): QuantityShape {
  return { kind: "quantity", unit, min, max };
}

export function listOf<S extends Shape>(of: S): ListShape<S> {
  return { kind: "list", of, orOne: false };
}

export function oneOrMore<S extends Shape>(of: S): ListShape<S> {
  return { kind: "list", of, orOne: true };
}

export function mapOf<S extends Shape>(names: "policy" | "any", of: S): MapShape<S> {
  return { kind: "map", of, names };
}

export function record<F extends Readonly<Record<string, Field>>>(
  fields: F,
  later: readonly string[] = [],
): RecordShape<F> {
  return { kind: "record", fields, later };
}

/** A record that wants exactly one of two of its fields. */
export function recordWith<F extends Readonly<Record<string, Field>>>(
  either: readonly [keyof F & string, keyof F & string],
  fields: F,
): RecordShape<F> {
  return { kind: "record", fields, later: [], either };
}

export function either<A extends Shape, B extends Shape>(plain: A, map: B): EitherShape<A, B> {
  return { kind: "either", plain, map };
}

export function field<S extends Shape>(shape: S, doc: string) {
  return { shape, doc, required: false } as const;
}

export function needed<S extends Shape>(shape: S, doc: string) {
  return { shape, doc, required: true } as const;
}
