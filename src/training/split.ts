import { createRandom, type Random } from "../base/random.ts";

/** A text and what it is. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

export interface Split {
  readonly train: readonly LabelledText[];
  /** For choosing the temperature and the threshold. */
  readonly calibrate: readonly LabelledText[];
  /** For measuring what was chosen; nothing else is done with it. */
  readonly measure: readonly LabelledText[];
}

/** Items in an order of the seed's. */
export function shuffled<T>(items: readonly T[], seed: number | string): T[] {
  const order = [...items];
  shuffle(order, createRandom(seed));
  return order;
}

/** Puts items in place into a random order, each as likely (Fisher and Yates). */
export function shuffle<T>(
  items: { readonly length: number; [at: number]: T },
  random: Pick<Random, "integer">,
): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = random.integer(at + 1);
    const moved = items[at] as T;
    items[at] = items[other] as T;
    items[other] = moved;
  }
}

/**
 * Holds out a share of each label's texts, by seed, and halves what is held out by turns, so that rare labels are found in
 * all parts as far as they go round. A text that a label has twice counts once, or a model would be asked what it was told.
 */
export function splitByLabel(rows: readonly LabelledText[], share: number, seed: number): Split {
  const byLabel = new Map<string, LabelledText[]>();
  for (const row of distinct(rows)) {
    const own = byLabel.get(row.label);
    if (own === undefined) byLabel.set(row.label, [row]);
    else own.push(row);
  }
  const train: LabelledText[] = [];
  const calibrate: LabelledText[] = [];
  const measure: LabelledText[] = [];
  let turn = 0;
  for (const label of [...byLabel.keys()].sort()) {
    const own = shuffled(byLabel.get(label) ?? [], `${seed}:${label}`);
    const held = Math.min(Math.max(Math.round(own.length * share), 1), own.length - 1);
    for (const [at, row] of own.entries()) {
      if (at >= held) train.push(row);
      else {
        (turn % 2 === 0 ? calibrate : measure).push(row);
        turn += 1;
      }
    }
  }
  return { train, calibrate, measure };
}

/** Rows in their order, each text of a label once. */
export function distinct(rows: readonly LabelledText[]): LabelledText[] {
  return [...new Map(rows.map((row) => [JSON.stringify([row.label, row.text]), row])).values()];
}
