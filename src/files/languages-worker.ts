import { parentPort, workerData } from "node:worker_threads";

export interface LanguagesWorkerData {
  /** The module of the n-grams. */
  readonly url: string;
  readonly mostTogether: number;
}

/** What the thread says each time it is asked: all but the n-grams, then some of them as JSON, then null. */
export type LanguagesWord = { readonly head: object } | { readonly piece: string } | null;

/** Reads the n-grams of languages in a thread of its own, and hands them over a piece at a time. */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const { url, mostTogether } = workerData as LanguagesWorkerData;
  const { ngramsData } = (await import(url)) as {
    readonly ngramsData: { readonly ngrams: Readonly<Record<string, object>> };
  };
  const { ngrams, ...head } = ngramsData;
  const all = Object.entries(ngrams);
  const say = (word: LanguagesWord): void => port.postMessage(word);
  let at = 0;
  port.on("message", () => {
    if (at >= all.length) {
      say(null);
      port.close();
      return;
    }
    const piece = Object.fromEntries(all.slice(at, at + mostTogether));
    at += mostTogether;
    say({ piece: JSON.stringify(piece) });
  });
  say({ head });
}

if (parentPort !== null) await serve(parentPort);
