import type { Fields } from "../../protocol/conversation.ts";
import { isObject } from "../../protocol/field-checks.ts";
import { openSeal } from "../seal.ts";

/**
 * The body as the makers of this wire take it: their own thinking laid bare again, that of all others left out, which they could
 * not read. The very same object where nothing was sealed.
 */
export function ownBody(body: Fields): Fields {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const own = input.flatMap(ownItem);
  return own.length === input.length && own.every((item, at) => item === input[at])
    ? body
    : { ...body, input: own };
}

function ownItem(item: unknown): readonly unknown[] {
  if (!isObject(item) || item["type"] !== "reasoning") return [item];
  const seal = openSeal(item["encrypted_content"]);
  if (seal === null) return [item];
  if (seal.kind !== "thought" || seal.dialect !== "responses") return [];
  const { encrypted, id } = seal;
  return encrypted === null
    ? []
    : [{ ...item, id: id ?? item["id"], encrypted_content: encrypted }];
}
