import { expect, test } from "vitest";
import { droppedHeader } from "../../src/gateway/dropped-header.ts";

const many = Array.from({ length: 100 }, (_, at) => `messages[${at}].content[0]`);

test.each<[string, readonly string[], RegExp]>([
  [
    "a few places are told as they are",
    ["seed", "tools[0].type"],
    /^seed,tools%5B0%5D\.type$|^seed,tools\[0\]\.type$/,
  ],
  ["of many the first, and the number of the others", many, /^messages.*,\+68$/],
  [
    "long ones are cut by their bytes",
    Array.from({ length: 30 }, () => "信".repeat(100)),
    /^%E4.*,\+28$/,
  ],
  ["one too long is only counted", ["x".repeat(5000)], /^\+1$/],
  ["halves of characters do no harm", ["tools[0].\ud800"], /^tools.*%EF%BF%BD$/],
])("%s", (_name, places, header) => {
  expect(droppedHeader(places)).toMatch(header);
  expect(droppedHeader(places).length).toBeLessThan(2060);
});
