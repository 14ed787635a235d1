import { randomUUID } from "node:crypto";
import { isFields } from "../error-signal.ts";

type Fields = Readonly<Record<string, unknown>>;
type Loose = Record<string, unknown>;

const finishReasons: ReadonlyMap<string, string> = new Map([
  ["model_length", "length"],
  ["max_tokens", "length"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["stop_sequence", "stop"],
  ["end_turn", "stop"],
  ["tool_use", "tool_calls"],
  ["insufficient_system_resource", "error"],
]);

/** A finish reason in OpenAI's words; `error` for those that mean a failure, unknown ones as they came, null for none. */
export function finishOf(reason: unknown): string | null {
  if (typeof reason !== "string" || reason === "") return null;
  return finishReasons.get(reason) ?? reason;
}

/**
 * A message or delta with reasoning under its one documented name, `reasoning_content`, and content as a string. The very
 * object where nothing departs.
 */
export function normaliseMessage(message: Fields): Fields {
  const named = message["reasoning"];
  const renames = typeof named === "string" && message["reasoning_content"] === undefined;
  const parts = Array.isArray(message["content"]) ? message["content"] : null;
  if (!renames && parts === null) return message;
  const out: Loose = { ...message };
  if (renames) {
    delete out["reasoning"];
    out["reasoning_content"] = named;
  }
  if (parts !== null) flatten(out, parts);
  return out;
}

/** Content parts as some providers answer them: text goes to `content`, thinking to `reasoning_content`. */
function flatten(out: Loose, parts: readonly unknown[]): void {
  let content = "";
  let reasoning = "";
  for (const part of parts) {
    if (!isFields(part)) continue;
    if (typeof part["text"] === "string") content += part["text"];
    const thinking = part["thinking"];
    for (const step of Array.isArray(thinking) ? thinking : [])
      if (isFields(step) && typeof step["text"] === "string") reasoning += step["text"];
  }
  out["content"] = content;
  if (reasoning !== "") out["reasoning_content"] = reasoning;
}

/** Calls of a whole message with ids, types and string arguments; null where all have them. */
export function repairCalls(calls: unknown): readonly unknown[] | null {
  if (!Array.isArray(calls)) return null;
  let changed = false;
  const repaired = calls.map((call: unknown) => {
    if (!isFields(call)) return call;
    const called = isFields(call["function"]) ? call["function"] : null;
    const plain = called === null || typeof called["arguments"] === "string";
    const named = typeof call["id"] === "string" && call["id"] !== "";
    if (plain && named && typeof call["type"] === "string") return call;
    changed = true;
    const id = named ? call["id"] : newCallId();
    const out: Loose = { ...call, id, type: call["type"] ?? "function" };
    if (!plain)
      out["function"] = { ...called, arguments: JSON.stringify(called?.["arguments"] ?? {}) };
    return out;
  });
  return changed ? repaired : null;
}

/** An id for a call whose provider gave none. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}
