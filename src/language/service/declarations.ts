import { idOfName } from "../checker/rule-ids.ts";
import type { Ast, Name, Statement } from "../syntax/ast.ts";

type Of<Kind extends Statement["kind"]> = Extract<Statement, { readonly kind: Kind }>;

/** What the statements of some files name; of two of one name the first, as the checker takes them. */
export interface Declarations {
  readonly lets: ReadonlyMap<string, Of<"let">>;
  readonly pools: ReadonlyMap<string, Of<"pool">>;
  readonly intents: ReadonlyMap<string, Of<"intent">>;
  readonly rules: ReadonlyMap<string, Name>;
  readonly rulesById: ReadonlyMap<string, Name>;
}

/** The declarations of files, libraries first. */
export function declarationsOf(files: readonly Ast[]): Declarations {
  const lets = new Map<string, Of<"let">>();
  const pools = new Map<string, Of<"pool">>();
  const intents = new Map<string, Of<"intent">>();
  const rules = new Map<string, Name>();
  for (const statement of files.flatMap((file) => file.statements)) {
    if (statement.kind === "let") setFirst(lets, statement.name, statement);
    else if (statement.kind === "pool") setFirst(pools, statement.name, statement);
    else if (statement.kind === "intent") setFirst(intents, statement.name, statement);
    else if (statement.kind === "rule" && statement.name !== null) {
      setFirst(rules, statement.name, statement.name);
    }
  }
  const byId = [...rules.values()].map((name): [string, Name] => [idOfName(name.text), name]);
  return { lets, pools, intents, rules, rulesById: new Map(byId) };
}

function setFirst<T>(map: Map<string, T>, { text }: Name, value: T): void {
  if (!map.has(text)) map.set(text, value);
}
