import type { Fields, Part, Turn } from "../../protocol/conversation.ts";
import { isFields, textOf } from "../fields.ts";
import { CallLedger } from "./call-ledger.ts";
import { partsOf } from "./to-parts.ts";

interface Draft extends Turn {
  readonly parts: Part[];
}

/**
 * The turns of a checked body, its system instruction first. Clients keep each piece of a stream as a content of its own, so that
 * contents of the model that follow one another are one turn, and pieces of one thought one part.
 */
export function turnsOf(body: Fields): readonly Turn[] {
  const contents = fieldsIn(body["contents"]);
  const ledger = new CallLedger(idsOfCalls(contents));
  const turns: Draft[] = [...systemTurn(body["systemInstruction"])];
  for (const [at, content] of contents.entries()) {
    const role = content["role"] === "model" ? "assistant" : "user";
    const path = `contents[${at}]`;
    let turn = turns.at(-1);
    if (turn?.role !== role || role === "user") {
      if (role === "assistant") ledger.turnOfModel();
      turn = { role, name: null, parts: [], path };
      turns.push(turn);
    }
    for (const [index, part] of fieldsIn(content["parts"]).entries()) {
      const place = { path: `${path}.parts[${index}]`, short: `${at}_${index}` };
      for (const said of partsOf(part, place, ledger)) append(turn.parts, said);
    }
  }
  return turns.filter(({ parts }) => parts.length > 0);
}

function systemTurn(instruction: unknown): readonly Draft[] {
  const parts = fieldsIn(isFields(instruction) ? instruction["parts"] : null);
  const path = "systemInstruction";
  const said = parts.flatMap((part, at) => {
    const place = { path: `${path}.parts[${at}]`, short: `system_${at}` };
    return partsOf(part, place, new CallLedger([]));
  });
  return said.length === 0 ? [] : [{ role: "system", name: null, parts: said, path }];
}

function idsOfCalls(contents: readonly Fields[]): readonly string[] {
  return contents
    .flatMap(({ parts }) => fieldsIn(parts))
    .flatMap(({ functionCall: call }) => (isFields(call) ? [textOf(call["id"]) ?? ""] : []));
}

/** Adds a part; what goes on with the thought before it, up to its proof, is put to that. */
function append(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  if (last?.kind !== "reasoning" || part.kind !== "reasoning" || isProved(last.reasoning)) {
    parts.push(part);
    return;
  }
  const text = last.reasoning.text + part.reasoning.text;
  parts[parts.length - 1] = { ...last, reasoning: { ...part.reasoning, text } };
}

function isProved({ signature, encrypted }: Extract<Part, { kind: "reasoning" }>["reasoning"]) {
  return signature !== null || encrypted !== null;
}

function fieldsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isFields) : [];
}
