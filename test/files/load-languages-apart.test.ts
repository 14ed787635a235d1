import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { loadLanguagesApart } from "../../src/files/load-languages-apart.ts";

const prompts = JSON.parse(
  readFileSync(new URL("../meaning/prompts-by-language.json", import.meta.url), "utf8"),
) as Readonly<Record<string, readonly string[]>>;

test("what is read apart tells each language as what is loaded at once", async () => {
  const apart = await import("../../src/meaning/language.ts");
  expect(apart.knowsLanguages()).toBe(false);
  await loadLanguagesApart();
  expect(apart.knowsLanguages()).toBe(true);
  vi.resetModules();
  const whole = await import("../../src/meaning/language.ts");
  expect(whole).not.toBe(apart);
  expect(whole.knowsLanguages()).toBe(false);
  await whole.loadLanguages();
  const texts = Object.values(prompts).flat();
  expect(texts.length).toBeGreaterThan(100);
  for (const text of texts) expect(apart.detectLanguage(text)).toBe(whole.detectLanguage(text));
});

test("it takes one piece in a turn of the loop, and no more", async () => {
  vi.resetModules();
  const { loadLanguagesApart: load } = await import("../../src/files/load-languages-apart.ts");
  const { knowsLanguages } = await import("../../src/meaning/language.ts");
  const perTurn: number[] = [];
  let [pieces, isOver] = [0, false];
  const { parse } = JSON;
  const spied = vi.spyOn(JSON, "parse").mockImplementation((...given) => {
    pieces += 1;
    return parse(...given) as unknown;
  });
  const turn = (): void => {
    if (pieces > 0) perTurn.push(pieces);
    pieces = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await load();
  isOver = true;
  spied.mockRestore();
  expect(knowsLanguages()).toBe(true);
  // 81,206 n-grams in pieces of a thousand.
  expect(perTurn.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(81);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(1);
});
