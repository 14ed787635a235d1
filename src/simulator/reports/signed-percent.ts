import { percent } from "../print-table.ts";

/** A part of something with its sign; zero bears none. */
export function signedPercent(share: number): string {
  const text = percent(Math.abs(share));
  if (!/[1-9]/.test(text)) return text;
  return `${share < 0 ? "-" : "+"}${text}`;
}
