import fc from "fast-check";
import { expect, test } from "vitest";
import { readSamples } from "../../../src/runtime/servers/prometheus.ts";

test.each<[string, string, number | null, number | null]>([
  ["one sample", "q 3\n", 3, 3],
  ["several engines", 'q{engine="0"} 3\nq{engine="1"} 4\n', 7, 4],
  ["the suffix of counters", "q_total 5\n", 5, 5],
  ["a time behind the value", "q 2 1395066363000\n", 2, 2],
  ["braces and quotes in a label", 'q{a="}{\\"x\\"",b=""} 6\n', 6, 6],
  [
    "the further ranks of one engine",
    'q{tp_rank="0",dp_rank="1"} 2\nq{tp_rank="1",dp_rank="1"} 2\n',
    2,
    2,
  ],
  [
    "the engines that share the work",
    'q{tp_rank="0",dp_rank="0"} 2\nq{tp_rank="0",dp_rank="1"} 3\n',
    5,
    3,
  ],
  ["carriage returns and no line feed at the end", "q 1\r\nq 2", 3, 2],
  ["exponents", "q 1.5e+03\n", 1500, 1500],
  ["nothing but comments and blanks", "# HELP q of q\n# TYPE q gauge\n\n", null, null],
  ["values that are no numbers", "q NaN\nq +Inf\nq x\n", null, null],
  ["another name that begins alike", "q2 3\nqq 4\n", null, null],
  ["lines that are no samples", 'q\nq{a="1" 3\n{} 3\n', null, null],
])("%s", (_, text, sum, max) => {
  const samples = readSamples(text);
  expect([samples.sum("q"), samples.max("q")]).toEqual([sum, max]);
});

test("of several names the first that is there counts, however many samples the others have", () => {
  const samples = readSamples("old 1\nold 1\nnew 7\n");
  expect(samples.sum("new", "old")).toBe(7);
  expect(samples.sum("newest", "old")).toBe(2);
});

test("samples are read back among any other text", () => {
  const label = fc.string().map((text) => JSON.stringify(text));
  const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e9 }), label), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.string(), (samples, noise) => {
      const lines = samples.map(([value, text]) => `wanted{a=${text}} ${value}`);
      const text = [`# ${noise.replaceAll(/\s/g, " ")}`, ...lines, "other 5"].join("\n");
      const sum = samples.reduce((total, [value]) => total + value, 0);
      expect(readSamples(text).sum("wanted")).toBe(sum);
    }),
  );
});

test("a long line that is no sample is passed over like a short one", () => {
  const hostile = `q{a="${'\\"'.repeat(200_000)}`;
  expect(readSamples(`${hostile}\nq 1`).sum("q")).toBe(1);
});
