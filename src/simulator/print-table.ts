const widestCell = 48;

export type Align = "left" | "right";

/** A table in plain text: the first column to the left, others to the right unless told; wide cells are cut. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[] = [],
): string {
  if (rows.length === 0) return "";
  const cut = (cell: string): string =>
    cell.length > widestCell ? `${cell.slice(0, widestCell - 1)}…` : cell;
  const cells = [head, ...rows].map((row) => row.map(cut));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const align = aligns[column] ?? (column === 0 ? "left" : "right");
        const width = widths[column] ?? 0;
        return align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

export function requestsOf(value: number): string {
  return `${count(value)} ${value === 1 ? "request" : "requests"}`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function ms(value: number): string {
  return `${value.toLocaleString("en", { maximumFractionDigits: 0 })} ms`;
}

/** Report amounts are dollars already; below a dollar four digits tell them apart. */
export function dollars(value: number): string {
  if (value === 0) return "$0.00";
  const digits =
    value >= 1
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : { maximumSignificantDigits: 4 };
  return `$${value.toLocaleString("en", digits)}`;
}
