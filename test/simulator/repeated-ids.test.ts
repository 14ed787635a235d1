import { expect, test } from "vitest";
import { RepeatedIds } from "../../src/simulator/repeated-ids.ts";

function countOf(ids: Iterable<string>, most?: number) {
  const repeated = new RepeatedIds(most);
  for (const id of ids) repeated.add(id);
  return repeated.counted();
}
const named = (count: number): string[] => Array.from({ length: count }, (_, at) => `id-${at}`);

test.each([
  ["none", [], 0],
  ["all of them different", named(5_000), 0],
  ["a file given twice", [...named(5_000), ...named(5_000)], 5_000],
  ["one that came thrice", ["a", "b", "a", "a"], 2],
])("ids that came before are counted: %s", (_, ids, requests) => {
  expect(countOf(ids)).toEqual({ requests, atLeast: false });
});

test("of more ids than are remembered the count is the least that it can be", () => {
  expect(countOf([...named(100), ...named(100)], 60)).toEqual({ requests: 60, atLeast: true });
  expect(countOf([...named(60), ...named(60)], 60)).toEqual({ requests: 60, atLeast: false });
});
