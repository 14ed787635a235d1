/** Characters that a reader would not see, or that would turn the direction of what follows. */
const unseen =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/g;
const astral = /[\ud800-\udbff][\udc00-\udfff]/g;

/** JSON of one line in which every character can be seen; the others are escaped, so that it means the same. */
export function seenJson(value: unknown): string {
  const escaped = (text: string): string =>
    text.replaceAll(unseen, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const json = JSON.stringify(value);
  let seen = "";
  let from = 0;
  for (const { index, 0: pair } of json.matchAll(astral)) {
    seen += escaped(json.slice(from, index)) + pair;
    from = index + pair.length;
  }
  return seen + escaped(json.slice(from));
}

const longestText = 120;
const mostFacts = 30;

/** Facts of an example, cut to what a reader looks at; `isWhole` tells whether they can be fed back. */
export function shownFacts(facts: Readonly<Record<string, unknown>>): {
  readonly shown: Readonly<Record<string, unknown>>;
  readonly isWhole: boolean;
} {
  const all = Object.entries(facts);
  const isLong = (value: unknown): value is string =>
    typeof value === "string" && value.length > longestText;
  const shown = all
    .slice(0, mostFacts)
    .map(([name, value]) => [
      name.slice(0, longestText),
      isLong(value) ? `${value.slice(0, longestText)}…` : value,
    ]);
  const isWhole =
    all.length <= mostFacts &&
    all.every(([name, value]) => name.length <= longestText && !isLong(value));
  return { shown: Object.fromEntries(shown) as Record<string, unknown>, isWhole };
}
