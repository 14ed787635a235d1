import { characterClass, classOf } from "./character-classes.ts";

const { first, second, sign, prefix, number, lineEnd, blank, wide } = characterClass;
const letter = first | second;

const space = 0x20;
const apostrophe = 0x27;
const slash = 0x2f;

const unitsOf = (kind: number): number => ((kind & wide) === 0 ? 1 : 2);

/** The classes of ASCII, which most characters are, at hand. */
const ascii = Uint8Array.from({ length: 128 }, (_, code) => classOf(code));

/** A stretch of text, cut into pieces as the pattern of o200k_base cuts it; no token reaches from one into the next. */
export class TokenPieces {
  readonly text: string;
  readonly end: number;

  constructor(text: string, end: number) {
    this.text = text;
    this.end = end;
  }

  /** Class of the character at a place; 0 at the end. */
  #class(at: number): number {
    if (at >= this.end) return 0;
    const code = this.text.charCodeAt(at);
    if (code < 0x80) return ascii[code] as number;
    return classOf(code < 0xd800 || code > 0xdbff ? code : (this.text.codePointAt(at) as number));
  }

  /** Where the piece that begins at `at` ends. */
  endOf(at: number): number {
    const kind = this.#class(at);
    const next = at + unitsOf(kind);
    if ((kind & prefix) !== 0 && (this.#class(next) & letter) !== 0) {
      // A mark before capitals alone is a word of its own: the pattern tries for small letters first.
      const isAlone = (kind & letter) !== 0 && !this.#comesToSecond(next);
      return isAlone ? next : this.#wordEnd(next);
    }
    if ((kind & letter) !== 0) return this.#wordEnd(at);
    if ((kind & number) !== 0) return this.#numberEnd(next);
    if ((kind & sign) !== 0) return this.#signsEnd(next);
    if (this.text.charCodeAt(at) === space && (this.#class(next) & sign) !== 0) {
      return this.#signsEnd(next);
    }
    return this.#blanksEnd(at);
  }

  /** Whether a second part follows the capitals that begin here. */
  #comesToSecond(start: number): boolean {
    let at = start;
    let kind = this.#class(at);
    while ((kind & letter) === first) {
      at += unitsOf(kind);
      kind = this.#class(at);
    }
    return (kind & second) !== 0;
  }

  /** Capitals, then small letters; letters without case are both, and the last of them ends a word that has no small ones. */
  #wordEnd(start: number): number {
    let at = start;
    let afterCaseless = -1;
    let kind = this.#class(at);
    while ((kind & first) !== 0) {
      at += unitsOf(kind);
      if ((kind & second) !== 0) afterCaseless = at;
      kind = this.#class(at);
    }
    if ((kind & second) === 0) return this.#contractionEnd(afterCaseless < 0 ? at : afterCaseless);
    while ((kind & second) !== 0) {
      at += unitsOf(kind);
      kind = this.#class(at);
    }
    return this.#contractionEnd(at);
  }

  /** The end of `'s`, `'d`, `'m`, `'t`, `'ll`, `'ve` or `'re`; without one, the place itself. */
  #contractionEnd(at: number): number {
    if (at + 1 >= this.end || this.text.charCodeAt(at) !== apostrophe) return at;
    const one = this.text.charCodeAt(at + 1) | space;
    if (one === 0x73 || one === 0x64 || one === 0x6d || one === 0x74) {
      return at + 2;
    }
    if (at + 2 >= this.end) return at;
    const two = this.text.charCodeAt(at + 2) | space;
    const isEnding =
      (one === 0x6c && two === 0x6c) || ((one === 0x76 || one === 0x72) && two === 0x65);
    return isEnding ? at + 3 : at;
  }

  #numberEnd(afterFirst: number): number {
    let at = afterFirst;
    let kind = this.#class(at);
    for (let count = 1; count < 3 && (kind & number) !== 0; count += 1) {
      at += unitsOf(kind);
      kind = this.#class(at);
    }
    return at;
  }

  #signsEnd(start: number): number {
    let at = start;
    let kind = this.#class(at);
    while ((kind & sign) !== 0) {
      at += unitsOf(kind);
      kind = this.#class(at);
    }
    while ((kind & lineEnd) !== 0 || (kind !== 0 && this.text.charCodeAt(at) === slash)) {
      at += 1;
      kind = this.#class(at);
    }
    return at;
  }

  #blanksEnd(start: number): number {
    let at = start;
    let afterLineEnd = -1;
    for (let kind = this.#class(at); (kind & blank) !== 0; kind = this.#class(at)) {
      at += 1;
      if ((kind & lineEnd) !== 0) afterLineEnd = at;
    }
    if (afterLineEnd >= 0) return afterLineEnd;
    return at === this.end || at - start === 1 ? at : at - 1;
  }
}
