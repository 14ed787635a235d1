const texts = new Map<string, string>();

/** For names from policies and the configuration, of which there are few. */
const mostNames = 10_000;

/** A name as JSON. Those that come again and again are serialised once. */
export function jsonName(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    if (texts.size >= mostNames) texts.clear();
    text = JSON.stringify(name);
    texts.set(name, text);
  }
  return text;
}
