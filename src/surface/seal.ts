import { isDialect, type Reasoning } from "../protocol/conversation.ts";

/**
 * Some wires have one place for a proof of thinking and none for its model or its id, nor for a proof of a call, while proofs are
 * taken by the model alone that gave them. So what goes out in that place is sealed together with them, and comes back so.
 */
export type Seal =
  | ({ readonly kind: "thought" } & Omit<Reasoning, "text">)
  | { readonly kind: "call"; readonly id: string; readonly signature: string };

const mark = "signalbox-1:";

export function sealThought(reasoning: Omit<Reasoning, "text">): string {
  const { model, dialect = null, signature, encrypted, id, summary } = reasoning;
  const flag = summary ? "summary" : null;
  return mark + JSON.stringify(["thought", model, dialect, signature, encrypted, id, flag]);
}

/** A proof of a call, named by the id that the client knows it by. */
export function sealCall(id: string, signature: string): string {
  return mark + JSON.stringify(["call", id, signature]);
}

/** What was sealed; null for text that no seal of ours begins. A broken seal is thinking without any proof. */
export function openSeal(text: unknown): Seal | null {
  if (typeof text !== "string" || !text.startsWith(mark)) return null;
  const [kind = null, ...rest] = words(text.slice(mark.length));
  const [first = null, second = null, third = null, fourth = null, fifth = null, sixth = null] =
    rest;
  if (kind === "call" && first !== null && second !== null)
    return { kind, id: first, signature: second };
  if (kind !== "thought") return { kind: "thought", ...noProof };
  return {
    kind,
    model: first,
    ...(isDialect(second) ? { dialect: second } : {}),
    signature: third,
    encrypted: fourth,
    id: fifth,
    summary: sixth !== null,
  };
}

const noProof: Omit<Reasoning, "text"> = {
  model: null,
  signature: null,
  encrypted: null,
  id: null,
  summary: false,
};

function words(text: string): readonly (string | null)[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value)
      ? value.map((item) => (typeof item === "string" ? item : null))
      : [];
  } catch {
    return [];
  }
}
