/** Conditions that are settled already, as SQL writes them. */
export const settled = { true: "TRUE", false: "FALSE", unknown: "NULL" } as const;

/** Kleene's `not`, which is SQL's. */
export function notSql(of: string): string {
  if (of === settled.true) return settled.false;
  if (of === settled.false) return settled.true;
  return of === settled.unknown ? of : `(NOT ${of})`;
}

/** Kleene's `and` or `or`, which are SQL's; what is settled already is left out. */
export function joinSql(join: "and" | "or", parts: readonly string[]): string {
  const neutral = join === "and" ? settled.true : settled.false;
  const settling = join === "and" ? settled.false : settled.true;
  if (parts.includes(settling)) return settling;
  const open = [...new Set(parts.filter((part) => part !== neutral))];
  if (open.length === 0) return neutral;
  const [only] = open;
  if (only !== undefined && open.length === 1) return only;
  return `(${open.join(join === "and" ? " AND " : " OR ")})`;
}

/** Whether a condition is true; never NULL. */
export function isTrue(condition: string): string {
  if (condition === settled.true || condition === settled.false) return condition;
  return condition === settled.unknown ? settled.false : `coalesce(${condition}, FALSE)`;
}

/** Whether a condition is true or unknown; never NULL. */
export function isNotFalse(condition: string): string {
  if (condition === settled.true || condition === settled.false) return condition;
  return condition === settled.unknown ? settled.true : `coalesce(${condition}, TRUE)`;
}
