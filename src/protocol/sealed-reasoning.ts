import type { Reasoning } from "./conversation.ts";

/** Marks what we sealed; no provider's encrypted thinking, which is base64, begins like it. */
const mark = "signalbox.1:";

/** Whether a client's `encrypted_content` was sealed here, so that no provider can read it. */
export function isSealed(content: unknown): boolean {
  return typeof content === "string" && content.startsWith(mark);
}

/**
 * What a client keeps of a block of thinking in `encrypted_content` and sends back: proofs of other makers have no field of
 * their own on this wire. Null when there is nothing to keep. Thinking of this wire's own kind stays bare, so that it can be
 * sent to its maker whoever is asked next; its maker wants it under the id it gave.
 */
export function sealReasoning(reasoning: Reasoning, itemId: string): string | null {
  const { signature, encrypted, id, model } = reasoning;
  if (signature === null && encrypted === null) return null;
  if (signature === null && id === itemId) return encrypted;
  return mark + JSON.stringify({ signature, encrypted, id, model });
}

/** The proof of a call, for a thinking item of its own before the call. */
export function sealCall(call: string, signature: string): string {
  return mark + JSON.stringify({ call, signature });
}

export type Unsealed =
  | {
      readonly kind: "reasoning";
      readonly proofs: Pick<Reasoning, "signature" | "encrypted" | "id" | "model">;
    }
  | { readonly kind: "call"; readonly call: string; readonly signature: string };

/** Opens what `sealReasoning` and `sealCall` closed; anything else is a maker's own, with the item's id. */
export function unseal(sealed: string | null, itemId: string | null): Unsealed {
  const fields = sealed?.startsWith(mark) === true ? parsed(sealed.slice(mark.length)) : null;
  if (fields === null) {
    const proofs = { signature: null, encrypted: sealed, id: itemId, model: null };
    return { kind: "reasoning", proofs };
  }
  const { call, signature } = fields;
  if (typeof call === "string" && typeof signature === "string")
    return { kind: "call", call, signature };
  const proofs = {
    signature: textOf(signature),
    encrypted: textOf(fields["encrypted"]),
    id: textOf(fields["id"]),
    model: textOf(fields["model"]),
  };
  return { kind: "reasoning", proofs };
}

function parsed(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
