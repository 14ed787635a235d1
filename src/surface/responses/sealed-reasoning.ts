import type { Dialect, Reasoning } from "../../protocol/conversation.ts";
import { isObject } from "./field-checks.ts";

/** Marks what we sealed; no provider's encrypted thinking, which is base64, begins like it. */
const mark = "signalbox.1:";

/** What of a block of thinking is no text. */
export type Proofs = Omit<Reasoning, "text" | "summary">;

/**
 * What a client keeps of a block of thinking in `encrypted_content` and sends back: proofs of other makers have no field of
 * their own on this wire. Null when there is nothing to keep. Thinking of this wire's own kind stays bare, so that it can be
 * sent to its maker whoever is asked next; its maker wants it under the id it gave.
 */
export function sealReasoning(reasoning: Reasoning, itemId: string): string | null {
  const { signature, encrypted, id, model, dialect = null } = reasoning;
  if (signature === null && encrypted === null) return null;
  const isOwn = dialect === null || dialect === "responses";
  if (isOwn && signature === null && id === itemId) return encrypted;
  return mark + JSON.stringify({ signature, encrypted, id, model, dialect });
}

/** The proof of a call, for a thinking item of its own before the call. */
export function sealCall(call: string, signature: string): string {
  return mark + JSON.stringify({ call, signature });
}

export type Unsealed =
  | { readonly kind: "reasoning"; readonly proofs: Proofs }
  | { readonly kind: "call"; readonly call: string; readonly signature: string };

/** Opens what `sealReasoning` and `sealCall` closed; null for what was never sealed. A broken seal proves nothing. */
export function openSeal(content: unknown): Unsealed | null {
  if (typeof content !== "string" || !content.startsWith(mark)) return null;
  const { call, signature, dialect, ...proofs } = parsed(content.slice(mark.length));
  if (typeof call === "string" && typeof signature === "string")
    return { kind: "call", call, signature };
  return {
    kind: "reasoning",
    proofs: {
      signature: textOf(signature),
      encrypted: textOf(proofs["encrypted"]),
      id: textOf(proofs["id"]),
      model: textOf(proofs["model"]),
      ...(dialects.has(dialect) ? { dialect: dialect as Dialect } : {}),
    },
  };
}

const dialects: ReadonlySet<unknown> = new Set<Dialect>([
  "chat",
  "responses",
  "messages",
  "generate",
  "completions",
  "embeddings",
  "plain",
]);

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
