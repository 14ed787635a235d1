import { hashToUnit } from "../../base/hash.ts";
import type { Route } from "../checker/checked-policy.ts";

type Split = Pick<Extract<Route, { readonly kind: "split" }>, "salt" | "shares">;

/** The target in whose share a key's hash falls: stable for a key, independent between salts; null without shares. */
export function targetOfShare({ salt, shares }: Split, key: string): string | null {
  let left = hashToUnit(`${salt}\n${key}`) * 10_000;
  for (const share of shares) {
    if (left < share.parts) return share.target;
    left -= share.parts;
  }
  return shares.at(-1)?.target ?? null;
}
