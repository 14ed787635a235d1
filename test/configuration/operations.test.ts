import { expect, test } from "vitest";
import { read } from "./support.ts";

const rotation = { maxBytes: 104_857_600, keep: 10 };

test.each<[string, string | null, object | null]>([
  ["", null, null],
  ["telemetry: { decision-log: log.jsonl }\n", "log.jsonl", null],
  ["telemetry: { decision-log: { file: log.jsonl } }\n", "log.jsonl", rotation],
  [
    "telemetry: { decision-log: { file: log.jsonl, max-size: 4096, keep: 0 } }\n",
    "log.jsonl",
    { maxBytes: 4096, keep: 0 },
  ],
])("a decision log is rotated where it is given as a map: %s", (text, file, kept) => {
  const { configuration, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  const { decisionLog, decisionLogRotation } = configuration?.telemetry ?? {};
  expect(decisionLog ?? null).toEqual(file === null ? null : expect.stringContaining(file));
  expect(decisionLogRotation).toEqual(kept);
});

test.each<[string, object | null]>([
  ['admin: { key: "$' + '{ADMIN}" }\n', null],
  ['admin: { key: "$' + '{ADMIN}", port: 9090 }\n', { host: "127.0.0.1", port: 9090 }],
  ['admin: { key: "$' + '{ADMIN}", port: 0, host: "::" }\n', { host: "::", port: 0 }],
])("operators have a port of their own where one is named: %s", (text, listener) => {
  const { configuration, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  expect(configuration?.adminListener).toEqual(listener);
});

test("a map without its file, and a size in words, are told", () => {
  const codes = (text: string) => read(text).diagnostics.map(({ severity }) => severity);
  expect(codes("telemetry: { decision-log: { keep: 3 } }\n")).toEqual(["error"]);
  expect(codes("telemetry: { decision-log: { file: a, max-size: big } }\n")).toEqual(["error"]);
});
