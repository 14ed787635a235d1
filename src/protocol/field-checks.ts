import { type ApiProblem, invalidRequest } from "./api-error.ts";
import type { Fields } from "./conversation.ts";

/** Returns what was expected, or null when the value fits. */
export type Check = (value: unknown) => string | null;

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const text: Check = (value) => (typeof value === "string" ? null : "a string");
export const flag: Check = (value) => (typeof value === "boolean" ? null : "true or false");
export const object: Check = (value) => (isObject(value) ? null : "an object");

export const numberIn =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most
      ? null
      : `a number from ${least} to ${most}`;

export const integerIn =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? null
      : `a whole number from ${least} to ${most}`;

export const oneOfShapes =
  (expected: string, ...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value) === null) ? null : expected;

export const listOf =
  (expected: string, check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => check(item) === null) ? null : expected;

/** A problem: the field is not what it must be. */
export function wrong(param: string, expected: string, code = "invalid_type"): ApiProblem {
  return invalidRequest(param, `'${param}' must be ${expected}`, code);
}

/** A problem: the field must be there. */
export function missing(param: string, expected: string): ApiProblem {
  return invalidRequest(param, `'${param}' is missing: ${expected}`, "missing_required_parameter");
}
