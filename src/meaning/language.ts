import { invariant } from "../base/assert.ts";

/** So much of a text is looked at; the library itself reads about 350 bytes of it, from the first letters on. */
const window = 1_000;

type Detect = (text: string) => { readonly language: string; isReliable(): boolean };

let detect: Detect | null = null;
let loading: Promise<void> | null = null;

/** Loads what languages are told by (1.6 MB, about 0.3 s, 45 MB of heap), once. */
export function loadLanguages(): Promise<void> {
  loading ??= import("eld/small").then(({ eld }) => {
    detect = eld.detect;
  });
  return loading;
}

/** Takes what languages are told by from who has loaded it otherwise. */
export function useLanguages(loaded: Detect): void {
  detect ??= loaded;
  loading ??= Promise.resolve();
}

/** Whether `detectLanguage` may be asked. */
export function knowsLanguages(): boolean {
  return detect !== null;
}

/** A run of quotes is one: the library looks at a run from each of its places. */
const quotes = /['`’]{2,}/g;

/**
 * Language of a text as an ISO 639-1 code, one of sixty; of its first 1,000 characters. Undefined when it cannot be told, as of
 * a single word. Languages must be loaded.
 */
export function detectLanguage(text: string): string | undefined {
  invariant(detect !== null, "languages are loaded before they are asked for");
  const looked = text.slice(0, window);
  const asian = asianLanguage(looked);
  if (asian !== undefined) return asian;
  const found = detect(looked.replace(quotes, "'"));
  return found.language !== "" && found.isReliable() ? found.language : undefined;
}

/** A Han or Hangul character says as much as three Latin letters: names and code stand in Latin everywhere. */
const weight = 3;

/** Chinese, Japanese or Korean where their letters outweigh all others; the library goes by bytes, and code has more of them. */
function asianLanguage(text: string): string | undefined {
  let [han, kana, hangul, others] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x4e00 && unit < 0xa000) han += 1;
    else if (unit >= 0x3040 && unit < 0x3100) kana += 1;
    else if (unit >= 0xac00 && unit < 0xd7a4) hangul += 1;
    else if (unit > 0x7f ? unit < 0x2000 : (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a)
      others += 1;
  }
  const asian = han + kana + hangul;
  if (asian < 2 || weight * asian < others) return undefined;
  if (hangul > han + kana) return "ko";
  return kana * 10 >= han ? "ja" : "zh";
}
