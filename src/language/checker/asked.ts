import type { AstOption } from "../syntax/ast.ts";
import { createContext } from "./context.ts";
import { Operands } from "./operands.ts";
import type { Asked } from "./option-arguments.ts";
import { readOptions } from "./options.ts";
import { Report } from "./report.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What may stand behind the arguments that an option has so far: whatever its reader looks for there. */
export function askedBehind(option: AstOption, vocabulary: Vocabulary): readonly Asked[] {
  const asked: Asked[] = [];
  const scope = {
    vocabulary,
    lets: new Map(),
    pools: new Map(),
    intents: new Map(),
    intentValues: [],
    incomplete: true,
  };
  const context = createContext(new Report(), scope, new Map());
  const setting = { context, operands: new Operands(), place: "", isCarriedOut: true, asked };
  readOptions(setting, [option]);
  return asked;
}
