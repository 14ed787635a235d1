/** What was measured with so many of something. */
export interface Tried<Figure> {
  readonly count: number;
  readonly figure: Figure;
}

export interface LeastCount<Figure> {
  /** Null where even the most are not enough. */
  readonly least: number | null;
  /** All that were tried, rising. */
  readonly tried: readonly Tried<Figure>[];
}

/**
 * The least count that is enough, of a figure that gets no worse with more: doubles, two at a time, and then halves what is left.
 * Which counts are measured rests on the figures alone.
 */
export async function leastCount<Figure>(parts: {
  readonly most: number;
  /** The figures of these counts, in their order. */
  readonly measure: (counts: readonly number[]) => Promise<readonly Figure[]>;
  readonly isEnough: (figure: Figure) => boolean;
}): Promise<LeastCount<Figure>> {
  const tried = new Map<number, Figure>();
  const { most, measure, isEnough } = parts;
  let [below, enough] = [0, Number.POSITIVE_INFINITY];
  const look = async (counts: readonly number[]): Promise<void> => {
    const figures = await measure(counts);
    for (const [index, count] of counts.entries()) {
      const figure = figures[index] as Figure;
      tried.set(count, figure);
      if (isEnough(figure)) enough = Math.min(enough, count);
      else below = Math.max(below, count);
    }
  };
  for (let count = 1; enough > most && below < most; count *= 4)
    await look([...new Set([Math.min(count, most), Math.min(count * 2, most)])]);
  while (enough <= most && enough - below > 1) {
    const third = (enough - below) / 3;
    await look(
      [...new Set([below + Math.ceil(third), below + Math.floor(2 * third)])].filter(
        (count) => count > below && count < enough,
      ),
    );
  }
  const list = [...tried].map(([count, figure]) => ({ count, figure }));
  return {
    least: enough <= most ? enough : null,
    tried: list.toSorted((a, b) => a.count - b.count),
  };
}
