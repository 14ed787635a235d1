import { type TextMix, TextMixer } from "../meaning/text-mix.ts";
import { addLengthBounds, addTokenBounds, type TokenBounds } from "../meaning/token-bounds.ts";
import { countTokens, encoderVocabulary } from "../meaning/token-count.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import { eachText } from "./body-facts.ts";
import { countTools, mediaOf } from "./media.ts";

/*
 * What surrounds the texts, by a fixed rule, the same in bounds and in the exact count: 4 tokens for a message (its
 * role and its two marks), 3 that open the answer, 8 for each tool and tool call. An image is 85 in low detail, else
 * 765 (a square of 1024); sound and files are 1 for 40 characters of their base64, but files of text count as that text. Tools
 * and schemas count as their compact JSON. What a provider keeps and only a name stands for counts nothing: see `keptState`,
 * which tells of what makes the count no bound.
 */
const perMessage = 4;
const perAnswer = 3;
const perTool = 8;
const perName = 1;
const lowDetailImage = 85;
const image = 765;
const dataCharactersPerToken = 40;

function fixedTokens(body: ChatBody): number {
  let tokens = perAnswer + perMessage * body.messages.length;
  for (const { name, tool_calls: calls } of body.messages) {
    if (typeof name === "string") tokens += perName;
    tokens += perTool * (calls?.length ?? 0);
  }
  const { images, lowImages, data } = mediaOf(body);
  tokens += image * (images - lowImages) + lowDetailImage * lowImages;
  return tokens + Math.ceil(data / dataCharactersPerToken) + perTool * countTools(body);
}

function eachCounted(body: ChatBody, visit: (text: string) => void): void {
  eachText(body, visit, (schema) => visit(JSON.stringify(schema)));
}

/** So many UTF-16 units of a request are looked at for bounds: some ten milliseconds. Of the rest the length tells. */
const closelyBounded = 1_048_576;

/** Of bodies that come again; null until they are asked for. */
const kept = new WeakMap<ChatBody, Readonly<TokenBounds> | null>();

/** Has the bounds of a body kept, as long as the body is: it will be asked again. */
export function keepTokens(body: ChatBody): void {
  if (!kept.has(body)) kept.set(body, null);
}

/** Bounds on the tokens of a request's prompt, both inclusive, into `bounds`; they hold the exact count always. */
export function boundTokens(body: ChatBody, bounds: TokenBounds): void {
  const known = kept.get(body);
  if (known === undefined || known === null) putBounds(body, bounds);
  else {
    bounds.low = known.low;
    bounds.high = known.high;
  }
  // Without the vocabulary they are loose.
  if (known === null && encoderVocabulary() !== null) kept.set(body, { ...bounds });
}

function putBounds(body: ChatBody, bounds: TokenBounds): void {
  const fixed = fixedTokens(body);
  bounds.low = fixed;
  bounds.high = fixed;
  const vocabulary = encoderVocabulary();
  let left = closelyBounded;
  eachCounted(body, (text) => {
    if (text.length <= left) addTokenBounds(text, vocabulary, bounds);
    else addLengthBounds(text, bounds);
    left -= text.length;
  });
}

/** One number for estimates of cost: near the lower bound, which is the tighter one. */
export function estimatedTokens(body: ChatBody): number {
  const bounds = { low: 0, high: 0 };
  boundTokens(body, bounds);
  return Math.round(bounds.low + (bounds.high - bounds.low) / 5);
}

/** The same number for a text by itself, such as an answer, with nothing around it. */
export function estimatedTokensOf(text: string): number {
  const bounds = { low: 0, high: 0 };
  const looked = text.slice(0, closelyBounded);
  addTokenBounds(looked, encoderVocabulary(), bounds);
  if (looked.length < text.length) addLengthBounds(text.slice(looked.length), bounds);
  return Math.round(bounds.low + (bounds.high - bounds.low) / 5);
}

/** The same number, and what the prompt is made of for each of its tokens: what models' own counts are learned by. */
export function mixOf(body: ChatBody): { readonly tokens: number; readonly mix: TextMix } {
  const mixer = new TextMixer();
  eachCounted(body, (text) => mixer.add(text));
  const tokens = estimatedTokens(body);
  return { tokens, mix: mixer.mix(tokens, fixedTokens(body)) };
}

/** The exact tokens of a request's prompt by o200k_base; a promise when they take more than a moment. */
export function exactTokens(body: ChatBody, pause: () => Promise<void>): number | Promise<number> {
  const texts: string[] = [];
  eachCounted(body, (text) => texts.push(text));
  const fixed = fixedTokens(body);
  const counted = countTokens(texts, pause);
  return typeof counted === "number" ? counted + fixed : counted.then((tokens) => tokens + fixed);
}
