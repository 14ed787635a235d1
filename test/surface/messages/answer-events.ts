import fc from "fast-check";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import { callArgs, callStart, finish, start, text, usage } from "../../support/answer-events.ts";
import { thought } from "./support.ts";

const pieces = (whole: fc.Arbitrary<string>) =>
  fc.tuple(whole, fc.nat(), fc.nat()).map(([value, a, b]) => {
    const cuts = [a % (value.length + 1), b % (value.length + 1)].sort((x, y) => x - y);
    return [value.slice(0, cuts[0]), value.slice(cuts[0], cuts[1]), value.slice(cuts[1])];
  });

const told = pieces(fc.string({ unit: "grapheme" })).map((parts) => parts.map(text));
const thinking = fc
  .tuple(pieces(fc.string({ minLength: 1 })), fc.boolean())
  .map(([parts, proved]) => [
    ...parts.map(
      (part): AnswerEvent => ({ kind: "reasoning", choice: 0, text: part, summary: false }),
    ),
    ...(proved ? [thought(parts.join(""), "sig")] : []),
  ]);
const argsOfCall = fc.oneof(
  fc.constant(""),
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
);

/** Several calls whose arguments come by turns: starts in order, pieces drawn from any call that has begun. */
const calls = fc
  .tuple(fc.array(pieces(argsOfCall), { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()))
  .map(([args, draws]) => (first: number) => {
    const events: AnswerEvent[] = [];
    const lanes = args.map((parts, at) => [
      callStart(first + at, { id: `id.${first + at}` }),
      ...parts.map((part) => callArgs(first + at, part)),
    ]);
    let begun = 1;
    while (lanes.some((lane) => lane.length > 0)) {
      const lane = lanes.slice(0, begun).filter((held) => held.length > 0);
      const pick = (draws.next().value ?? 0) % (lane.length + 1);
      if (pick === lane.length && begun < lanes.length) begun += 1;
      else {
        const next = (lane[pick] ?? lane[0])?.shift();
        if (next !== undefined) events.push(next);
      }
      if (lane.length === 0 && begun < lanes.length) begun += 1;
    }
    return inOrder(events);
  });

/** Starts come in the order of their numbers, as providers number them. */
function inOrder(events: readonly AnswerEvent[]): AnswerEvent[] {
  const starts = events.filter((event) => event.kind === "call_start");
  const numbers = starts.map((event) => event.call);
  const sorted = numbers.toSorted((a, b) => a - b);
  const renamed = new Map(numbers.map((number, at) => [number, sorted[at] ?? 0]));
  return events.map((event) =>
    event.kind === "call_start" || event.kind === "call_args"
      ? { ...event, call: renamed.get(event.call) ?? event.call }
      : event,
  );
}

const noise = fc.constantFrom<AnswerEvent[]>([{ kind: "ping" }], [usage], []);

/** A whole answer of any blocks in any order, its calls interleaved, with pings and counts in between. */
export const answerEvents: fc.Arbitrary<AnswerEvent[]> = fc
  .array(fc.tuple(fc.oneof(told, thinking, calls), noise), { maxLength: 6 })
  .map((groups) => {
    const events: AnswerEvent[] = [start];
    for (const [group, between] of groups) {
      const first = events.filter((event) => event.kind === "call_start").length;
      events.push(...(typeof group === "function" ? group(first) : group), ...between);
    }
    const called = events.some((event) => event.kind === "call_start");
    return [...events, finish(called ? "tool_calls" : "stop"), usage];
  });
