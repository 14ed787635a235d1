/** Kinds of personal data that are recognised by their form. */
export const piiKinds = ["email", "phone", "iban", "card", "ssn", "ip"] as const;
export type PiiKind = (typeof piiKinds)[number];

/** What was found where. */
export interface PiiFinding {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
}

/** No form is longer, with what is read beside it: texts may be searched in parts that overlap by so much. */
export const longestPii = 640;

interface Recognizer {
  readonly kind: PiiKind;
  /** Every repetition is bounded and begins where the one before cannot go on, so that the search is linear in the text. */
  readonly pattern: RegExp;
  /** `beside` gives what stands near: forty characters before, and forty behind. */
  readonly accepts: (found: string, beside: () => readonly [string, string]) => boolean;
}

const digitsOf = (text: string): string => text.replace(/\D/g, "");

const recognizers: readonly Recognizer[] = [
  {
    kind: "email",
    // A run of letters that cannot be told from the sentence before it is entered by its last one: `josé@`, `请写信给joe@`.
    pattern:
      /(?:(?<![\w.+-])[\w.+-]{1,64}|[\p{L}\p{M}])@(?:[\p{L}\p{N}\p{M}-]{1,63}\.){1,6}(?:[A-Za-z]{2,24}(?![A-Za-z0-9])|xn--[A-Za-z0-9-]{2,59}|(?![A-Za-z])\p{L}[\p{L}\p{M}]{1,23})/gu,
    accepts: () => true,
  },
  {
    kind: "iban",
    pattern:
      /(?<![A-Za-z0-9])(?:[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}|[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30})(?![A-Za-z0-9])/g,
    accepts: isIban,
  },
  {
    kind: "card",
    pattern:
      /(?<![\w.+])(?:\d{4}(?:\.\d{4}){3}(?:\.\d{1,3})?|\d{4}\.\d{6}\.\d{4,5}|\d(?:[ -]?\d){11,18})(?!\d)/g,
    accepts: isCard,
  },
  {
    kind: "ssn",
    pattern: /(?<![\d-])(?!000|666|9\d\d)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g,
    accepts: () => true,
  },
  {
    kind: "ip",
    pattern:
      /(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.]\d|\d)|(?<![\w:])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]|\.\d)/g,
    accepts: (found) => !found.includes(":") || isIpv6(found),
  },
  {
    kind: "phone",
    // Groups of digits are parted by something: could they touch, a long number would be parted in every way there is.
    pattern:
      /(?<![\w.+-])(?:\+|00 ?)?\(?\d{1,15}\)?(?:(?:[ .\-/]{1,2}\(?|\(|(?<=\)))\d{1,15}\)?){0,6}(?:\s?(?:x|ext\.? ?)\d{1,6})?(?![\w]|[.,-]\d)/g,
    accepts: isPhone,
  },
];

/** ISO 13616: the check digits make the number 1 modulo 97. */
function isIban(found: string): boolean {
  const compact = found.replace(/[ -]/g, "");
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Eight groups, or fewer around one `::`, which then begin as addresses do that are in use: slices and names of programs do not. */
function isIpv6(found: string): boolean {
  const gap = found.indexOf("::");
  const groups = found.split(":").filter((group) => group !== "");
  if (gap < 0) return groups.length === 8;
  if (found.endsWith(":") || found.includes("::", gap + 1) || groups.length > 7) return false;
  if (/^f(?:[cd][0-9a-f]|e[89ab])[0-9a-f]:/i.test(found)) return true;
  return /^[23][0-9a-f]{3}:/i.test(found) && (groups.length > 2 || /[a-f]/i.test(found));
}

/** 12 to 19 digits whose Luhn sum is a multiple of ten. */
function isCard(found: string): boolean {
  const digits = digitsOf(found);
  if (/^0/.test(digits) || /^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Words beside which a short number is one to be dialled. */
const dials =
  /\b(?:phone|telephone|tel|telefon|mobile|mobil|cell|handy|fax|call(?:ed|ing)?|dial|ring|reach|text|sms|whatsapp|answering|office|desk|home|registered|contact|number)\b/i;

/** 7 to 15 digits, written as a number to be dialled and not as an amount, a date or an address of a machine. */
function isPhone(written: string, beside: () => readonly [string, string]): boolean {
  // A number in parentheses alone, or with one of them, is a number.
  const found = written.replace(/\s?(?:x|ext\.? ?)\d{1,6}$/, "").replace(/^\(?(\d+)\)?$/, "$1");
  const digits = digitsOf(found);
  if (digits.length < 7 || digits.length > 15) return false;
  if (
    /^(?:19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2}|^\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d/.test(found)
  ) {
    return false;
  }
  if (/^\d{3}([ -])\d{2}\1\d{4}$/.test(found)) return false;
  // Postcodes of nine digits and of eight, and numbers of licences.
  if (/^\d{5}-\d{3,4}$|^\d{4}-\d{2}-\d{4}$/.test(found)) return false;
  // From so much to so much, and fractions.
  if (/^\d{4,6}-\d{4,6}$|^\d+\.\d+$/.test(found) && !besideOfPhone(beside())) return false;
  // Two groups without a prefix may be anything; what stands beside them tells.
  if (/^\d{2,4} \d{4,6}$/.test(found) && digits.length <= 8 && besideOfPhone(beside())) return true;
  // A postcode and a house number beside it.
  if (/^\d{4,5} \d{3,4}$/.test(found)) return false;
  if (/^\d+[. ]\d+$/.test(found) && !/^\d{3,5}[. ]\d{3,}/.test(found)) return false;
  if (/^\+|^00|[()]/.test(found)) return digits.length >= 8;
  if (/^[01]+$|0{6}/.test(found)) return false;
  if (/^\d+$/.test(found)) return digits.length === 10 || /^0\d{8,10}$/.test(digits);
  const groups = found.split(/\D+/).filter((group) => group !== "");
  return (
    groups.length <= 5 &&
    groups.every((group) => group.length >= 2) &&
    digits.length >= 8 &&
    digits.length <= 13
  );
}

function besideOfPhone([before, behind]: readonly [string, string]): boolean {
  return dials.test(before) || /^\s?(?:office|home|mobile|cell|fax|desk)\b/i.test(behind);
}

/** So many characters on each side are read for what a number is. */
const besideLength = 40;

function besideIn(text: string, start: number, end: number): () => readonly [string, string] {
  return () => [
    text.slice(Math.max(start - besideLength, 0), start),
    text.slice(end, end + besideLength),
  ];
}

const typographic = /[\u00a0\u2007\u2010\u2011\u202f\uff01-\uff5e]/g;

/** A text with plain blanks, hyphens, digits and signs for those that only look different; of the same length. */
function plain(text: string): string {
  return text.replace(typographic, (sign) => {
    const code = sign.charCodeAt(0);
    if (code >= 0xff01) return String.fromCharCode(code - 0xfee0);
    return code === 0x2010 || code === 0x2011 ? "-" : " ";
  });
}

/** Personal data in a text by form and checksum, each stretch of text once; in the order of `piiKinds`, then of the text. */
export function findPii(written: string): PiiFinding[] {
  const text = plain(written);
  const found: PiiFinding[] = [];
  for (const { kind, pattern, accepts } of recognizers) {
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (found.some((other) => start < other.end && other.start < end)) continue;
      if (accepts(match[0], besideIn(text, start, end))) found.push({ kind, start, end });
    }
  }
  return found;
}

/** Whether a text holds personal data that its form gives away: addresses, telephone, account, card and social security numbers. */
export function holdsPii(written: string): boolean {
  const text = plain(written);
  return recognizers.some(({ pattern, accepts }) => {
    for (const match of text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (accepts(match[0], besideIn(text, match.index, end))) return true;
    }
    return false;
  });
}
