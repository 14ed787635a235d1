/** What a client of the soak asks for, and so what a whole answer must say. */
export interface Wanted {
  /** Tells one request's answer from all others. */
  readonly seed: number;
  readonly words: number;
  /** Whether the answer is to be a JSON object. */
  readonly json: boolean;
}

export function promptOf({ seed, words, json }: Wanted): string {
  return `say ${words} words of seed ${seed}${json ? " as json" : ""}.`;
}

/** What a prompt wants; null where it is none of the soak's. */
export function wantedOf(prompt: string): Wanted | null {
  const found = /say (\d+) words of seed (\d+)( as json)?\./.exec(prompt);
  if (found === null) return null;
  return { words: Number(found[1]), seed: Number(found[2]), json: found[3] !== undefined };
}

/** The answer, in the pieces that a stream of it has. */
export function piecesOf({ seed, words, json }: Wanted): readonly string[] {
  const said = Array.from({ length: words }, (_, at) => `${seed}.${at} `);
  return json ? ['{"said":"', ...said, 'end"}'] : [...said, "end"];
}
