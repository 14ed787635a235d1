import { expect, test } from "vitest";
import {
  defaultBatches,
  defaultConfiguration,
} from "../../src/configuration/default-configuration.ts";
import { readConfiguration } from "../../src/configuration/read.ts";

const read = (text: string) =>
  readConfiguration(
    { file: "conf/signalbox.yaml", text },
    { variable: () => undefined, file: () => undefined },
  );

test("the store lies beside the configuration, or where it says", () => {
  expect(read("").configuration?.store).toBe("conf/.signalbox/store.sqlite");
  expect(read("store: { path: data/mine.sqlite }").configuration?.store).toBe(
    "conf/data/mine.sqlite",
  );
  expect(read("store: { path: /var/lib/x.sqlite }").configuration?.store).toBe("/var/lib/x.sqlite");
  expect(defaultConfiguration().store).toBe(".signalbox/store.sqlite");
});

test("bounds on batches are read, and are what they are without", () => {
  expect(read("").configuration?.batches).toEqual(defaultBatches);
  const text =
    "batches: { file-limit: 2048, total-limit: 4096, lines: 7, open: 2, concurrency: 9, keep: 2d }";
  expect(read(text).configuration?.batches).toEqual({
    fileLimitBytes: 2048,
    totalLimitBytes: 4096,
    lines: 7,
    open: 2,
    concurrency: 9,
    keepMs: 172_800_000,
  });
});

test.each([
  "batches: { lines: 50001 }",
  "batches: { keep: 1h }",
  "batches: { concurrency: 0 }",
  "batches: { line: 5 }",
  "store: {}",
])("%s is a mistake", (text) => {
  expect(read(text).configuration).toBeNull();
});

test("targets of providers with a batch API are known by it", () => {
  const targets = read(`
providers:
  one: { kind: openai, key: "\${A}" }
  two: { kind: anthropic, key: "\${A}" }
  three: { kind: vllm }
targets:
  a: { provider: one, model: gpt-5.4-mini }
  b: { provider: two, model: claude-sonnet-5-5 }
  c: { provider: three, model: qwen }
`).configuration?.targets;
  expect(targets?.get("a")?.hasBatches).toBe(true);
  expect(targets?.get("b")?.hasBatches).toBe(true);
  expect(targets?.get("c")).not.toHaveProperty("hasBatches");
});
