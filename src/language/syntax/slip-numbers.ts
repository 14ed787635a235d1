import type { TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.ts";
import type { Amended } from "./amended.ts";
import type { Reading } from "./reading.ts";

const unitNames: Readonly<Record<string, readonly string[]>> = {
  ms: ["ms", "msec", "msecs", "millis", "millisecond", "milliseconds"],
  s: ["s", "sec", "secs", "second", "seconds"],
  m: ["m", "min", "mins", "minute", "minutes"],
  h: ["h", "hr", "hrs", "hour", "hours"],
  d: ["d", "day", "days"],
  k: ["k", "K", "KB", "kB", "kb"],
  M: ["M", "MB", "mn", "mio", "million"],
  G: ["G", "GB", "B", "bn"],
  Ki: ["Ki", "ki", "KiB", "kib"],
  Mi: ["Mi", "mi", "MiB", "mib"],
};

/** Every way in which people write a unit, to the language's own. */
const unitOf: ReadonlyMap<string, string> = new Map(
  Object.entries(unitNames).flatMap(([unit, names]) => names.map((name) => [name, unit] as const)),
);

/** The same without regard to case, where only one unit is meant: `60S`, `28KI`, but not the `m` of minute and million. */
const unitInAnyCase: ReadonlyMap<string, string> = new Map(
  [...unitOf]
    .filter(([name]) => name !== "m" && name !== "M")
    .map(([name, unit]) => [name.toLowerCase(), unit]),
);

const moneyWords: ReadonlySet<string> = new Set(["USD", "usd", "dollar", "dollars"]);
const percentWords: ReadonlySet<string> = new Set(["pct", "percent"]);

/** Words that make one number with the number before them. */
export const unitWords: ReadonlySet<string> = new Set([
  ...unitOf.keys(),
  ...moneyWords,
  ...percentWords,
]);

/** A number with a unit as it is written right; null for a word that is no unit. */
function withUnit(number: string, word: string): string | null {
  if (moneyWords.has(word)) return `$${number}`;
  if (percentWords.has(word) || /^%+$/.test(word)) return `${number}%`;
  const unit = unitOf.get(word) ?? unitInAnyCase.get(word.toLowerCase());
  return unit === undefined ? null : `${number}${unit}`;
}

const notFound = "units are k M G Ki Mi, % , ms s m h d; money is $0.02, a price $3/M";

function malformed(image: string, text: string | null, readAs: string): Amended {
  return {
    code: "P0115",
    message: `\`${image}\` is not a number`,
    help: text === null ? notFound : `did you mean \`${text}\`?`,
    text,
    readAs,
  };
}

/** `200 ms`, `10 %`: a number and its unit written apart. */
export function joinUnit(number: string, unit: string): Amended {
  const text = withUnit(number, unit) ?? `${number}${unit}`;
  return {
    code: "P0115",
    message: "a number and its unit are written together",
    help: `write \`${text}\``,
    text,
  };
}

/** `200K`, `10sec`, `1h30m`, `1_000`, `5$`, `9am`, `7b-chat`. */
export function amendNumber(image: string, { tokens, index }: Reading): Amended {
  const plain = /^(\d+(?:\.\d+)?)([A-Za-z]+|%+)$/.exec(image);
  const meant = plain === null ? null : withUnit(plain[1] ?? "", plain[2] ?? "");
  if (meant !== null) return malformed(image, meant, "0");
  const range = /^(\d+(?:\.\d+)?[A-Za-z]*)-(\d+(?:\.\d+)?[A-Za-z]*)$/.exec(image);
  const before = tokens[index - 1]?.tokenType;
  if (range !== null && before === t.In) {
    return {
      ...malformed(image, `${range[1]}..${range[2]}`, "0..1"),
      message: "a range is written with `..`",
    };
  }
  const clock = /^(\d{1,2})(am|pm)$/i.exec(image);
  if (clock !== null) {
    return {
      ...amendTime(`${clock[1]}:00${clock[2]}`),
      message: `\`${image}\` is not a time of day`,
    };
  }
  const money = /^(\d+(?:\.\d+)?)[$€£]$/.exec(image);
  if (money !== null) return malformed(image, `$${money[1]}`, "0");
  if (/^\d{1,3}(?:_\d{3})+$/.test(image)) return malformed(image, image.replaceAll("_", ""), "0");
  const duration = addDurations(image);
  if (duration !== null) return malformed(image, duration, "0s");
  const isNumberDue = before !== undefined && numberDue.has(before);
  if (!isNumberDue && /^\d+(?:\.\d+)*[A-Za-z][\w.-]*$/.test(image)) {
    return {
      code: "P0115",
      message: `\`${image}\` is neither a number nor a name`,
      help: `a name that begins with a digit stands in quotes: "${image}"`,
      text: `"${image}"`,
    };
  }
  return malformed(image, null, "0");
}

/** After these stands a number, and never a name. */
const numberDue: ReadonlySet<TokenType> = new Set([
  ...[t.Policy, t.Reject, t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual, t.Range],
  ...[t.Plus, t.Minus, t.Times],
]);

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `1h30m` as `90m`: the largest unit that holds the whole. */
function addDurations(image: string): string | null {
  const parts = [...image.matchAll(/(\d{1,6})(ms|[smhd])/g)];
  if (parts.length < 2 || parts.map(([whole]) => whole).join("") !== image) return null;
  const total = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (milliseconds[unit ?? ""] ?? 0),
    0,
  );
  const [unit, size] =
    Object.entries(milliseconds)
      .toReversed()
      .find(([, each]) => total % each === 0) ?? [];
  return unit === undefined || size === undefined ? null : `${total / size}${unit}`;
}

/** `$5K`, `€3`, `$3/m`, `$3/Mtok`. */
export function amendMoney(image: string): Amended {
  const price = /^[$€£]?(\d+(?:\.\d+)?)\/(?:[Mm]|[Mm]tok|[Mm]illion)$/.exec(image);
  if (price !== null) return malformed(image, `$${price[1]}/M`, "$0");
  const amount = /^[$€£]+(\d+(?:\.\d+)?)$/.exec(image);
  if (amount !== null) return malformed(image, `$${amount[1]}`, "$0");
  const cents = /^\$(\.\d+)$/.exec(image);
  return malformed(image, cents === null ? null : `$0${cents[1]}`, "$0");
}

/** `9:00`, `9.30pm`, `09:00:00`. */
export function amendTime(image: string): Amended {
  const parts = /^(\d{1,2})[:.](\d{2})(?::\d{2})? ?([ap]m)?$/i.exec(image);
  const hour = Number(parts?.[1] ?? 99);
  const half = parts?.[3]?.toLowerCase();
  const shift = half === "pm" && hour < 12 ? 12 : 0;
  const at = half === "am" && hour === 12 ? 0 : hour + shift;
  const isTime = at < 24 && Number(parts?.[2] ?? 99) < 60;
  const text = isTime ? `${String(at).padStart(2, "0")}:${parts?.[2]}` : null;
  return {
    code: "P0116",
    message: `\`${image}\` is not a time of day`,
    help: text === null ? "a time is written `09:00`, up to `23:59`" : `write \`${text}\``,
    text,
    readAs: "00:00",
  };
}

/** `2027-1-1`, `2027/01/01`. */
export function amendDay(image: string): Amended {
  const [year, month, day] = image.split(/[-/]/).map((part) => part.padStart(2, "0"));
  const text = `${year}-${month}-${day}`;
  return {
    code: "P0115",
    message: `\`${image}\` is not a date`,
    help: `write \`${text}\``,
    text,
  };
}
