import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryLimitStore } from "../../../src/runtime/limits/memory-limit-store.ts";
import {
  type Asked,
  admissionBench,
  budget,
  quiet,
  rate,
  slowStore,
  turnAt,
} from "../../support/admission-bench.ts";

interface Step {
  /** `flee`: asks, and leaves at once, perhaps while its store is being asked. */
  readonly kind: "ask" | "flee" | "end" | "leave" | "pass";
  readonly caller: string;
  readonly waitMs: number | null;
  readonly which: number;
  readonly wants: "turn" | "rate" | "both";
  readonly cost: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("ask", "ask", "ask", "flee", "end", "end", "leave", "pass"),
  caller: fc.constantFrom("ann", "bob", "cyd"),
  waitMs: fc.constantFrom(null, 30_000, 70_000, 200_000),
  which: fc.nat(20),
  wants: fc.constantFrom("turn", "rate", "both"),
  cost: fc.integer({ min: 0, max: 40 }),
});

/** Those who wait are told at whole seconds. */
const secondMs = 1_000;

test.each([
  ["at once", () => new MemoryLimitStore(), null],
  ["later", () => slowStore(() => Promise.resolve()), quiet],
] as const)(
  "whoever comes, goes and waits, with a store that answers %s, no bound is passed, everybody hears once and in time, and nothing is left behind",
  (_, open, settling) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const { ask, clock, store, admission } = admissionBench(open(), 5);
        const all: Asked[] = [];
        const here: { asked: Asked; wants: Step["wants"]; cost: number; untilMs: number }[] = [];
        const passedAt: number[] = [];
        /** Those who left before they were answered. */
        const left: Asked[] = [];
        let spent = 0;
        const leave = (asked: Asked): void => {
          if (asked.told === 0) left.push(asked);
          asked.leave();
        };
        const settle = async (): Promise<void> => {
          if (settling !== null) await settling();
        };
        const pass = async (seconds: number): Promise<void> => {
          for (let n = 0; n < seconds; n += 1) {
            clock.pass(secondMs);
            await settle();
          }
        };
        const look = async (): Promise<void> => {
          await settle();
          const atWork = here.filter(({ asked }) => asked.answer?.kind === "pass");
          expect(atWork.filter(({ wants }) => wants !== "rate").length).toBeLessThanOrEqual(2);
          for (const atMs of passedAt) {
            const together = passedAt.filter((each) => each >= atMs && each < atMs + 60_000);
            expect(together.length).toBeLessThanOrEqual(3);
          }
          const { reserved, settled } = await store.standing(budget(0), clock.now());
          expect(reserved + settled).toBeLessThanOrEqual(100);
          for (const { asked, untilMs } of here)
            if (asked.answer === null) expect(untilMs).toBeGreaterThan(clock.now());
        };
        const end = (which: number): void => {
          const [one] = here.splice(which, 1);
          if (one?.asked.answer?.kind !== "pass") return;
          const actual = Math.round(one.cost / 2);
          spent += actual;
          void one.asked.answer.end(one.wants === "turn" ? [actual] : [1, actual]);
        };
        const come = ({ kind, caller, waitMs, wants, cost }: Step): void => {
          const turns = [{ counter: turnAt(""), most: 2, waitMs }];
          const spend = { take: budget(cost), waitMs: null };
          const wish = {
            caller,
            turns: wants === "rate" ? [] : turns,
            takes: wants === "turn" ? [spend] : [{ take: rate, waitMs }, spend],
          };
          const asked = ask(wish, ({ answer }) => {
            if (answer?.kind === "pass" && wants !== "turn") passedAt.push(clock.now());
          });
          all.push(asked);
          // A turn and a limit are waited for one after the other.
          const waits = (wants === "both" ? 2 : 1) * (waitMs ?? 0);
          here.push({ asked, wants, cost, untilMs: clock.now() + Math.max(waits, 1) });
          if (kind === "flee") leave(asked);
        };
        for (const each of steps) {
          const { kind, which } = each;
          if (kind === "ask" || kind === "flee") come(each);
          else if (kind === "pass") await pass(which * 2);
          else {
            const some = [...here.keys()].filter(
              (at) => (here[at]?.asked.answer === null) === (kind === "leave"),
            );
            const at = some[which % Math.max(some.length, 1)];
            if (at === undefined) continue;
            const asked = here[at]?.asked;
            if (kind === "end") end(at);
            else if (asked !== undefined) leave(asked);
          }
          await look();
        }
        while (here.length > 0) {
          await pass(10);
          const at = here.findIndex(({ asked }) => asked.answer !== null);
          if (at >= 0) end(at);
          await look();
        }
        expect(all.filter(({ told }) => told !== 1)).toEqual([]);
        expect(left.filter(({ answer }) => answer?.kind !== "gone")).toEqual([]);
        expect(admission.size).toBe(0);
        expect(admission.waiting).toBe(0);
        expect(await store.standing(budget(0), clock.now())).toEqual({
          ...{ reserved: 0, settled: spent },
        });
      }),
      { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 2_000 : 100 },
    ),
);
