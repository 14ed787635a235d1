import fc from "fast-check";
import { expect, test } from "vitest";
import {
  Admission,
  type AdmissionLimits,
  type Load,
  type Priority,
  shedMarks,
} from "../../../src/runtime/overload/admission.ts";

const limits: AdmissionLimits = { maxInFlightBytes: 1000, maxLoopDelayMs: 100, maxHeapShare: 0.8 };
const calm: Load = { loopDelayMs: 1, heapShare: 0.1 };
const priorities: readonly Priority[] = ["low", "normal", "high"];
const shedding = (admission: Admission): string =>
  priorities.filter((priority) => admission.shed(priority) !== null).join(" ");

test.each<[string, number, string]>([
  ["far below", 699, ""],
  ["at the mark of low", 700, "low"],
  ["at the mark of normal", 850, "low normal"],
  ["at the limit", 1000, "low normal high"],
])("bytes %s shed at once, and no longer than they are held", (_name, bytes, shed) => {
  const admission = new Admission(() => limits);
  admission.hold(bytes);
  expect(shedding(admission)).toBe(shed);
  admission.release(bytes);
  expect(shedding(admission)).toBe("");
});

test.each<[string, readonly Load[], string]>([
  ["one late turn of the loop sheds nothing", [{ ...calm, loopDelayMs: 5000 }], ""],
  [
    "two late turns with a calm one between neither",
    [{ ...calm, loopDelayMs: 5000 }, calm, { ...calm, loopDelayMs: 5000 }],
    "",
  ],
  [
    "two in a row shed by the better of both",
    [
      { ...calm, loopDelayMs: 5000 },
      { ...calm, loopDelayMs: 90 },
    ],
    "low normal",
  ],
  [
    "a full heap sheds everything",
    [calm, ...Array(2).fill({ ...calm, heapShare: 0.8 })],
    "low normal high",
  ],
  [
    "one calm sample ends nothing",
    [...Array(2).fill({ ...calm, loopDelayMs: 100 }), calm],
    "low normal high",
  ],
  ["two calm samples end it", [...Array(2).fill({ ...calm, loopDelayMs: 100 }), calm, calm], ""],
])("%s", (_name, samples, shed) => {
  const admission = new Admission(() => limits);
  for (const sample of samples) admission.sample(sample);
  expect(shedding(admission)).toBe(shed);
});

test("before a priority is known only the whole limits count", () => {
  const admission = new Admission(() => limits);
  admission.hold(999);
  expect([admission.shed(null), admission.shed("normal")]).toEqual([null, "in_flight_bytes"]);
  admission.hold(1);
  expect(admission.shed(null)).toBe("in_flight_bytes");
});

test("what is held for a request is dropped as a whole, once", () => {
  const admission = new Admission(() => limits);
  const holding = admission.holding();
  holding.add(300);
  holding.add(200);
  expect(admission.heldBytes).toBe(500);
  holding.drop();
  holding.drop();
  expect(admission.heldBytes).toBe(0);
});

test("property: work is shed if and only if a mark is passed, and none before work of a lower priority", () => {
  const use = fc.oneof(
    fc.constantFrom(0, 0.7, 0.85, 1),
    fc.double({ min: 0, max: 2, noNaN: true }),
  );
  const sample = fc.record({ delay: use, heap: use, bytes: use });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 30 }), (samples) => {
      const admission = new Admission(() => limits);
      const over = { delay: new Map<Priority, boolean>(), heap: new Map<Priority, boolean>() };
      let before = { delay: 0, heap: 0 };
      for (const { delay, heap, bytes } of samples) {
        const now = { delay: (delay * 100) / 100, heap: (heap * 0.8) / 0.8 };
        admission.sample({ loopDelayMs: delay * 100, heapShare: heap * 0.8 });
        admission.hold(bytes * 1000 - admission.heldBytes);
        for (const priority of priorities) {
          const mark = shedMarks[priority];
          for (const kind of ["delay", "heap"] as const) {
            const both = [before[kind], now[kind]].map((value) => value >= mark);
            if (both[0] === both[1]) over[kind].set(priority, both[0] === true);
          }
          const passed =
            admission.heldBytes >= mark * 1000 ||
            over.delay.get(priority) === true ||
            over.heap.get(priority) === true;
          expect(admission.shed(priority) !== null).toBe(passed);
        }
        before = now;
        expect(["", "low", "low normal", "low normal high"]).toContain(shedding(admission));
        expect(admission.shed(null)).toBe(admission.shed("high"));
      }
    }),
  );
});
