import type { IToken } from "chevrotain";
import * as s from "../../../grammar/slip-tokens.ts";
import * as t from "../../../grammar/tokens.ts";
import type { Amended } from "./amended.ts";
import { type Reading, touch } from "./reading.ts";

/** What stands for an opening brace: a bracket where a list is due, a parenthesis behind a name that it touches. */
function opener({ tokens, index }: Reading): "[" | "(" | "" {
  const before = tokens[index - 1];
  const type = before?.tokenType;
  if (type === t.In || type === t.Of || type === t.Is) return "[";
  return type === t.Name && touch(before, tokens[index]) ? "(" : "";
}

const closerOf: Readonly<Record<string, string>> = { "[": "]", "(": ")", "": "" };

/** What stands for a closing brace: what closes the last thing that is open. */
function closer(reading: Reading): string {
  const open: string[] = [];
  for (let index = 0; index < reading.index; index += 1) {
    const { image, tokenType } = reading.tokens[index] as IToken;
    if (image === "[" || image === "(") open.push(image);
    else if (tokenType === s.Brace && image === "{") open.push(opener({ ...reading, index }));
    else if (image === "]" || image === ")" || image === "}") open.pop();
  }
  return closerOf[open.at(-1) ?? ""] ?? "";
}

/** `{a, b}` for a list, `supports{tools}`; braces round a rule stand for nothing. */
export function amendBrace(image: string, reading: Reading): Amended {
  const text = image === "{" ? opener(reading) : closer(reading);
  return {
    code: "P0105",
    message: `\`${image}\` has no meaning here`,
    help:
      text === ""
        ? "rules need no braces; conditions are grouped with `( )`, lists with `[ ]`"
        : `write \`${text}\``,
    text,
  };
}
