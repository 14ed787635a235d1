import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { readShippedEmbedding } from "../../../src/files/read-intent-model.ts";
import { cosineOf } from "../../../src/meaning/embedding.ts";
import { loadLanguages } from "../../../src/meaning/language.ts";
import { disagreementOf } from "../../../src/runtime/semantic/guards.ts";
import { longestPrompt, readTraits } from "../../../src/runtime/semantic/traits.ts";
import { type PromptPair, readPairs } from "./prompt-pairs.ts";

beforeAll(loadLanguages);

const between = (a: string, b: string) => disagreementOf(readTraits(a), readTraits(b));

describe("two prompts that a kept answer must not serve both", () => {
  it.each([
    ["number", "sum of 12 and 30", "sum of 12 and 31"],
    ["number", "two hundred and five euros in dollars", "two hundred and six euros in dollars"],
    ["number", "call me at 9:30", "call me at 19:30"],
    ["number", "is 20 mg a safe dose", "is 20 g a safe dose"],
    ["unit", "convert my miles to kilometres", "convert my kilometres to miles"],
    ["kind", "weather on Monday", "weather on Tuesday"],
    ["kind", "good morning in italian", "good morning in welsh"],
    ["kind", "trains from leeds, london to paris", "trains from leeds, paris to london"],
    ["identifier", "what does fooBar do", "what does fooBaz do"],
    ["identifier", "a list in C++", "a list in C#"],
    ["identifier", 'is "I loved it" positive', 'is "I hated it" positive'],
    ["identifier", "status of A-1001x", "status of A-1010x"],
    ["name", "Who was Ada Lovelace?", "Who was Alan Turing?"],
    ["name", "Can Smith sue Jones?", "Can Jones sue Smith?"],
    ["case", "How do I call IT?", "How do I call it?"],
    ["case", "what does WHO say about salt", "what does who say about salt"],
    ["case", "the treaty helps US most", "the treaty helps us most"],
    ["case", "WHO", "who"],
    ["case", "How do I get to China?", "How do I get to china?"],
    ["identifier", "what does `foo` do", "what does `Foo` do"],
    ["identifier", "why is userName null", "why is username null"],
    ["tense", "who is the president", "who was the president"],
    ["tense", "what is my limit", "what will be my limit"],
    ["tense", "who works here", "who worked here"],
    ["question", "can I mix them", "should I mix them"],
    ["question", "must I tip the waiter", "may I tip the waiter"],
    ["question", "do I have to tip the waiter", "can I tip the waiter"],
    ["negation", "which foods contain gluten", "which foods don't contain gluten"],
    ["negation", "a soup with garlic", "a soup without garlic"],
    ["question", "When was it founded?", "Where was it founded?"],
    ["question", "Why do you need my passport", "I need my passport"],
    ["question", "What is the height of the tower", "What is the tower"],
    ["contrary", "how do I raise my blood pressure", "how do I lower my blood pressure"],
    ["contrary", "sorted from lowest to highest", "sorted from highest to lowest"],
    ["contrary", "list files modified since yesterday", "list files modified until yesterday"],
    ["contrary", "log in problem", "log out problem"],
    ["contrary", "opt in to marketing", "opt out of marketing"],
    ["contrary", "all of them are late", "some of them are late"],
    ["contrary", "most users like it", "few users like it"],
    ["identifier", "a<b or b<a", "a>b or b>a"],
    ["identifier", "what does a*b give", "what does a/b give"],
    ["identifier", "convert 5 to fahrenheit", "convert -5 to fahrenheit"],
    ["identifier", "I have a balance of -100 dollars", "I have a balance of 100 dollars"],
    ["identifier", "I have a balance of −100 dollars", "I have a balance of 100 dollars"],
    ["identifier", "set the thermostat to +3", "set the thermostat to -3"],
    ["identifier", "aged ≥18", "aged ≤18"],
    ["identifier", "Explain ∀x P(x)", "Explain ∃x P(x)"],
    ["order", "what does x→y mean", "what does y→x mean"],
    ["identifier", "can O+ donate to AB", "can O- donate to AB"],
    ["identifier", "is x == y", "is x != y"],
    ["identifier", "what does && do", "what does || do"],
    ["identifier", "what does 😀 mean", "what does 😡 mean"],
    ["person", "he hit her", "she hit him"],
    ["person", "did he pay her", "did she pay him"],
    ["person", "can you call me", "can I call you"],
    ["person", "is he my boss", "is she my boss"],
    ["person", "what did you say about them", "what did they say about you"],
    ["order", "can my landlord sue me", "can I sue my landlord"],
    ["order", "can my employer fire me", "can I fire my employer"],
    ["order", "translate from klingon to elvish", "translate from elvish to klingon"],
    ["frame", "how long do I boil potatoes", "how long do I bake potatoes"],
    ["frame", "the best laptops", "the best gaming laptops"],
    [
      "length",
      "Explain it.",
      `Explain it. ${"Begin where we were and go on from there. ".repeat(4)}`,
    ],
    [
      "language",
      "Could you please tell me what I have to do so that the house is not so cold in the night?",
      "Kannst du mir bitte sagen, was ich machen muss, damit das Haus in der Nacht nicht so kalt ist?",
    ],
  ])("differ in %s: %s / %s", (why, a, b) => {
    expect(between(a, b)).toBe(why);
    expect(between(b, a)).toBe(why);
  });
});

describe("two prompts that a kept answer serves both", () => {
  it.each([
    ["How do I reset my password?", "how do i reset my password please"],
    ["two hundred and five euros in dollars", "205 euros in dollars"],
    ["$5 in yen", "5 dollars in yen"],
    ["1,440 minutes in hours", "1440 minutes in hours"],
    ["What's the weather in Paris today?", "what is the weather today in paris"],
    ["I can't log in", "I cannot log in"],
    ["How do I reset my password?", "Can you tell me how to reset my password?"],
    ["> what is jazz", "what is jazz"],
    ["HELLO THERE", "hello there"],
    ["WHAT IS WRONG WITH IT", "what is wrong with it"],
    ["What is SQL good for?", "what is sql good for"],
    ["How do I get to China?", "how do i get to china"],
    ["when does my card arrive", "when will my card arrive"],
    ["why was I charged a fee", "why am I charged a fee"],
    ["Could you tell me how to mix them?", "How should I mix them?"],
    ["give me the list sorted by name", "sort the list by name, give it to me"],
    ["how tall is mount everest", "what is the height of mount everest?"],
    ["Convert 5 km to miles", "5 kilometres to miles, convert please"],
    ["Is tea better than coffee?", "would you say that tea is better than coffee"],
  ])("%s / %s", (a, b) => {
    expect(between(a, b)).toBeNull();
  });
});

describe("guards", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200, unit: "grapheme" }),
    fc.constantFrom(...readPairs("paraphrases").map(({ a }) => a)),
  );

  it("find nothing between a text and itself, and the same either way round", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(between(a, a)).toBeNull();
        expect(between(a, b) === null).toBe(between(b, a) === null);
      }),
    );
  });

  it("read no more of a text than prompts may hold, whatever it holds", () => {
    for (const piece of ['"', "`", "a-", "1,", "x.", "'", "from ", "“a", "A ", "9:", "٣", "中"]) {
      const traits = readTraits(piece.repeat(100_000));
      expect(traits.content.length + traits.exact.length).toBeLessThanOrEqual(longestPrompt);
    }
  });
});

describe("the pairs of prompts beside this test", () => {
  const { embedder } = readShippedEmbedding();
  /** The least that a policy would ask for with this table. */
  const above = 0.8;
  const share = (pairs: readonly PromptPair[], isIn: (pair: PromptPair) => boolean): number =>
    pairs.filter(isIn).length / pairs.length;
  const isNear = ({ a, b }: PromptPair): boolean =>
    cosineOf(embedder.embed(a), embedder.embed(b)) >= above;
  const isHit = (pair: PromptPair): boolean => isNear(pair) && between(pair.a, pair.b) === null;

  it("that must not be taken for each other are, in at most 1 % of at least 500", () => {
    const pairs = readPairs("adversarial");
    expect(pairs.length).toBeGreaterThanOrEqual(500);
    expect(share(pairs, isNear)).toBeGreaterThan(0.5);
    expect(share(pairs, isHit)).toBeLessThanOrEqual(0.01);
  });

  it("that may be taken for each other are, in most of those that lie near", () => {
    const near = readPairs("paraphrases").filter(isNear);
    expect(near.length).toBeGreaterThan(300);
    expect(share(near, isHit)).toBeGreaterThan(0.7);
  });
});
