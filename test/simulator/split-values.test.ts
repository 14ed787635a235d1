import fc from "fast-check";
import { expect, test } from "vitest";
import { ValueSplitter } from "../../src/simulator/split-values.ts";

function split(chunks: readonly Uint8Array[]): [number, string][] {
  const found: [number, string][] = [];
  const splitter = new ValueSplitter({
    line: (text, line) => void found.push([line, text]),
    tooLong: (line) => void found.push([line, "too long"]),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return found;
}

test.each<[string, string, [number, string][]]>([
  [
    "a list, value by value",
    '[{"a":1},\n{"b":[2]}]',
    [
      [1, '{"a":1}'],
      [2, '{"b":[2]}'],
    ],
  ],
  [
    "a list of lists",
    "[[1],[2]]",
    [
      [1, "[1]"],
      [1, "[2]"],
    ],
  ],
  [
    "objects over lines",
    '{\n"a": 1\n}\n\n{\n}',
    [
      [1, '{\n"a": 1\n}'],
      [5, "{\n}"],
    ],
  ],
  [
    "brackets and quotes in texts",
    '[{"a":"]}\\""},"x,y"]',
    [
      [1, '{"a":"]}\\""}'],
      [1, '"x,y"'],
    ],
  ],
  [
    "numbers and words",
    "[1, true,null]\n7",
    [
      [1, "1"],
      [1, "true"],
      [1, "null"],
      [2, "7"],
    ],
  ],
  ["a byte order mark", '\ufeff[{"a":1}]', [[1, '{"a":1}']]],
  [
    "a list that breaks off",
    '[{"a":1},{"b":',
    [
      [1, '{"a":1}'],
      [1, '{"b":'],
    ],
  ],
  ["closing without opening", "}]", [[1, "}"]]],
  ["nothing", " \n ", []],
])("%s: %j", (_, text, values) => {
  expect(split([Buffer.from(text)])).toEqual(values);
});

test("any JSON in a list comes out as it went in, however it is laid out and cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }),
      fc.constantFrom(undefined, 2),
      fc.array(fc.nat(), { maxLength: 10 }),
      (values, indent, cuts) => {
        const bytes = Buffer.from(JSON.stringify(values, null, indent));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
        expect(split(chunks).map(([, text]) => JSON.parse(text))).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
      },
    ),
  );
});

test("a value that is too long is told by its line and passed over", () => {
  const chunk = Buffer.alloc(1_048_576, 0x78);
  const chunks = [
    Buffer.from('[\n{"a":1},\n"'),
    ...Array.from({ length: 65 }, () => chunk),
    Buffer.from('",\n{"b":2}]'),
  ];
  expect(split(chunks)).toEqual([
    [2, '{"a":1}'],
    [3, "too long"],
    [4, '{"b":2}'],
  ]);
});
