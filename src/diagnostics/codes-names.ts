import type { CodeRow } from "./code-row.ts";

/** P02xx: names and values that are not known, or known twice. */
export const nameCodes: readonly CodeRow[] = [];
