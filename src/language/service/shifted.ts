/**
 * A copy of plain data whose spans stand so many characters further on. A span is an object with a
 * `start` and an `end`, as trees and diagnostics have them.
 */
export function shifted<Data extends object>(data: Data, by: number): Data {
  return copy(data, by) as Data;
}

function copy(data: object, by: number): object {
  if (Array.isArray(data)) {
    return data.map((each: unknown) => (isObject(each) ? copy(each, by) : each));
  }
  const result: Record<string, unknown> = { ...data };
  for (const key in result) {
    const value = result[key];
    if (!isObject(value)) continue;
    const { file, start, end } = value as { file?: string; start?: number; end?: number };
    const isSpan = start !== undefined && end !== undefined;
    result[key] = isSpan ? { file, start: start + by, end: end + by } : copy(value, by);
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
