import fc from "fast-check";
import { expect, test } from "vitest";
import { toJavaPattern } from "../../../src/language/sql/java-pattern.ts";
import { compileTextTest } from "../../../src/meaning/text-test.ts";
import { anyPattern, anyText } from "../../support/random-texts.ts";

/** What Java's engine makes of such a pattern, in the words of this one: the two differ in three spellings only. */
function asJava(pattern: string): RegExp {
  const here = pattern.replaceAll("\\x{", "\\u{").replaceAll("\\A", "^").replaceAll("\\z", "$");
  return new RegExp(here, "gu");
}

/** Whether there is a match between two characters: V8 also finds empty ones within a pair of surrogates, where a text of characters has no place. */
function finds(pattern: RegExp, text: string): boolean {
  return [...text.matchAll(pattern)].some(({ index }) => {
    const code = text.codePointAt(index - 1) ?? 0;
    return index === 0 || code <= 0xffff;
  });
}

test("a pattern for Java finds a match where RE2 finds one, or is refused", () => {
  let isTold = 0;
  fc.assert(
    fc.property(
      anyPattern,
      fc.array(anyText, { minLength: 10, maxLength: 40 }),
      (pattern, texts) => {
        const java = toJavaPattern(pattern);
        if (!java.ok) return;
        isTold += 1;
        const ours = compileTextTest("matches", pattern);
        if (!ours.ok) throw new Error(ours.message);
        const theirs = asJava(java.pattern);
        for (const text of texts)
          expect([text, finds(theirs, text)]).toEqual([text, ours.test(text)]);
      },
    ),
    { numRuns: 2_000 },
  );
  expect(isTold).toBeGreaterThan(1_000);
});

test("what was found by chance stays right: two anchors beside a character of two parts", () => {
  const java = toJavaPattern("(?m)$(?i)^");
  expect(java.ok && finds(asJava(java.pattern), "𐐨")).toBe(false);
});

test.each([
  ["\\pL+", /`\\p`/],
  ["(?i)é", /`\(\?i\)` over letters beyond ASCII/],
  ["(?i)[a-é]", /`\(\?i\)` over letters beyond ASCII/],
  ["\\C", /`\\C`/],
  ["\\B", /`\\B`/],
  ["\\Qab\\E+", /a count behind `\\E`/],
])("%s is refused by name", (pattern, why) => {
  expect(toJavaPattern(pattern)).toEqual({ ok: false, why: expect.stringMatching(why) });
});

test.each([
  ["abc", "abc"],
  ["a.b$", "a[\\x{0}-\\x{9}\\x{b}-\\x{d7ff}\\x{e000}-\\x{10ffff}]b\\z"],
  ["(?i)ks", "[Kk\\x{212a}][Ss\\x{17f}]"],
  ["(?m)^a$", "(?<![^\\x{a}])a(?![^\\x{a}])"],
  ["a{2}{3}", "(?:(?:a){2}){3}"],
])("%s is %s in Java's words", (pattern, java) => {
  expect(toJavaPattern(pattern)).toEqual({ ok: true, pattern: java });
});
