import { createHash, randomBytes } from "node:crypto";

/** A client's secret as it is made here, and what may be kept of it. */
export interface NewSecret {
  readonly secret: string;
  /** Its first letters, for people to know it by. */
  readonly prefix: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Bits of chance: 288, of which those of the shown letters are known to more people. */
const bytes = 36;
const shownLetters = 4;
const start = "sb-";

/** Makes a secret: `sb-` and 48 letters, digits, `-` and `_`. */
export function newSecret(): NewSecret {
  const secret = start + randomBytes(bytes).toString("base64url");
  return { secret, prefix: secret.slice(0, start.length + shownLetters), sha256: sha256Of(secret) };
}

/** What is kept of a secret. It is not to be guessed, so that a slow hash would protect nothing. */
export function sha256Of(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
