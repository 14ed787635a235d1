/** One sample: `name{label="…"} value`, with an optional time behind it. Values in quotes may hold braces. */
const sample =
  /^([A-Za-z_:][A-Za-z0-9_:]*)(\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+([^ \t]+)(?:[ \t]|$)/;

/** Labels of a rank beyond the first of one engine: its ranks work on the same requests and all tell of them. */
const furtherRank = /\b[tp]p_rank="(?!0")/;

/** Samples by name, over all their labels. */
export interface Samples {
  /** The sum over engines and models of the first name that has samples; null when none has. */
  sum(...names: string[]): number | null;
  /** The largest of the first name that has samples. */
  max(...names: string[]): number | null;
}

/**
 * Reads the Prometheus text format. Lines that are no samples and values that are not finite are passed over; of labels only
 * the rank inside an engine counts. A text that holds megabytes costs one walk over it.
 */
export function readSamples(text: string): Samples {
  const found = new Map<string, number[]>();
  for (let from = 0; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const end = feed < 0 ? text.length : feed;
    add(found, text.slice(from, end).trim());
    from = end + 1;
  }
  const first = (names: readonly string[]): readonly number[] | undefined => {
    for (const name of names) {
      const values = found.get(name) ?? found.get(`${name}_total`);
      if (values !== undefined) return values;
    }
    return undefined;
  };
  return {
    sum: (...names) => first(names)?.reduce((sum, value) => sum + value, 0) ?? null,
    max: (...names) =>
      first(names)?.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) ??
      null,
  };
}

function add(found: Map<string, number[]>, line: string): void {
  if (line === "" || line.startsWith("#")) return;
  const [, name, labels = "", text] = sample.exec(line) ?? [];
  const value = Number(text);
  // Histograms are most of a text, and nobody asks for their buckets.
  if (name === undefined || !Number.isFinite(value) || name.endsWith("_bucket")) return;
  if (furtherRank.test(labels)) return;
  const values = found.get(name);
  if (values === undefined) found.set(name, [value]);
  else values.push(value);
}
