import { BugError, invariant } from "../base/assert.ts";
import type { Fact, FactTable, FactValue, Operand } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { holdsCode } from "../meaning/code-detector.ts";
import type { DeclaredIntent } from "../meaning/intent.ts";
import { detectLanguage, knowsLanguages, loadLanguages } from "../meaning/language.ts";
import { holdsPii, longestPii } from "../meaning/pii.ts";
import { compileTextTest } from "../meaning/text-test.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { eachText, promptText, systemText } from "./body-facts.ts";
import { asksDetector, readConfigured, type StrangeValue } from "./configured-facts.ts";
import type { RequestContext } from "./context.ts";
import { difficultyReader } from "./difficulty-reader.ts";
import { type FactReader, factReader } from "./fact-readers.ts";
import { type BodyIntentReader, createBodyIntentReader } from "./intent-reader.ts";

/** Reads a fact of class 2 or above; a promise when it takes more than a moment. Undefined is unknown. */
export type DearReader = (
  context: RequestContext,
) => FactValue | undefined | Promise<FactValue | undefined>;

/** What readers of facts are bound to, once per policy. */
export interface Binding {
  readonly facts: FactTable;
  readonly intents: readonly DeclaredIntent[];
  readonly strange: StrangeValue;
  /** Lets the event loop go on between two parts of long work. */
  readonly pause: () => Promise<void>;
}

/** Makes the reader of a dear operand: a dear fact itself, or a test of a text. */
export function dearReader({ shape, key }: Operand, binding: Binding): DearReader {
  if (shape.kind === "fact") return dearFactReader(shape.name, binding);
  if (shape.kind !== "text-test") throw new BugError(`nothing reads the operand ${key}`);
  const compiled = compileTextTest(shape.test, shape.pattern);
  invariant(compiled.ok, `the pattern of ${key} was checked`);
  const { test } = compiled;
  const read = dearFactReader(shape.fact, binding);
  return (context) => {
    const text = read(context);
    if (text instanceof Promise) return text.then((value) => testOf(test, value));
    return testOf(test, text);
  };
}

function languageOf(text: string): string | undefined | Promise<string | undefined> {
  return knowsLanguages() ? detectLanguage(text) : loadLanguages().then(() => detectLanguage(text));
}

function testOf(test: (text: string) => boolean, text: FactValue | undefined): boolean | undefined {
  return typeof text === "string" ? test(text) : undefined;
}

/** Makes the reader of a fact that may be dear, by name; facts at hand are read as they are. */
export function dearFactReader(name: string, binding: Binding): DearReader {
  const fact = lookUpFact(binding.facts, name);
  invariant(fact !== null, `the fact ${name} is known`);
  if (fact.from.length > 0) return configuredReader(fact, binding);
  const { strange, pause } = binding;
  switch (name) {
    case "prompt":
      return ({ chat }) => promptText(chat.body);
    case "system":
      return ({ chat }) => systemText(chat.body);
    case "language":
      // The load (0.3 s of the loop) would fall on a request. Where it failed, each request awaits the same promise, and tells.
      loadLanguages().catch(() => undefined);
      return ({ chat }) => languageOf(promptText(chat.body));
    case "code":
      return ({ chat }) => holdsCode(promptText(chat.body));
    case "pii":
      return ({ chat }) => bodyHoldsPii(chat.body, pause);
    case "intent":
    case "confidence":
      return intentFactReader(binding, name);
    case "difficulty": {
      const read = difficultyReader(binding.facts);
      return ({ chat }) => read(promptText(chat.body));
    }
    default:
      return factReader(fact, strange);
  }
}

const intentReaders = new WeakMap<Binding, BodyIntentReader>();

/** The reader of `intent` and `confidence` that everything bound together shares. */
export function bodyIntentReader(binding: Binding): BodyIntentReader {
  const known = intentReaders.get(binding);
  if (known !== undefined) return known;
  const reader = createBodyIntentReader(binding.facts, binding.intents);
  intentReaders.set(binding, reader);
  return reader;
}

/** One of the two facts that are told together. */
function intentFactReader(binding: Binding, name: "intent" | "confidence"): DearReader {
  const reader = bodyIntentReader(binding);
  return (context) => {
    const reading = reader.read(context);
    return reading instanceof Promise ? reading.then((told) => told[name]) : reading[name];
  };
}

function configuredReader(fact: Fact, { strange, pause }: Binding): FactReader | DearReader {
  if (!asksDetector(fact)) return factReader(fact, strange);
  return ({ chat, ...context }) => {
    if (readConfigured(fact, { chat, ...context }, strange) === true) return true;
    return bodyHoldsPii(chat.body, pause);
  };
}

/** A part is searched in well under a millisecond. */
const partLength = 16_384;

/** Whether any text of the request holds personal data, whoever wrote it; long ones are searched in parts that overlap. */
function bodyHoldsPii(body: ChatBody, pause: () => Promise<void>): boolean | Promise<boolean> {
  const texts: string[] = [];
  let length = 0;
  eachText(body, (text) => {
    texts.push(text);
    length += text.length;
  });
  return length <= partLength ? texts.some(holdsPii) : searchInParts(texts, pause);
}

async function searchInParts(
  texts: readonly string[],
  pause: () => Promise<void>,
): Promise<boolean> {
  let searched = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at += partLength) {
      const part = text.slice(Math.max(at - longestPii, 0), at + partLength);
      if (holdsPii(part)) return true;
      searched += part.length;
      if (searched < partLength) continue;
      await pause();
      searched = 0;
    }
  }
  return false;
}
