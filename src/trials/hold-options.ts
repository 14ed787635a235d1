import type { CheckedOptions } from "../language/checker/checked-policy.ts";
import { optionTable } from "../language/checker/option-table.ts";
import type { Plan } from "../runtime/plan/plan.ts";

/** Says which of the expected options a plan does not have, or has otherwise; null where it has them all. */
export function missingOptions(expected: CheckedOptions, plan: Plan): string | null {
  const { timeoutMs, deadlineMs, firstTokenMs, idleMs, retries, options } = plan;
  const actual: Readonly<Record<string, unknown>> = {
    ...{ timeoutMs, deadlineMs, firstTokenMs, idleMs, retries },
    ...options,
  };
  for (const [key, wanted] of Object.entries(expected)) {
    if (holds(wanted, actual[key])) continue;
    const word = optionTable.find((entry) => entry.key === key)?.word ?? key;
    const found = actual[key];
    return found === undefined
      ? `the plan has no \`${word}\``
      : `the plan's \`${word}\` is ${JSON.stringify(found)}${key.endsWith("Ms") ? " ms" : ""}`;
  }
  return null;
}

/** Counters and salts belong to the place where an option stands, so a test cannot write them. */
const placed: ReadonlySet<string> = new Set(["id", "salt"]);

/** Whether what a plan has is at least what is expected: of lists each item, of maps each field. */
function holds(wanted: unknown, found: unknown): boolean {
  if (isOff(wanted) && found === undefined) return true;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) && wanted.every((each) => found.some((other) => holds(each, other)))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return wanted === found;
  if (typeof found !== "object" || found === null) return false;
  const fields = found as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(
    ([key, value]) => placed.has(key) || holds(value, fields[key]),
  );
}

/** `no cache` is what a plan has that says nothing of a cache. */
function isOff(wanted: unknown): boolean {
  return typeof wanted === "object" && wanted !== null && "kind" in wanted && wanted.kind === "off";
}
