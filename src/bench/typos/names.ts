import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import { causes as failureCauses } from "../../protocol/cause.ts";
import type { Example } from "./fault.ts";

export type NameKind = "target" | "fact" | "cause" | "option" | "pool";

const options = ["timeout", "deadline", "first-token", "idle", "retry", "max_tokens", "tag"];

/** Every known name of an example by kind. */
export function names({ tokens, setting }: Example): Readonly<Record<NameKind, string[]>> {
  const pools = tokens.flatMap((token, index) =>
    tokens[index - 1]?.tokenType === t.Pool ? [token.image] : [],
  );
  return {
    target: [...setting.targets.keys()],
    fact: [...setting.facts.keys()].filter((name) => !t.keywordOf.has(name)),
    cause: [...failureCauses],
    option: options,
    pool: pools,
  };
}

const beforeTarget: ReadonlySet<TokenType | undefined> = new Set([
  ...[t.Then, t.Else, t.Otherwise, t.Fallback, t.Percent],
]);

/** What kind of name belongs where a name stands; null where that is not told by its neighbours. */
export function placeKind({ tokens, setting }: Example, index: number): NameKind | null {
  const token = tokens[index];
  const [before, after] = [tokens[index - 1]?.tokenType, tokens[index + 1]?.tokenType];
  if (token === undefined || after === t.Of) return null;
  if (before === t.Of && token.tokenType === t.Name) return "pool";
  if (beforeTarget.has(before)) return "target";
  if (before === t.With) return "option";
  if (before === t.On || (before === t.Or && isCause(token.image))) return "cause";
  if (before === t.Equal || before === t.Comma || before === t.LeftBracket) {
    return setting.targets.has(token.image) ? "target" : null;
  }
  return setting.facts.has(token.image) ? "fact" : null;
}

function isCause(image: string): boolean {
  return failureCauses.some((cause) => cause === image);
}
