import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { builtInFactTable } from "../../src/facts/built-in.ts";
import { readLog } from "../../src/simulator/read-log.ts";

const records = Buffer.from('{"v":1,"facts":{"tokens":5}}\n');

test.each([
  ["gzip", gzipSync(records)],
  ["zstd", zstdCompressSync(records)],
  ["UTF-16", Buffer.from(`\ufeff${records}`, "utf16le")],
])(
  "a log in %s is refused with what to do about it, and nothing of it is read",
  async (form, bytes) => {
    const options = { format: null, map: null, facts: builtInFactTable() };
    const sink = { request: () => expect.unreachable(), skip: () => expect.unreachable() };
    await expect(readLog([bytes], options, sink)).rejects.toThrow(form);
  },
);
