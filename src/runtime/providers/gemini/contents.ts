import type { ResultPart, Turn } from "../../../protocol/conversation.ts";
import { Carrier } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { fileParts, imagePart, otherParts, type WirePart } from "./media.ts";
import { modelParts, type TurnContext } from "./model-parts.ts";
import type { ModelTraits } from "./model-traits.ts";

/** One content of a request. */
export interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly WirePart[];
}

/** A result waits for its call, whose name it has to bear. */
type Piece = WirePart | ResultPart;

interface Draft {
  readonly role: "user" | "model";
  readonly pieces: Piece[];
}

const placeholder: WirePart = { text: "(The conversation goes on.)" };

/**
 * Turns a conversation into the wire's contents: system text hoisted from wherever it stood, neighbours of one role merged, and
 * behind each content with calls one answer per call, in the order of the calls, under the function's name.
 */
export function toContents(
  turns: readonly Turn[],
  context: TurnContext,
): { readonly system: readonly WirePart[]; readonly contents: readonly Content[] } {
  const system: WirePart[] = [];
  const drafts: Draft[] = [];
  for (const turn of turns) {
    if (turn.role === "system" || turn.role === "developer")
      for (const part of systemParts(turn, context)) system.push(part);
    else if (turn.role === "assistant") append(drafts, "model", modelParts(turn, context));
    else append(drafts, "user", userPieces(turn, context));
  }
  const contents = settle(drafts, context.traits);
  if (contents.length === 0)
    return { system: [], contents: system.length === 0 ? [] : [{ role: "user", parts: system }] };
  return {
    system,
    contents:
      contents[0]?.role === "model"
        ? [{ role: "user", parts: [placeholder] }, ...contents]
        : contents,
  };
}

function append(drafts: Draft[], role: Draft["role"], pieces: readonly Piece[]): void {
  if (pieces.length === 0) return;
  const last = drafts.at(-1);
  if (last?.role === role) for (const piece of pieces) last.pieces.push(piece);
  else drafts.push({ role, pieces: [...pieces] });
}

function systemParts({ parts }: Turn, { carrier }: TurnContext): readonly WirePart[] {
  return parts.flatMap((part) => {
    if (part.kind === "text") return part.text === "" ? [] : [{ text: part.text }];
    carrier.cannot(part.path, "anything but text in a system turn");
    return [];
  });
}

/** What the user's side says; the wire has no place for a speaker's name, so it stands before the text. */
function userPieces(turn: Turn, { carrier }: TurnContext): readonly Piece[] {
  const pieces: Piece[] = [];
  let speaker = turn.name === null ? "" : `${turn.name}: `;
  for (const part of turn.parts) {
    if (part.kind === "text" || part.kind === "refusal") {
      if (part.text === "") continue;
      pieces.push({ text: speaker + part.text });
      speaker = "";
    } else if (part.kind === "result") pieces.push(carriedResult(part, carrier));
    else pieces.push(...otherParts(part, carrier));
  }
  return pieces;
}

/** A result without what cannot be carried. */
function carriedResult(result: ResultPart, carrier: Carrier): ResultPart {
  const parts = result.parts.filter((part) => {
    if (part.kind === "foreign") carrier.cannot(part.path, `content of type ${part.type}`);
    if (part.kind === "image") return imagePart(part, carrier) !== null;
    if (part.kind === "file") return fileParts(part, carrier).length > 0;
    return part.kind === "text";
  });
  return { ...result, parts };
}

function isResult(piece: Piece): piece is ResultPart {
  return piece["kind"] === "result" && Array.isArray(piece["parts"]);
}

/** Pairs calls and results: a missing result is made up as an error, one without a call becomes text. */
function settle(drafts: readonly Draft[], traits: ModelTraits): readonly Content[] {
  const contents: Content[] = [];
  const answersNext = (at: number): boolean => drafts[at + 1]?.role === "user";
  for (const [at, { role, pieces }] of drafts.entries()) {
    if (role === "user") {
      contents.push({ role, parts: answered(callsOf(drafts[at - 1]), pieces, traits) });
      continue;
    }
    contents.push({ role, parts: answered([], pieces, traits) });
    const calls = callsOf(drafts[at]);
    if (calls.length > 0 && !answersNext(at))
      contents.push({ role: "user", parts: answered(calls, [], traits) });
  }
  return contents;
}

interface Call {
  readonly id: string;
  readonly name: string;
}

function callsOf(draft: Draft | undefined): readonly Call[] {
  if (draft?.role !== "model") return [];
  return draft.pieces.flatMap((piece) => {
    const call = isResult(piece) ? null : piece["functionCall"];
    return isFields(call) ? [{ id: String(call["id"]), name: String(call["name"]) }] : [];
  });
}

/** A content's parts, results of the calls before it first. */
function answered(
  calls: readonly Call[],
  pieces: readonly Piece[],
  traits: ModelTraits,
): readonly WirePart[] {
  const results = pieces.filter(isResult);
  const open = new Set(results);
  // Of several results of one call the first is at the end.
  const byCall = Map.groupBy(results.toReversed(), ({ callId }) => callId);
  const responses: WirePart[] = [];
  const beside: WirePart[] = [];
  for (const call of calls) {
    const result = byCall.get(call.id)?.pop();
    if (result === undefined) {
      responses.push(responseOf(call, { error: "No result was given." }));
      continue;
    }
    open.delete(result);
    const text = textOf(result);
    const media = mediaOf(result);
    const inside = traits.takesMediaInResults && media.length > 0 ? { parts: media } : {};
    responses.push(responseOf(call, result.isError ? { error: text } : { output: text }, inside));
    if (!traits.takesMediaInResults) for (const part of media) beside.push(part);
  }
  const rest = pieces.flatMap((piece) => {
    if (!isResult(piece)) return [piece];
    return open.has(piece) ? asText(piece) : [];
  });
  return [...responses, ...beside, ...rest];
}

function responseOf(call: Call, response: object, inside: object = {}): WirePart {
  return { functionResponse: { id: call.id, name: call.name, response, ...inside } };
}

function asText(result: ResultPart): readonly WirePart[] {
  return [{ text: `(Result of an earlier tool call) ${textOf(result)}` }, ...mediaOf(result)];
}

function textOf({ parts }: ResultPart): string {
  return parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n");
}

/** Images and files of a result; what of them cannot be carried was told and taken out before. */
function mediaOf({ parts }: ResultPart): readonly WirePart[] {
  const silent = new Carrier(true);
  return parts.flatMap((part) => {
    if (part.kind === "image") return imagePart(part, silent) ?? [];
    return part.kind === "file" ? fileParts(part, silent) : [];
  });
}
