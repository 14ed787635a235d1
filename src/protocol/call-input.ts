import type { Fields } from "./conversation.ts";

/** Arguments of a call as an object; what a model wrote that is none is kept under `_raw`. */
export function callInput(args: string): Fields {
  if (args.trim() === "") return {};
  const value = parsed(args);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : { _raw: args };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
