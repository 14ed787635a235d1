/** So much of a text is looked at. */
const window = 2_000;

/** Frequent short words of languages in Latin script: those that tell them apart. */
const stopWords: Readonly<Record<string, string>> = {
  en: "the and of to in is that it for you with on are this be at not what how can please was from have your which write an or as by do i me my we about a there has but if when their any using into make all give find following create should would only",
  de: "der die das und ist nicht ein eine mit für auf den von dem zu wie was ich sie wir im auch es kann bitte als werden mir sind oder bei einen welche über",
  fr: "le la les et est des une un pour dans que qui pas sur avec du en ce je vous il au plus quel quelle comment sont cette mon par ne texte suivant",
  es: "el la los las y es de que en un una por para con no se del lo como más su qué cómo al este esta son mi texto siguiente cuál puede",
  pt: "o a os as e é de que em um uma por para com não se do da no na como mais seu qual você são este meu dos das texto seguinte pode",
  it: "il lo la gli le e è di che in un una per con non si del della come più qual sono questo mi alla dei nel testo seguente puoi cosa",
  nl: "de het een en is van dat niet met op voor te zijn wat hoe ik je aan ook er maar deze kan om naar mijn welke wordt",
  pl: "i w na jest nie to się z do że jak co czy dla po od przez jako są ten mi być tekst proszę oraz które",
  cs: "a je se v na že to s z do pro jak ale si by jsem jsou který která které podle bude nebo jeho při mezi co",
  fi: "ja on ei että se hän oli mitä miten mikä kun niin ovat tämä voi kuin mutta minun olen sinun jos joka",
  sv: "och det att en som är på för inte med av jag till har den om ett vad hur kan du vi från eller min",
  tr: "ve bir bu için ile ne nasıl mi da de çok olarak daha var gibi ben metni şu olan ver bana lütfen",
};

const votes: ReadonlyMap<string, readonly string[]> = (() => {
  const byWord = new Map<string, string[]>();
  for (const [language, words] of Object.entries(stopWords)) {
    for (const word of words.split(" ")) byWord.set(word, [...(byWord.get(word) ?? []), language]);
  }
  return byWord;
})();

const scripts = [
  "none",
  "latin",
  "cyrillic",
  "arabic",
  "devanagari",
  "kana",
  "han",
  "hangul",
] as const;
type Script = (typeof scripts)[number];

/** Blocks of Unicode that tell a script, half open. */
const blocks: readonly (readonly [from: number, to: number, script: Script])[] = [
  [0x41, 0x5b, "latin"],
  [0x61, 0x7b, "latin"],
  [0xc0, 0x250, "latin"],
  [0x1e00, 0x1f00, "latin"],
  [0x400, 0x530, "cyrillic"],
  [0x600, 0x700, "arabic"],
  [0x900, 0x980, "devanagari"],
  [0x3040, 0x3100, "kana"],
  [0x4e00, 0xa000, "han"],
  [0xac00, 0xd7a4, "hangul"],
];

const scriptOf = new Uint8Array(0x1_0000);
for (const [from, to, script] of blocks) scriptOf.fill(scripts.indexOf(script), from, to);

/** Letters of a text per script, found in one pass. */
function countScripts(text: string): Record<Script, number> {
  const counts = new Uint32Array(scripts.length);
  for (let at = 0; at < text.length; at += 1) {
    const script = scriptOf[text.charCodeAt(at)] as number;
    counts[script] = (counts[script] as number) + 1;
  }
  const named = scripts.map((script, index) => [script, counts[index] as number] as const);
  return Object.fromEntries(named) as Record<Script, number>;
}

/**
 * Language of a text as an ISO 639-1 code, by its script and by frequent words; of its first 2,000 characters. Knows
 * ar cs de en es fi fr hi it ja ko nl pl pt ru sv tr uk vi zh; undefined when it cannot tell.
 */
export function detectLanguage(text: string): string | undefined {
  const looked = text.slice(0, window);
  const { latin, han, kana, hangul, cyrillic, arabic, devanagari } = countScripts(looked);
  // A Han or Hangul character says as much as three Latin letters: names and code stand in Latin everywhere.
  const asian = 3 * (han + kana + hangul);
  const most = Math.max(latin, asian, cyrillic, arabic, devanagari);
  if (most < 4) return undefined;
  if (most === asian) {
    if (hangul > han + kana) return "ko";
    return kana * 10 >= han ? "ja" : "zh";
  }
  if (most === cyrillic) return /[іїєґІЇЄҐ]/.test(looked) ? "uk" : "ru";
  if (most === arabic) return "ar";
  if (most === devanagari) return "hi";
  // Letters that stand in no other language.
  if (countOf(/[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/gi, looked) * 20 > latin)
    return "vi";
  return byStopWords(looked);
}

function countOf(pattern: RegExp, text: string): number {
  let count = 0;
  for (const _ of text.matchAll(pattern)) count += 1;
  return count;
}

function byStopWords(text: string): string | undefined {
  const score = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{Script=Latin}]{1,20}/gu)) {
    const languages = votes.get(word);
    if (languages === undefined) continue;
    for (const language of languages) {
      score.set(language, (score.get(language) ?? 0) + 1 / languages.length);
    }
  }
  const [best, second] = [...score].sort(([, a], [, b]) => b - a);
  if (best === undefined || best[1] < 1) return undefined;
  return second === undefined || best[1] >= 1.3 * second[1] ? best[0] : undefined;
}
