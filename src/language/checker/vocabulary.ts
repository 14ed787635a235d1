import type { Target } from "../../catalog/target.ts";
import type { FactTable } from "../../facts/fact.ts";

/** Everything outside the policy that its names may refer to; a Configuration fits. */
export interface Vocabulary {
  readonly targets: ReadonlyMap<string, Target>;
  readonly facts: FactTable;
}

/** Reads what `use "path"` names, relative to the file that says so; null when there is no such file. */
export type SourceLoader = (
  fromFile: string,
  path: string,
) => { readonly file: string; readonly text: string } | null;
