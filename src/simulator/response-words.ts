import { fieldsOf, isRow, listOf, type Row, unwrapped } from "./row.ts";

/** An answer of more letters is compared by its first ones. */
const mostLetters = 20_000;
/** What LiteLLM writes where it was told to keep no answer (`turn_off_message_logging`), and a stream as it was sent, whose words are in pieces. */
const untold = /^(redacted-by-litellm|\s*(data|event):)/;
/** A body has choices, these a message, and that has parts. */
const deepest = 6;

/**
 * What an answer says, in words, as logs hold it: a text, or the body of chat completions, completions, Messages or Responses, or a message of
 * one; texts, and what it calls with which arguments. Null where it says nothing that is known; `most` letters of them.
 */
export function wordsOfResponse(response: unknown, most = mostLetters): string | null {
  const value = unwrapped(response);
  const said = typeof value === "string" ? [value] : saidInAll(isRow(value) ? [value] : value, 0);
  const words = said.join("\n").slice(0, most);
  return words.trim() === "" || untold.test(words) ? null : words;
}

function saidInAll(value: unknown, depth: number): string[] {
  if (!Array.isArray(value) || depth > deepest) return [];
  return value.flatMap((each) => (isRow(each) ? saidIn(each, depth + 1) : []));
}

/** Of a body, a choice, a message or a part of one. */
function saidIn(row: Row, depth: number): string[] {
  for (const name of ["body", "message"] as const) {
    const within = fieldsOf(row[name]);
    if (within !== null) return saidInAll([within], depth);
  }
  for (const name of ["choices", "output"] as const) {
    const parts = listOf(row[name]);
    if (parts !== null) return saidInAll(parts, depth);
  }
  return [...textsIn(row, depth), ...callsIn(row)];
}

function textsIn(row: Row, depth: number): string[] {
  const { text, content, type } = row;
  if (type === "reasoning" || type === "thinking") return [];
  if (typeof text === "string") return [text];
  if (typeof content === "string") return [content];
  return saidInAll(listOf(content), depth);
}

function callsIn(row: Row): string[] {
  const { type, name } = row;
  if (type === "tool_use") return [`${String(name)} ${JSON.stringify(row["input"] ?? {})}`];
  if (type === "function_call") return [`${String(name)} ${String(row["arguments"] ?? "")}`];
  return (listOf(row["tool_calls"]) ?? []).flatMap((call) => {
    const called = fieldsOf(fieldsOf(call)?.["function"]);
    return called === null
      ? []
      : [`${String(called["name"])} ${String(called["arguments"] ?? "")}`];
  });
}
