import { expect, test } from "vitest";
import { readableLine } from "../../src/cli/readable-log.ts";

test("a log line becomes one line for a person, its fields behind the message", () => {
  const line = JSON.stringify({
    level: 30,
    time: "2026-11-23T10:11:12.345Z",
    version: 2,
    changed: ["a"],
    msg: "in force",
  });
  expect(readableLine(line, false)).toBe('10:11:12 info in force version=2 changed=["a"]\n');
});

test("a policy's errors stand below as they are drawn", () => {
  const line = JSON.stringify({
    level: 50,
    time: "2026-11-23T10:11:12.345Z",
    msg: "bad",
    diagnostics: "error[P0203]: x\n --> a:1:1",
  });
  expect(readableLine(line, false)).toBe("10:11:12 error bad\nerror[P0203]: x\n --> a:1:1\n");
});

test("what is no JSON stays as it is", () => {
  expect(readableLine("plain\n", true)).toBe("plain\n");
});
