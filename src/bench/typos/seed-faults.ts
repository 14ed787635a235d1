import { createRandom, type Random } from "../../base/random.ts";
import { type Example, type Fault, faultOf, type SlipMaker } from "./fault.ts";
import { symbolSlips } from "./symbol-slips.ts";
import { wordSlips } from "./word-slips.ts";

const makers: Readonly<Record<string, SlipMaker>> = { ...wordSlips, ...symbolSlips };

/** Kinds of fault, in the order in which they are drawn and printed. */
export const faultKinds: readonly string[] = Object.keys(makers);

/** Draws without a new fault after which a kind is taken to be exhausted. */
const vainDraws = 300;

/**
 * Faults without end, no two with the same text, the kinds in turn; the same for the same seed. Ends when the examples hold
 * no further fault of any kind.
 */
export function* seedFaults(examples: readonly Example[], seed: number): Generator<Fault> {
  const seen = new Set<string>(examples.map(({ file, text }) => `${file}\n${text}`));
  const randoms = new Map(faultKinds.map((kind) => [kind, createRandom(`typos ${seed} ${kind}`)]));
  const places = examples.flatMap((example) => example.tokens.map(() => example));
  while (randoms.size > 0) {
    for (const [kind, random] of [...randoms]) {
      const fault = drawFault(places, { kind, random, seen });
      if (fault === null) randoms.delete(kind);
      else yield fault;
    }
  }
}

interface Draw {
  readonly kind: string;
  readonly random: Random;
  readonly seen: Set<string>;
}

function drawFault(places: readonly Example[], { kind, random, seen }: Draw): Fault | null {
  for (let vain = 0; vain < vainDraws; vain += 1) {
    const example = random.pick(places);
    const slip = example === undefined ? null : (makers[kind]?.(example, random) ?? null);
    if (example === undefined || slip === null) continue;
    const fault = faultOf(example, kind, slip);
    const key = `${fault.file}\n${fault.text}`;
    if (seen.has(key)) continue;
    seen.add(key);
    return fault;
  }
  return null;
}
