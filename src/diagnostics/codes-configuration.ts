import type { CodeRow } from "./code-row.ts";

/** C0xxx: the configuration file. */
export const configurationCodes: readonly CodeRow[] = [];
