import type { Fields } from "../../protocol/conversation.ts";

/** Whether a JSON value is an object and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value when it is a string, else null. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The value when it is a number, else null. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** The value when it is true or false, else null. */
export function flagOrNull(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/** The list of objects that a checked field holds; empty when it is absent. */
export function listOfFields(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
