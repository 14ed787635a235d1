import type { Reasoning } from "../../protocol/conversation.ts";
import { openSeal, type Seal, sealThought } from "../seal.ts";

/** How every seal begins in base64. */
const begins = "c2lnbmFsYm94LTE6";

/**
 * What stands in `thoughtSignature` for a block of thinking: the proof itself where its maker speaks this wire, else sealed with what
 * tells whose it is. Base64, as the wire's clients decode it. Null where nobody gave a proof. `model` answers.
 */
export function proofOf(reasoning: Reasoning, model: string): string | null {
  const { signature, encrypted, dialect } = reasoning;
  if (signature === null && encrypted === null) return null;
  if (dialect === "generate" && signature !== null) return signature;
  const sealed = sealThought({ ...reasoning, model: reasoning.model ?? model });
  return btoa(sealed.replaceAll(/[\u0080-\uffff]/g, escaped));
}

/** Seals are JSON, in which every character can be written in ASCII. */
function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The seal in a signature that a client sent back, in either alphabet of base64; null where it is a maker's own. */
export function openProof(signature: unknown): Extract<Seal, { kind: "thought" }> | null {
  if (typeof signature !== "string" || !signature.startsWith(begins)) return null;
  const seal = openSeal(plainText(signature));
  return seal?.kind === "thought" ? seal : noProof();
}

/** A seal that no longer opens: thinking of another maker without a proof. */
function noProof(): Extract<Seal, { kind: "thought" }> {
  return {
    kind: "thought",
    model: null,
    signature: null,
    encrypted: null,
    id: null,
    summary: false,
  };
}

function plainText(base64: string): string {
  try {
    return atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}
