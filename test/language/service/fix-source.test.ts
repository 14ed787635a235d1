import { expect, test } from "vitest";
import { defaultConfiguration } from "../../../src/configuration/default-configuration.ts";
import { fixSource } from "../../../src/language/service/fix-source.ts";
import { vocabulary } from "../../support/checking.ts";

const { dispatch } = defaultConfiguration();

const fixed = (text: string): string =>
  fixSource({ file: "test.policy", text }, { ...vocabulary, dispatch }, () => null).text;

const mended: readonly (readonly [what: string, text: string, mended: string])[] = [
  [
    "a slip alone",
    "if stream && code then gpt else claude",
    "if stream and code then gpt else claude",
  ],
  [
    "a slip that kept broken guards from being looked at",
    "never gpt never claude if stream && code then gpt else claude",
    "never gpt never claude if stream and code then gpt else claude",
  ],
  [
    "a slip in whose rule nobody knows two names",
    "if stream && odd-one then odd-two otherwise claude",
    "if stream and odd-one then odd-two otherwise claude",
  ],
  [
    "a misspelt name that kept broken guards from being looked at",
    "never gpt never claude if tokns < 5 then gpt else claude",
    "never gpt never claude if tokens < 5 then gpt else claude",
  ],
];

test.each(mended)("%s is mended", (_, text, expected) => {
  expect(fixed(text)).toBe(expected);
});
