import { expect, test } from "vitest";
import { builtInFactTable } from "../../src/facts/built-in.ts";
import { readLog } from "../../src/simulator/read-log.ts";

const records = Buffer.from('{"v":1,"facts":{"tokens":5}}\n');

test.each([
  ["zip", Buffer.concat([Buffer.from("PK\u0003\u0004"), records])],
  ["bzip2", Buffer.concat([Buffer.from("BZh91AY"), records])],
  ["xz", Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), records])],
  [
    "tar",
    Buffer.concat([Buffer.from("log.jsonl".padEnd(257, "\0")), Buffer.from("ustar\0"), records]),
  ],
  ["UTF-16", Buffer.from(`\ufeff${records}`, "utf16le")],
])(
  "a log in %s is refused with what to do about it, and nothing of it is read",
  async (form, bytes) => {
    const options = { format: null, map: null, facts: builtInFactTable() };
    const sink = { request: () => expect.unreachable(), skip: () => expect.unreachable() };
    await expect(readLog([bytes], options, sink)).rejects.toThrow(form);
  },
);
