const blocks = "▁▂▃▄▅▆▇█";

/** Figures in a row of blocks, the highest as high as `most`; nothing where there is no figure, and the lowest block for more than none. */
export function sparkline(values: readonly (number | null)[], most: number): string {
  return values
    .map((value) => {
      if (value === null || value <= 0 || most <= 0) return value === null ? " " : "▁";
      const step = Math.ceil((value / most) * (blocks.length - 1));
      return blocks[Math.min(step, blocks.length - 1)];
    })
    .join("");
}

/** At most so many figures: neighbours become one, by their sum or by the largest of them. */
export function squeezed(
  values: readonly (number | null)[],
  most: number,
  by: "sum" | "largest",
): readonly (number | null)[] {
  const of = Math.ceil(values.length / most);
  if (of <= 1) return values;
  return Array.from({ length: Math.ceil(values.length / of) }, (_, place) => {
    const part = values.slice(place * of, (place + 1) * of).filter((value) => value !== null);
    if (part.length === 0) return null;
    return by === "sum" ? part.reduce((sum, value) => sum + value, 0) : Math.max(...part);
  });
}
