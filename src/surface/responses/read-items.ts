import type { Fields, Part, Reasoning, Turn } from "../../protocol/conversation.ts";
import { openSeal } from "../seal.ts";
import { readContent, readOutput } from "./read-parts.ts";

/** Turns under way: items of one side that follow each other make one turn. */
interface Reading {
  readonly turns: Turn[];
  /** What of the last turn is still open for more items. */
  open: { readonly kind: "said" | "results"; readonly parts: Part[] } | null;
  /** Proofs of calls by the call's id. */
  readonly signatures: Map<string, string>;
}

/**
 * The turns of a checked `input`. Calls, thinking and what the model said join one turn, as do results that follow each other:
 * other wires know no items. An item of an unknown type is a turn of its own whose one part has the turn's path.
 */
export function readInput(input: unknown): readonly Turn[] {
  if (typeof input === "string")
    return [turnOf("user", "input", [{ kind: "text", text: input, path: "input" }])];
  if (!Array.isArray(input)) return [];
  const reading: Reading = { turns: [], open: null, signatures: new Map() };
  for (const [at, item] of (input as readonly Fields[]).entries())
    readItem(reading, item, `input[${at}]`);
  return reading.turns;
}

function readItem(reading: Reading, item: Fields, path: string): void {
  switch (item["type"] ?? "message") {
    case "message":
      readMessage(reading, item, path);
      return;
    case "reasoning":
      readReasoning(reading, item, path);
      return;
    case "function_call":
    case "custom_tool_call":
      join(reading, "said", path, [callOf(reading, item, path)]);
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      join(reading, "results", path, [
        {
          kind: "result",
          callId: String(item["call_id"]),
          parts: readOutput(item["output"], `${path}.output`),
          isError: false,
          path,
        },
      ]);
      return;
    default:
      readForeign(reading, item, path);
  }
}

function readMessage(reading: Reading, item: Fields, path: string): void {
  const role = item["role"] as Turn["role"];
  const parts = readContent(item["content"], `${path}.content`);
  if (role === "assistant") {
    join(reading, "said", path, parts);
    return;
  }
  reading.open = null;
  reading.turns.push(turnOf(role, path, parts));
}

function readReasoning(reading: Reading, item: Fields, path: string): void {
  const seal = openSeal(item["encrypted_content"]);
  if (seal?.kind === "call") {
    reading.signatures.set(seal.id, seal.signature);
    return;
  }
  const thought = textsOf(item["content"]);
  const summary = thought === "";
  const { kind: _kind, ...proofs } = seal ?? { kind: "thought", ...bareProofs(item) };
  const reasoning = {
    ...proofs,
    text: summary ? textsOf(item["summary"]) : thought,
    summary,
  };
  join(reading, "said", path, [{ kind: "reasoning", reasoning, path }]);
}

/** What nobody sealed is of this wire's own kind. */
function bareProofs(item: Fields): Omit<Reasoning, "text" | "summary"> {
  const encrypted = textOf(item["encrypted_content"]);
  const maker = encrypted === null ? {} : { dialect: "responses" as const };
  return { signature: null, encrypted, id: textOf(item["id"]), model: null, ...maker };
}

function callOf(reading: Reading, item: Fields, path: string): Part {
  const custom = item["type"] === "custom_tool_call";
  const id = String(item["call_id"]);
  return {
    kind: "call",
    id,
    name: String(item["name"]),
    args: String(item[custom ? "input" : "arguments"]),
    custom,
    signature: reading.signatures.get(id) ?? null,
    path,
  };
}

function readForeign(reading: Reading, item: Fields, path: string): void {
  const type = String(item["type"]);
  const role = /_(?:output|response)$/.test(type) ? "user" : "assistant";
  reading.open = null;
  reading.turns.push(
    turnOf(role, path, [{ kind: "foreign", dialect: "responses", type, value: item, path }]),
  );
}

/** Puts parts into the turn under way when it is of the same side, else into a new one. */
function join(
  reading: Reading,
  kind: "said" | "results",
  path: string,
  parts: readonly Part[],
): void {
  if (reading.open?.kind === kind) {
    for (const part of parts) reading.open.parts.push(part);
    return;
  }
  const all = [...parts];
  reading.open = { kind, parts: all };
  reading.turns.push(turnOf(kind === "said" ? "assistant" : "user", path, all));
}

function turnOf(role: Turn["role"], path: string, parts: readonly Part[]): Turn {
  return { role, name: null, parts, path };
}

/** Texts of summary or content parts, joined as paragraphs. */
function textsOf(parts: unknown): string {
  if (!Array.isArray(parts)) return "";
  return (parts as readonly Fields[]).map((part) => String(part["text"])).join("\n\n");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
