import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { checklist } from "./checklist.ts";

test("every number of the list is answered once, in its order", () => {
  expect(checklist.map(({ number }) => number)).toEqual(
    Array.from({ length: 40 }, (_, at) => at + 1),
  );
});

test.each(checklist.map((each) => [each.number, each] as const))(
  "point %i names tests that exist, or says why there is none",
  (_number, { tests, state, note }) => {
    if (state !== "holds") expect(note).toBeDefined();
    if (state !== "elsewhere") expect(tests.length).toBeGreaterThan(0);
    for (const [file, name] of tests) {
      const path = resolve(import.meta.dirname, "..", file);
      expect(existsSync(path), file).toBe(true);
      expect(readFileSync(path, "utf8"), file).toContain(name);
    }
  },
);
