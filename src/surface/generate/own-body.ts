import type { Fields } from "../../protocol/conversation.ts";
import { isFields } from "../fields.ts";
import { openProof } from "./proof.ts";

/**
 * The body as the makers of this wire take it: thinking under a seal is another maker's, which they would refuse, and so are the
 * empty texts that end a stream. The very same object where there is nothing of this.
 */
export function ownBody(body: Fields): Fields {
  const { contents } = body;
  if (!Array.isArray(contents)) return body;
  let changed = false;
  const kept = contents.flatMap((content: unknown) => {
    const parts: unknown = isFields(content) ? content["parts"] : null;
    if (!isFields(content) || !Array.isArray(parts)) return [content];
    const own = parts.flatMap(ownPart);
    if (own.length === parts.length && own.every((part, at) => part === parts[at]))
      return [content];
    changed = true;
    return own.length === 0 ? [] : [{ ...content, parts: own }];
  });
  return changed ? { ...body, contents: kept } : body;
}

function ownPart(part: unknown): readonly unknown[] {
  if (!isFields(part)) return [part];
  const { thoughtSignature: signature, ...unsigned } = part;
  const seal = openProof(signature);
  if (seal === null) return part["text"] === "" && !signature ? [] : [part];
  if (seal.dialect === "generate" && seal.signature !== null)
    return [{ ...part, thoughtSignature: seal.signature }];
  return part["thought"] === true || part["text"] === "" ? [] : [unsigned];
}
