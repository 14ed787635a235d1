import { writeText } from "../syntax/escapes.ts";
import { parse } from "../syntax/parse.ts";

/** A target's name or a value as a policy can write it: bare where the grammar takes it so, else in quotes. */
export function asWritten(text: string): string {
  // The grammar itself tells which words are reserved. What is no single word is not tried.
  const isWord = /^[\w.-]{1,200}$/.test(text);
  const isBare = isWord && parse({ file: "", text: `otherwise ${text}` }).ast !== null;
  return isBare ? text : writeText(text);
}
