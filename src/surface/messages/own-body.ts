import type { Fields } from "../../protocol/conversation.ts";
import { isFields, listOfFields } from "../fields.ts";
import { openSeal } from "../seal.ts";

/**
 * The body as the makers of this wire take it: their own proofs of thinking laid bare again; thinking of all others left out, which
 * they would refuse, and citations that no search of theirs found. The very same object where there is nothing of this.
 */
export function ownBody(body: Fields): Fields {
  const { messages } = body;
  if (!Array.isArray(messages)) return body;
  let changed = false;
  const kept = messages.flatMap((message: unknown) => {
    const blocks: unknown = isFields(message) ? message["content"] : null;
    if (!isFields(message) || !Array.isArray(blocks)) return [message];
    const content = blocks.flatMap(ownBlock);
    if (content.length === blocks.length && content.every((block, at) => block === blocks[at]))
      return [message];
    changed = true;
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return changed ? { ...body, messages: kept } : body;
}

function ownBlock(block: unknown): readonly unknown[] {
  if (!isFields(block)) return [block];
  if (block["type"] === "text") return [withOwnCitations(block)];
  const field = proofFields.get(block["type"]);
  const seal = field === undefined ? null : openSeal(block[field]);
  if (field === undefined || seal === null) return [block];
  if (seal.kind !== "thought" || seal.dialect !== "messages") return [];
  const proof = field === "signature" ? seal.signature : seal.encrypted;
  return proof === null ? [] : [{ ...block, [field]: proof }];
}

/** Where each kind of thinking carries its proof. */
const proofFields: ReadonlyMap<unknown, string> = new Map([
  ["thinking", "signature"],
  ["redacted_thinking", "data"],
]);

/** Citations of a search name their place in its results; those of other providers have none. */
function withOwnCitations(block: Fields): Fields {
  const citations = listOfFields(block["citations"]);
  const own = citations.filter((citation) => citation["encrypted_index"] !== "");
  if (own.length === citations.length) return block;
  return { ...block, citations: own.length === 0 ? null : own };
}
