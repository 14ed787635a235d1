import type { CodeRow } from "./code-row.ts";

/** P04xx: well-formed text that means too little, too much or nothing. */
export const meaningCodes: readonly CodeRow[] = [];
