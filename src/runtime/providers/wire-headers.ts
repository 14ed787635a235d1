import type { ModelRequest } from "../../protocol/model-request.ts";

/**
 * Flat header pairs of a provider with those that a client of the same wire adds. Of a list that both have (`anthropic-beta`), both
 * count; the very pairs where the client adds nothing.
 */
export function withWireHeaders(
  pairs: readonly string[],
  { wireHeaders = {} }: Pick<ModelRequest, "wireHeaders">,
): readonly string[] {
  const added = Object.entries(wireHeaders);
  if (added.length === 0) return pairs;
  const out = [...pairs];
  for (const [name, value] of added) {
    const at = out.findIndex((word, index) => index % 2 === 0 && word === name);
    if (at < 0) out.push(name, value);
    else out[at + 1] = [...new Set(`${out[at + 1]},${value}`.split(","))].join(",");
  }
  return out;
}
