/** The head of a `data:` URL. */
export interface DataUrl {
  /** In lower case, without parameters; empty where none is named. */
  readonly mediaType: string;
  readonly charset: string | null;
  /** Whether the data is base64, else text with signs as `%20`. */
  readonly base64: boolean;
  /** Where the data begins. */
  readonly start: number;
  /** Whether the head holds a type and parameters alone, as programs write them: nothing to be read. */
  readonly isPlain: boolean;
}

const plainHead = /^data:[\w/+.-]{0,128}(?:\s{0,2};\s{0,2}[\w=+."-]{0,128}){0,8}\s{0,2},$/i;
const longestPlain = 1200;

/** Reads the head of a `data:` URL, with blanks or without; null for any other address. */
export function readDataUrl(url: string): DataUrl | null {
  if (!/^data:/i.test(url.slice(0, 5))) return null;
  const start = url.indexOf(",") + 1;
  if (start === 0) return null;
  const head = url.slice(0, start);
  const [, type = ""] = /^data:([^;,]*)/i.exec(head) ?? [];
  return {
    mediaType: type.trim().toLowerCase(),
    charset: /;\s*charset\s*=\s*["']?([\w.:+-]{1,64})/i.exec(head)?.[1] ?? null,
    base64: /;\s*base64\s*[;,]/i.test(head),
    start,
    isPlain: head.length <= longestPlain && plainHead.test(head),
  };
}

/** What a text of an address says, each sign as `%40` read as the letter that it stands for; what stands for none stays. */
export function unescaped(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (signs) => {
    const codes = signs.slice(1).split("%");
    return new TextDecoder().decode(Uint8Array.from(codes, (code) => Number.parseInt(code, 16)));
  });
}
