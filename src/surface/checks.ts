import { type ApiProblem, invalidRequest } from "../protocol/api-error.ts";
import { isFields } from "./fields.ts";

/** Names what is wrong with the value at `path`; null when it fits. */
export type Check = (value: unknown, path: string) => ApiProblem | null;

/** A value of the wrong kind, or one that is not there at all. */
export function unfit(
  path: string,
  expected: string,
  value: unknown,
  code = "invalid_type",
): ApiProblem {
  return value === undefined
    ? invalidRequest(path, `'${path}' is missing: ${expected}`, "missing_required_parameter")
    : invalidRequest(path, `'${path}' must be ${expected}`, code);
}

export const text: Check = (value, path) =>
  typeof value === "string" ? null : unfit(path, "a string", value);

export const flag: Check = (value, path) =>
  typeof value === "boolean" ? null : unfit(path, "true or false", value);

export const object: Check = (value, path) =>
  isFields(value) ? null : unfit(path, "an object", value);

export const numberIn =
  (least: number, most: number): Check =>
  (value, path) =>
    typeof value === "number" && value >= least && value <= most
      ? null
      : unfit(path, `a number from ${least} to ${most}`, value);

export const wholeIn =
  (least: number, most: number): Check =>
  (value, path) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? null
      : unfit(path, `a whole number from ${least} to ${most}`, value);

export const oneOf =
  (...words: readonly string[]): Check =>
  (value, path) =>
    typeof value === "string" && words.includes(value)
      ? null
      : unfit(path, `one of ${words.join(", ")}`, value, "invalid_value");

/** Lets null and absence pass. */
export const maybe =
  (check: Check): Check =>
  (value, path) =>
    value === undefined || value === null ? null : check(value, path);

export const listOf =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return unfit(path, "a list", value);
    for (let at = 0; at < value.length; at++) {
      const problem = check(value[at], `${path}[${at}]`);
      if (problem !== null) return problem;
    }
    return null;
  };

export const textOrListOf = (check: Check): Check => {
  const list = listOf(check);
  return (value, path) => {
    if (typeof value === "string") return null;
    return Array.isArray(value) ? list(value, path) : unfit(path, "a string or a list", value);
  };
};

/** An object with these fields; all others pass. */
export const shape = (fields: Readonly<Record<string, Check>>): Check => {
  const entries = Object.entries(fields);
  return (value, path) => {
    if (!isFields(value)) return unfit(path, "an object", value);
    for (const [name, check] of entries) {
      const problem = check(value[name], path === "" ? name : `${path}.${name}`);
      if (problem !== null) return problem;
    }
    return null;
  };
};

/** The first problem that any of the checks finds. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value, path) => {
    for (const check of checks) {
      const problem = check(value, path);
      if (problem !== null) return problem;
    }
    return null;
  };
