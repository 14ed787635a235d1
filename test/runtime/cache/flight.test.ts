import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/protocol/answer-event.ts";
import { FlightBook, type Follower } from "../../../src/runtime/cache/flight.ts";

const about = { key: "k", tenant: "key:ann", target: "a", tags: ["t"] };
const said = (text: string): AnswerEvent => ({ kind: "text", choice: 0, text });

interface Told extends Follower {
  readonly told: string[];
}

const follower = (wantsWhole = false, targets: readonly string[] = ["a"]): Told => {
  const told: string[] = [];
  const words = (events: readonly AnswerEvent[]): string =>
    events.map((event) => ("text" in event ? event.text : event.kind)).join("");
  return {
    ...{ told, wantsWhole },
    takes: (target) => targets.includes(target),
    hears: (events, target) => void told.push(`${target}: ${words(events)}`),
    whole: (events, target) => void told.push(`${target} is whole: ${words(events)}`),
    leftBehind: (alone) => void told.push(alone ? "alone" : "goes on"),
  };
};

function open(mostBytes = 1_000) {
  let nowMs = 0;
  const book = new FlightBook(() => nowMs);
  let abandoned = 0;
  const leader = {
    takes: (target: string) => ["a", "b"].includes(target),
    abandoned() {
      abandoned += 1;
    },
  };
  const flight = book.lead(about, leader, mostBytes);
  if (flight === null) throw new Error("nobody leads yet");
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { book, flight, leader, pass, abandoned: () => abandoned };
}

test("one leads, until it is over", () => {
  const { book, flight, leader } = open();
  expect(book.lead(about, leader, 1)).toBeNull();
  expect(book.find("k")).toBe(flight);
  flight.ends(true);
  expect([book.find("k"), book.size]).toEqual([null, 0]);
  expect(book.lead(about, leader, 1)).not.toBeNull();
});

test("followers hear what was said, what is said, and that it is whole; who wants the whole hears it once", () => {
  const { flight } = open();
  const [early, late, whole] = [follower(), follower(), follower(true)];
  flight.follow(early);
  flight.begins("a", false);
  flight.says([said("one ")]);
  flight.follow(late);
  flight.follow(whole);
  flight.says([said("two")]);
  flight.ends(true);
  expect(early.told).toEqual(["a: one ", "a: two", "a is whole: one two"]);
  expect(late.told).toEqual(early.told);
  expect(whole.told).toEqual(["a is whole: one two"]);
});

test("an answer that ends before it began leaves all behind", () => {
  const { flight } = open();
  const one = follower();
  flight.follow(one);
  flight.ends(true);
  expect(one.told).toEqual(["goes on"]);
});

test("after a failure the first who goes on leads, and the others follow it", () => {
  const { book, flight, leader } = open();
  const second = { led: 0, followed: 0 };
  const goingOn = (): Follower => ({
    ...follower(),
    leftBehind: () => {
      const next = book.lead(about, leader, 1_000);
      if (next !== null) second.led += 1;
      else if (book.find("k")?.follow(follower()) === true) second.followed += 1;
    },
  });
  for (let each = 0; each < 4; each += 1) flight.follow(goingOn());
  flight.ends(false);
  expect(second).toEqual({ led: 1, followed: 3 });
});

test("the answer of another target is none for who did not ask for it", () => {
  const { flight } = open();
  const [one, other] = [follower(), follower(false, ["a", "b"])];
  flight.follow(one);
  flight.follow(other);
  flight.begins("b", false);
  expect([one.told, other.told]).toEqual([["alone"], []]);
  expect(flight.follow(follower())).toBe(false);
});

test("beyond the bound nobody can follow any more, and all who wait for the whole ask at once", () => {
  const { book, flight } = open(50);
  const [stream, whole] = [follower(), follower(true)];
  flight.follow(stream);
  flight.follow(whole);
  flight.begins("a", false);
  flight.says([said("x".repeat(60))]);
  expect(book.find("k")).toBeNull();
  expect(whole.told).toEqual(["alone"]);
  flight.says([said("y")]);
  flight.ends(true);
  expect(stream.told).toEqual([`a: ${"x".repeat(60)}`, "a: y", "a is whole: "]);
  expect([flight.notKept, flight.follow(follower())]).toEqual(["too-large", false]);
});

test("nobody is given an answer beyond the bound as a whole one after a purge either", () => {
  const { book, flight } = open(50);
  const whole = follower(true);
  flight.follow(whole);
  book.purge({});
  flight.begins("a", false);
  flight.says([said("x".repeat(60))]);
  flight.ends(true);
  expect(whole.told).toEqual(["alone"]);
});

test("after an answer beyond the bound nobody waits for that key for a minute", () => {
  const { book, flight, leader, pass } = open(50);
  flight.begins("a", false);
  flight.says([said("x".repeat(60))]);
  flight.ends(true);
  pass(59_999);
  expect([book.lead(about, leader, 50), book.isAlone("other")]).toEqual([null, false]);
  pass(1);
  expect(book.lead(about, leader, 50)).not.toBeNull();
});

test("of keys whose answers were beyond the bound the latest 4,096 are remembered", () => {
  const { book, leader, flight } = open();
  for (let each = 0; each <= 4_096; each += 1) {
    const large = book.lead({ ...about, key: `large ${each}` }, leader, 0);
    large?.begins("a", false);
    large?.says([said("x")]);
  }
  expect([book.isAlone("large 0"), book.isAlone("large 1"), book.size]).toEqual([false, true, 1]);
  flight.ends(true);
});

test("what another model goes on with is one answer, and is not kept", () => {
  const { flight } = open();
  const one = follower();
  flight.follow(one);
  flight.begins("a", false);
  flight.says([said("one ")]);
  flight.begins("a", true);
  flight.says([{ kind: "start", id: "x", model: "m", created: 1 }, said("two")]);
  flight.ends(true);
  expect(one.told).toEqual(["a: one ", "a: two", "a is whole: one two"]);
  expect(flight.notKept).toBe("mixed");
});

test("a leader whose client left is given up when the last follower is", () => {
  const { flight, abandoned } = open();
  const [one, two] = [follower(), follower()];
  flight.follow(one);
  flight.follow(two);
  expect(flight.leaderLeft()).toBe(true);
  flight.unfollow(one);
  expect(abandoned()).toBe(0);
  flight.unfollow(two);
  flight.unfollow(two);
  expect(abandoned()).toBe(1);
});

test("a leader whose client left alone goes nowhere", () => {
  expect(open().flight.leaderLeft()).toBe(false);
});

test.each([
  [{ target: "a" }, false],
  [{ tag: "t", tenant: "key:ann" }, false],
  [{ target: "b" }, false],
  [{ target: "c" }, true],
  [{ target: "b", tenant: "key:bob" }, true],
  [{ key: "k", tag: "t" }, false],
  [{ key: "other" }, true],
])("a purge of %j leaves what is under way open: %s", (order, isOpen) => {
  const { book, flight } = open();
  book.purge(order);
  expect([flight.isOpen, book.find("k") === flight]).toEqual([isOpen, isOpen]);
});
