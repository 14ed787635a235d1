import type { Reasoning } from "../../protocol/conversation.ts";
import { sealThought } from "../seal.ts";

/**
 * What a client keeps of a block of thinking in `encrypted_content` and sends back: proofs of other makers have no field of
 * their own on this wire. Null when there is nothing to keep. Thinking of this wire's own kind stays bare, so that it can be
 * sent to its maker whoever is asked next; its maker wants it under the id it gave.
 */
export function sealReasoning(reasoning: Reasoning, itemId: string): string | null {
  const { signature, encrypted, id, dialect = null } = reasoning;
  if (signature === null && encrypted === null) return null;
  const isOwn = dialect === null || dialect === "responses";
  return isOwn && signature === null && id === itemId ? encrypted : sealThought(reasoning);
}
