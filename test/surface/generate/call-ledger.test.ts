import fc from "fast-check";
import { expect, test } from "vitest";
import { CallLedger } from "../../../src/surface/generate/call-ledger.ts";

test("a result answers the call of its id, else the first of its name that has none yet", () => {
  const ledger = new CallLedger(["t"]);
  expect(ledger.call(null, "f", "0_0")).toBe("call_0_0");
  ledger.call("t", "f", "0_1");
  ledger.call(null, "f", "0_2");
  expect(ledger.answer("t", "f", "1_0")).toBe("t");
  expect(ledger.answer("other", "f", "1_1")).toBe("call_0_0");
  expect(ledger.answer(null, "f", "1_2")).toBe("call_0_2");
  expect(ledger.answer(null, "f", "1_3")).toBe("result_1_3");
  expect(ledger.answer("other", "f", "1_4")).toBe("other");
});

test("results in any order find every call once", () => {
  const names = fc.array(fc.constantFrom("f", "g"), { maxLength: 20 });
  fc.assert(
    fc.property(names, fc.boolean(), (called, reversed) => {
      const ledger = new CallLedger([]);
      const ids = called.map((name, at) => ledger.call(null, name, `0_${at}`));
      const answered = (reversed ? called.toReversed() : called).map((name, at) =>
        ledger.answer(null, name, `1_${at}`),
      );
      expect(answered.toSorted()).toEqual(ids.toSorted());
    }),
  );
});

test("a turn of the model closes the calls before it", () => {
  const ledger = new CallLedger([]);
  ledger.call(null, "f", "0_0");
  ledger.turnOfModel();
  expect(ledger.answer(null, "f", "2_0")).toBe("result_2_0");
});
