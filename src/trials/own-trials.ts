import { lineAndColumn } from "../diagnostics/position.ts";
import type { CheckedTests } from "../language/checker/checked-policy.ts";
import type { Trial } from "./trial.ts";

/** The trials of a policy's own `test` statements. `text` is the policy's. */
export function ownTrials({ tests, operands }: CheckedTests, text: string): readonly Trial[] {
  return tests.flatMap(({ name, rows }) =>
    rows.map(({ given, expect, span }, index) => ({
      file: span.file,
      line: lineAndColumn(text, span.start).line,
      name,
      row: index + 1,
      given,
      body: null,
      expect,
      operands,
    })),
  );
}
