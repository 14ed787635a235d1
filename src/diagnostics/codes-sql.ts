import type { CodeRow } from "./code-row.ts";

/** P06xx what another engine than Signalbox's own cannot say. No policy is wrong for it: `check` reports none of them. */
export const sqlCodes = {
  P0601: {
    severity: "error",
    title: "test that no query can ask",
    cause:
      "`compile --target sql` writes a test only where the engine's answer is the same as Signalbox's, whatever the text; of this one it is not.",
    example: '(a policy that asks `prompt contains "σ"`, compiled to SQL)',
    remedy: "Name a column that has the test's answer with `--map`, or write the test otherwise.",
  },
} as const satisfies Record<string, CodeRow>;
