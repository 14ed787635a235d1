import type { CodeRow } from "./code-row.ts";

/** P03xx: types and units that do not fit. */
export const typeCodes: readonly CodeRow[] = [];
