import fc from "fast-check";
import { expect, test } from "vitest";
import { readSweep, sweepForms } from "../../../src/simulator/sweep/read-sweep.ts";

test.each<[string, string, readonly number[]]>([
  ["tokens=200..1000 by 200", "tokens", [200, 400, 600, 800, 1000]],
  ["tokens=200..2k by 0.9k", "tokens", [200, 1100, 2000]],
  ["tokens = 1..3", "tokens", [1, 2, 3]],
  ["tokens=100,50,100", "tokens", [100, 50, 100]],
  ["difficulty=0.1..0.3 by 0.1", "difficulty", [0.1, 0.2, 0.3]],
  ["confidence=50%..60% by 5%", "confidence", [0.5, 0.55, 0.6]],
  ["traffic=1..2 by 0.5", "*2", [1, 1.5, 2]],
  ["traffic=*2,*3", "*3", [2, 3]],
  ["grow=0..10 by 5", "10%/day", [0, 5, 10]],
  ["capacity.local-gpu=2..3", "local-gpu=3", [2, 3]],
  ["slow.claude=1..3 by 2", "claude=*3", [1, 3]],
  ["throttle.claude=60..120 by 60", "claude=120/min", [60, 120]],
  ["price.claude.output=0.5,2", "claude.output=*2", [0.5, 2]],
])("%s sweeps %s over %j", (text, last, values) => {
  const read = readSweep(text);
  if (!read.ok) throw new Error(read.message);
  const { swept } = read.sweep;
  expect(read.sweep.values).toEqual(values);
  const said = swept.kind === "threshold" ? swept.fact : swept.textAt(values.at(-1) ?? 0);
  expect(said).toBe(last);
});

test.each<[string, RegExp]>([
  ["tokens", /write tokens=/],
  ["=1..3", /write tokens=/],
  ["capacity=1..3", /write tokens=/],
  ["traffic.claude=1..3", /write tokens=/],
  ["outage.claude=1..3", /write tokens=/],
  ["tokens=1..x", /no range of numbers/],
  ["tokens=1,x", /no list of numbers/],
  ["tokens=-1..3", /no range of numbers/],
  ["tokens=3s..5s", /no range of numbers/],
  ["tokens=0.5..2", /say in what steps: `by 0\.2`$/],
  ["difficulty=0.1..0.5", /say in what steps: `by 0\.05`$/],
  ["difficulty=10%..50%", /say in what steps: `by 5%`$/],
  ["traffic=1..8.5", /say in what steps: `by 1`$/],
  ["difficulty=0.5..0.5", /say in what steps: `by 0\.2`$/],
  ["tokens=1..2 by 0", /no step above 0/],
  ["tokens=5..2", /5 is above 2/],
  ["tokens=1..1000", /1000 values, more than 200/],
])("%s is refused: %s", (text, message) => {
  const read = readSweep(text);
  expect(read.ok ? "" : read.message).toMatch(message);
});

test("the forms that help shows are read", () => {
  for (const form of sweepForms) expect(readSweep(form).ok).toBe(true);
});

test("whatever is written, it is read or refused, and the values are bounded", () => {
  const piece = fc.constantFrom("tokens", "=", "..", " by ", ",", "1", "0.1", "%", "k", "1e9", "*");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const read = readSweep(pieces.join(""));
      if (!read.ok) return;
      expect(read.sweep.values.length).toBeGreaterThan(0);
      expect(read.sweep.values.length).toBeLessThanOrEqual(200);
      for (const value of read.sweep.values) expect(value).toBeGreaterThanOrEqual(0);
    }),
  );
});
