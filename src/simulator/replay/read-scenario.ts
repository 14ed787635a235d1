import { parse, YAMLParseError } from "yaml";
import { parsePrice } from "../../base/money.ts";
import { type Cause, causes } from "../../protocol/cause.ts";
import { asItWas, type Moment, type PriceChange, type Scenario, type Stretch } from "./scenario.ts";

/** Words of a scenario, as options of a command have them and its file too; each may be given several times but for the last two. */
export const scenarioWords = [
  "outage",
  "throttle",
  "slow",
  "price",
  "capacity",
  "traffic",
  "grow",
] as const;

export type ScenarioWord = (typeof scenarioWords)[number];

/** What was written behind each word. */
export type WrittenScenario = Readonly<Partial<Record<ScenarioWord, readonly string[]>>>;

export type ReadScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly message: string };

class ScenarioError extends Error {}

/** Largest scenario file that is read, in characters. */
const longestFile = 1_000_000;

/** How each word is used, for help and messages. */
export const scenarioForms: Readonly<Record<ScenarioWord, string>> = {
  outage: "claude, claude@10:00+20m, claude@10:00+20m:overloaded",
  throttle: "claude=60/min, claude=60/min@10:00+20m",
  slow: "claude=*3, claude=*3@10:00+20m",
  price: "claude=*0.5, claude.output=*2, claude.output=$15/M",
  capacity: "local-gpu=4",
  traffic: "*3",
  grow: "5%/day",
};

/** Reads what stands behind the words of a scenario. */
export function readScenario(name: string, written: WrittenScenario): ReadScenario {
  const each = <Item>(word: ScenarioWord, read: (text: string) => Item | null): Item[] =>
    (written[word] ?? []).map((text) => {
      const item = read(text.trim());
      if (item !== null) return item;
      throw new ScenarioError(
        `${word} \`${text}\` is not understood; write ${scenarioForms[word]}`,
      );
    });
  try {
    const traffic = each("traffic", readFactor).at(-1) ?? asItWas.traffic;
    const growthPerDay = each("grow", readGrowth).at(-1) ?? asItWas.growthPerDay;
    return {
      ok: true,
      scenario: {
        name,
        outages: each("outage", readOutage),
        throttles: each("throttle", readThrottle),
        slow: each("slow", readSlow),
        prices: each("price", readPriceChange),
        capacities: each("capacity", readCapacity),
        ...{ traffic, growthPerDay },
      },
    };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { ok: false, message: error.message };
  }
}

/** Reads a scenario file: the words in YAML, each with a text or a list of them, and `name`. */
export function readScenarioFile(text: string): ReadScenario {
  if (text.length > longestFile)
    return { ok: false, message: `it has more than ${longestFile} characters` };
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof YAMLParseError || error instanceof ReferenceError)
      return { ok: false, message: error.message.split("\n")[0] ?? "it is no YAML" };
    throw error;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { ok: false, message: `it holds no words; known are ${scenarioWords.join(", ")}` };
  const { name = "scenario", ...words } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== "string") return { ok: false, message: "`name` is not a text" };
  const written: Partial<Record<ScenarioWord, readonly string[]>> = {};
  for (const [word, said] of Object.entries(words)) {
    if (!isWord(word)) {
      const known = scenarioWords.join(", ");
      return { ok: false, message: `\`${word}\` is not known; known are name, ${known}` };
    }
    const list: readonly unknown[] = Array.isArray(said) ? said : [said];
    const wrong = list.find((each) => typeof each !== "string" && typeof each !== "number");
    if (wrong !== undefined)
      return { ok: false, message: `\`${word}\` takes texts such as ${scenarioForms[word]}` };
    written[word] = list.map(String);
  }
  return readScenario(name, written);
}

function isWord(text: string): text is ScenarioWord {
  return scenarioWords.some((word) => word === text);
}

/** Several scenarios at once: what either says. */
export function bothScenarios(one: Scenario, other: Scenario): Scenario {
  return {
    name: one === asItWas ? other.name : one.name,
    outages: [...one.outages, ...other.outages],
    throttles: [...one.throttles, ...other.throttles],
    slow: [...one.slow, ...other.slow],
    prices: [...one.prices, ...other.prices],
    capacities: [...one.capacities, ...other.capacities],
    traffic: one.traffic * other.traffic,
    growthPerDay: (1 + one.growthPerDay) * (1 + other.growthPerDay) - 1,
  };
}

/** `claude`, `claude@10:00+20m`, with `:overloaded` behind it. */
function readOutage(text: string): Scenario["outages"][number] | null {
  const named = /:([a-z_]+)$/.exec(text);
  const cause = named === null ? "unavailable" : causes.find((each) => each === named[1]);
  if (cause === undefined) return null;
  const rest = named === null ? text : text.slice(0, named.index);
  const [target = "", when] = cutAt(rest, "@");
  const stretch = readStretch(when);
  return target === "" || stretch === null ? null : { target, ...stretch, cause: cause as Cause };
}

const periodMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function readThrottle(text: string): Scenario["throttles"][number] | null {
  const [head = "", when] = cutAt(text, "@");
  const match = /^(.+)=(\d+(?:\.\d+)?)\/(s|sec|min|minute|h|hour)$/.exec(head);
  const stretch = readStretch(when);
  if (match === null || stretch === null) return null;
  const [, target = "", count = "", unit = ""] = match;
  const most = Number(count);
  return most > 0 ? { target, most, perMs: periodMs[unit[0] ?? ""] ?? 60_000, ...stretch } : null;
}

function readSlow(text: string): Scenario["slow"][number] | null {
  const [head = "", when] = cutAt(text, "@");
  const [target = "", times = ""] = cutAt(head, "=");
  const factor = readFactor(times);
  const stretch = readStretch(when);
  if (target === "" || factor === null || stretch === null) return null;
  return { target, factor, ...stretch };
}

function readPriceChange(text: string): PriceChange | null {
  const [head = "", change = ""] = cutAt(text, "=");
  const part = /^(.+)\.(input|output)$/.exec(head);
  const target = part?.[1] ?? head;
  const of = (part?.[2] ?? null) as PriceChange["of"];
  if (target === "") return null;
  const factor = readFactor(change);
  if (factor !== null) return { target, of, change: { kind: "times", factor } };
  const price = parsePrice(change);
  return price === null ? null : { target, of, change: { kind: "is", price } };
}

function readCapacity(text: string): Scenario["capacities"][number] | null {
  const [target = "", slots = ""] = cutAt(text, "=");
  return target !== "" && /^[1-9]\d{0,6}$/.test(slots) ? { target, slots: Number(slots) } : null;
}

/** `*3`, `3`, `x3`; above 0. */
function readFactor(text: string): number | null {
  const match = /^[*x×]?(\d{1,6}(?:\.\d{1,6})?)$/.exec(text);
  const factor = Number(match?.[1] ?? 0);
  return factor > 0 ? factor : null;
}

/** `5%/day`, `10%/week`, `20%/month`, as a share a day. */
function readGrowth(text: string): number | null {
  const match = /^(-?\d{1,4}(?:\.\d{1,4})?)%\/(day|week|month|year)$/.exec(text);
  if (match === null) return null;
  const share = Number(match[1]) / 100;
  const days = { day: 1, week: 7, month: 30, year: 365 }[match[2] as "day"];
  return share <= -1 ? null : (1 + share) ** (1 / days) - 1;
}

/** `10:00+20m`, `2026-11-27T10:00Z+20m`, `90m+20m`; nothing for all of the log. */
function readStretch(text: string | undefined): Stretch | null {
  if (text === undefined) return { from: null, forMs: null };
  const plus = text.lastIndexOf("+");
  const from = readMoment(plus < 0 ? text : text.slice(0, plus));
  const forMs = plus < 0 ? null : readDuration(text.slice(plus + 1));
  if (from === null || (plus >= 0 && forMs === null)) return null;
  return { from, forMs };
}

function readMoment(text: string): Moment | null {
  const day = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (day !== null) {
    const [, hours, minutes, seconds = "0"] = day;
    const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
    return { kind: "of-day", ms };
  }
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z?)?$/.test(text)) {
    const ms = Date.parse(text.includes("T") && !text.endsWith("Z") ? `${text}Z` : text);
    return Number.isNaN(ms) ? null : { kind: "epoch", ms };
  }
  const afterMs = readDuration(text);
  return afterMs === null ? null : { kind: "after-start", ms: afterMs };
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `20m`, `1h30m`. */
export function readDuration(text: string): number | null {
  if (!/^(?:\d{1,9}(?:\.\d{1,6})?(?:ms|s|min|m|h|d))+$/.test(text)) return null;
  let sum = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/([\d.]+)(ms|min|[smhd])/g))
    sum += Number(count) * (unitMs[unit] ?? 0);
  return sum;
}

function cutAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
