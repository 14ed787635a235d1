import type { Fields } from "../protocol/conversation.ts";
import { isFields } from "./fields.ts";

/** What a wire's objects hold at a place, so that what else stands there can be found. */
export interface Shape {
  readonly fields: ReadonlyMap<string, Place>;
  /** Whether fields that are not named are taken elsewhere. */
  readonly open: boolean;
}

/**
 * `taken`: a conversation holds all of it. `left`: it holds nothing of it. Else the shape of the objects there, a list's items
 * included, which may go by the object; null where it is taken whole.
 */
export type Place = "taken" | "left" | Shape | ((value: Fields) => Shape | null);

/** An object of which a conversation holds the named fields alone. */
export function closed(
  ...names: readonly (string | readonly [name: string, place: Place])[]
): Shape {
  const entries = names.map((name) =>
    typeof name === "string" ? ([name, "taken"] as const) : name,
  );
  return { fields: new Map(entries), open: false };
}

/** An object of which all is taken but what the named places leave over. */
export function open(...places: readonly (readonly [name: string, place: Place])[]): Shape {
  return { fields: new Map(places), open: true };
}

const nothing: readonly unknown[] = [];

/** What a body holds that its conversation does not, each under its name; the same empty list for every ordinary body. */
export function leftoversOf(body: Fields, shape: Shape): readonly unknown[] {
  const found: Fields[] = [];
  collect(body, shape, found);
  return found.length === 0 ? nothing : found;
}

function collect(value: unknown, place: Exclude<Place, string>, found: Fields[]): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) collect(item, place, found);
    return;
  }
  if (!isFields(value)) return;
  const shape = typeof place === "function" ? place(value) : place;
  if (shape === null) return;
  const { fields, open: isOpen } = shape;
  if (isOpen) {
    for (const [name, inner] of fields)
      if (Object.hasOwn(value, name)) take(value, name, inner, found);
  } else for (const name in value) take(value, name, fields.get(name) ?? "left", found);
}

function take(value: Fields, name: string, place: Place, found: Fields[]): void {
  if (place === "left") found.push({ [name]: value[name] });
  else if (place !== "taken") collect(value[name], place, found);
}
