import { expect, test } from "vitest";
import { createLogger } from "../../../src/runtime/telemetry/logger.ts";

const secret = "sk-canary-0123456789";

test.each([
  ["an authorization header", { headers: { authorization: `Bearer ${secret}` } }],
  ["an API key header", { headers: { "x-api-key": secret } }],
  ["an admin key header", { headers: { "x-signalbox-admin-key": secret } }],
  ["a key's secret", { client: { secret: { kind: "value", value: secret } } }],
  ["a provider's key", { provider: { key: { kind: "value", value: secret } } }],
  ["a header that lies deep", { a: { b: [{ c: { Authorization: `Bearer ${secret}` } }] } }],
  ["an admin key", { adminKey: { kind: "value", value: secret } }],
])("%s that slips into a log line is not written", (_name, fields) => {
  const lines: string[] = [];
  createLogger("info", { write: (line) => void lines.push(line) }).info(fields, "slipped");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("slipped");
  expect(lines[0]).not.toContain(secret);
});

test("a field of a mebibyte is cut, and what lies too deep is left out", () => {
  const lines: string[] = [];
  const deep = Array.from({ length: 50 }).reduce<object>((inner) => ({ inner }), { end: "bottom" });
  createLogger("info", { write: (line) => void lines.push(line) }).info(
    { text: "x".repeat(1 << 20), deep },
    "long",
  );
  expect(lines[0]?.length).toBeLessThan(10_000);
  expect(lines[0]).not.toContain("bottom");
});

test("a line feed in a field cannot forge a line", () => {
  const lines: string[] = [];
  createLogger("info", { write: (line) => void lines.push(line) }).warn(
    { model: 'x"}\n{"level":60' },
    "odd",
  );
  expect(lines.join("").trim().split("\n")).toHaveLength(1);
});
