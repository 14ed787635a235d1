/** How a row of the catalogue is held. */
export type Proof =
  /** By tests of this folder whose titles begin with the row's number. */
  | { readonly kind: "tested"; readonly note?: string }
  /** By tests that stand with what they are about; each title as it is in the source. */
  | {
      readonly kind: "covered";
      readonly by: readonly (readonly [file: string, title: string])[];
      readonly note?: string;
    }
  /** Not built yet: the part that it comes with. */
  | { readonly kind: "not yet"; readonly part: string }
  | { readonly kind: "does not apply"; readonly why: string };

/** One fault that a gateway meets, and what is asked of it. */
export interface FaultRow {
  readonly number: number;
  readonly fault: string;
  /** What the client gets. */
  readonly client: string;
  /** What must hold beside it. */
  readonly holds: string;
  readonly proof: Proof;
}

export function row(
  number: number,
  fault: string,
  [client, holds]: readonly [client: string, holds: string],
  proof: Proof,
): FaultRow {
  return { number, fault, client, holds, proof };
}

export const tested: Proof = { kind: "tested" };
export const testedBut = (note: string): Proof => ({ kind: "tested", note });
export const notYet = (part: string): Proof => ({ kind: "not yet", part });
export const notHere = (why: string): Proof => ({ kind: "does not apply", why });
export const covered = (file: string, ...titles: readonly string[]): Proof => ({
  kind: "covered",
  by: titles.map((title) => [`test/${file}`, title]),
});
export const coveredBut = (note: string, proof: Proof): Proof =>
  proof.kind === "covered" ? { ...proof, note } : proof;
