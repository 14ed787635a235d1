import type { LogFormat } from "../log-format.ts";
import { burstgpt } from "./burstgpt.ts";
import { helicone } from "./helicone.ts";
import { langfuse } from "./langfuse.ts";
import { litellm, litellmSpend } from "./litellm.ts";
import { mooncake } from "./mooncake.ts";
import { portkey } from "./portkey.ts";
import type { RowFormat } from "./row-format.ts";

/** Those told apart first stand first. */
export const rowFormats: readonly RowFormat[] = [
  litellmSpend,
  litellm,
  langfuse,
  helicone,
  portkey,
  mooncake,
  burstgpt,
];

const byName: ReadonlyMap<LogFormat, RowFormat> = new Map(
  rowFormats.map((each) => [each.format, each]),
);

/** The format of a name; null for one that is none of rows. */
export function rowFormatNamed(name: LogFormat | null): RowFormat | null {
  return name === null ? null : (byName.get(name) ?? null);
}

/** The format of rows with such fields; null for none of them. */
export function rowFormatOf(has: (field: string) => boolean): RowFormat | null {
  return rowFormats.find((each) => each.isOf(has)) ?? null;
}
