import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultConfiguration } from "../../../src/configuration/default-configuration.ts";
import { fixSource } from "../../../src/language/service/fix-source.ts";
import { filesOf, vocabulary } from "../../support/checking.ts";

const setting = { ...vocabulary, dispatch: defaultConfiguration().dispatch };

const fix = (text: string, files: Readonly<Record<string, string>> = {}) =>
  fixSource({ file: "test.policy", text }, setting, filesOf(files));

test.each([
  ["otherwise cluade fallback qwne", "otherwise claude fallback qwen"],
  // One fix lays bare the next mistake.
  [
    "if tokns < 200K && strem thenclaude else gpt",
    "if tokens < 200k and stream then claude else gpt",
  ],
  ["IF stream THEN claude ELSE gpt", "if stream then claude else gpt"],
  // A warning is mended too, a note is not.
  [
    "if stream or tools > 0 and json is none then claude else gpt",
    "if stream or (tools > 0 and json is none) then claude else gpt",
  ],
  ["if stream then claude else gpt fallback qwen", "if stream then claude else gpt fallback qwen"],
  // What no fix mends stays, and what can be mended beside it is.
  ["if nothing-like-it < 5 then cluade else gpt", "if nothing-like-it < 5 then claude else gpt"],
  ["let short = tokens < 200K", "let short = tokens < 200k"],
])("%j becomes %j", (text, fixed) => {
  expect(fix(text).text).toBe(fixed);
  expect(fix(fixed).applied).toEqual([]);
});

test("fixes in one place are applied one after the other", () => {
  const { applied, text } = fix("if tokens < 200K&&stream then claude else gpt");
  expect(text).toBe("if tokens < 200k and stream then claude else gpt");
  const [first, second] = applied.map(({ source }) => source.text);
  expect(second).not.toBe(first);
});

test("mistakes in a library are told, and not mended in the file that uses it", () => {
  const text = 'use "./shared.policy" if short then claude else gpt';
  const files = { "shared.policy": "let short = tokens < 200K" };
  const { applied, checked, text: fixed } = fix(text, files);
  expect(fixed).toBe(text);
  expect(applied).toEqual([]);
  expect(checked.diagnostics.map(({ code }) => code)).toContain("P0115");
});

test("whatever the text, fixing it leaves no more errors than it had, and a second time changes nothing", () => {
  const sound =
    "if tokens < 200 and stream then claude fallback gpt with retry 1 otherwise any of [gpt, qwen]";
  const words = [
    ...sound.split(" "),
    "&&",
    "tokns",
    "with",
    "[",
    ",",
    '"',
    "10 ms",
    "never",
    "test",
  ];
  const mixed = fc
    .array(fc.tuple(fc.nat(20), fc.constantFrom(...words)), { maxLength: 4 })
    .map((changes) => {
      const text = sound.split(" ");
      for (const [at, word] of changes) text.splice(at, at % 2, word);
      return text.join(" ");
    });
  fc.assert(
    fc.property(mixed, (text) => {
      const errors = (of: string): number =>
        fix(of, {}).checked.diagnostics.filter(({ severity }) => severity === "error").length;
      const before = fixSource({ file: "test.policy", text }, setting, () => null);
      const once = before.text;
      expect(errors(once)).toBeLessThanOrEqual(errors(text));
      expect(fix(once).text).toBe(once);
    }),
  );
});
