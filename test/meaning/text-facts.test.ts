import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { holdsCode } from "../../src/meaning/code-detector.ts";
import { detectLanguage, loadLanguages } from "../../src/meaning/language.ts";
import { compileTextTest } from "../../src/meaning/text-test.ts";

beforeAll(loadLanguages);

test.each([
  ["What is the weather like in the city and how do I get there?", "en"],
  ["Wie ist das Wetter heute und was kann ich für dich tun?", "de"],
  ["Quel est le temps dans la ville et comment je vais au musée ?", "fr"],
  ["¿Cómo está el tiempo en la ciudad y qué puedo hacer con mi familia?", "es"],
  ["Como está o tempo na cidade e o que você pode fazer com a sua família?", "pt"],
  ["Com'è il tempo nella città e che cosa posso fare con la mia famiglia?", "it"],
  ["Hoe is het weer in de stad en wat kan ik doen met mijn familie?", "nl"],
  ["Jaka jest pogoda w mieście i co mogę zrobić z rodziną?", "pl"],
  ["Bu şehirde hava nasıl ve ailem için ne var?", "tr"],
  ["Jak je dnes ve městě a co si můžu dát s rodinou?", "cs"],
  ["Millainen sää on tänään ja mitä voin tehdä, kun se on huono?", "fi"],
  ["Hur är vädret i staden och vad kan jag göra med min familj?", "sv"],
  ["Viết cho tôi một câu truyện ngắn về nhà ga", "vi"],
  ["in nodejs, is there a way to make a pull-based stream?", "en"],
  ["Какая погода в городе?", "ru"],
  ["Яка погода в місті?", "uk"],
  ["今天天气怎么样？", "zh"],
  ["今日の天気はどうですか", "ja"],
  ["오늘 날씨 어때요", "ko"],
  ["كيف الطقس اليوم في المدينة", "ar"],
  ["आज मौसम कैसा है", "hi"],
  ["Hvorfor er vandet koldt, og hvad kan jeg gøre ved det?", "da"],
  ["Γιατί είναι κρύο το νερό;", "el"],
  ["چرا آب سرد است و چه باید کرد؟", "fa"],
  ["למה המים קרים ומה אפשר לעשות?", "he"],
  ["请帮我修复这段代码: function foo(bar) { return bar; }", "zh"],
  ["hello 你好 hello, what does this word mean to you?", "en"],
  ["", undefined],
  ["12345 !!!", undefined],
  ["xqzt brrr fnord", undefined],
])("the language of %j is %s", (text, language) => {
  expect(detectLanguage(text)).toBe(language);
});

test("of short prompts in thirty-five languages, nineteen of twenty are told right", () => {
  const file = new URL("prompts-by-language.json", import.meta.url);
  const prompts = JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly string[]>;
  const all = Object.entries(prompts).flatMap(([language, texts]) =>
    texts.map((text) => ({ language, text })),
  );
  const wrong = all.filter(({ language, text }) => detectLanguage(text) !== language);
  expect(Object.keys(prompts)).toHaveLength(35);
  expect(wrong.length / all.length).toBeLessThan(0.05);
});

test("of a long text the first thousand characters tell", () => {
  const text = `${"Wie ist das Wetter heute und was tust du? ".repeat(30)}`;
  expect(detectLanguage(`${text}${"What is the weather like? ".repeat(9_000)}`)).toBe("de");
  expect(detectLanguage(`${" ".repeat(2_000)}${text}`)).toBeUndefined();
});

test.each([
  ["Fix this:\n```py\nprint(1)\n```", true],
  ["const a = 1;\nfunction f(x) {\n  return x;\n}", true],
  ["import os\ndef main():\n    os.exit()\n", true],
  ["SELECT id FROM users WHERE age > 3", true],
  ["Write me a poem about the sea.\nIt should rhyme, please.", false],
  ["I like trains (fast ones). Do you?", false],
])("whether %j holds code is %s", (text, expected) => {
  expect(holdsCode(text)).toBe(expected);
});

test("patterns see case and run anywhere; contained text ignores case", () => {
  const compiled = (test: "matches" | "contains", pattern: string) => {
    const result = compileTextTest(test, pattern);
    return result.ok ? result.test("A Gray cat.") : result.message;
  };
  expect(compiled("matches", "gr[ae]y")).toBe(false);
  expect(compiled("matches", "(?i)gr[ae]y")).toBe(true);
  expect(compiled("contains", "GRAY CAT.")).toBe(true);
  expect(compiled("matches", "(a")).toMatch(/missing closing/);
  expect(compiled("matches", "(?=a)")).toMatch(/invalid/);
});
