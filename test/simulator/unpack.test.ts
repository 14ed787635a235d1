import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { unpacked } from "../../src/simulator/unpack.ts";
import { UnreadableLogError } from "../../src/simulator/unreadable-log-error.ts";

const plain = Buffer.from("one\ntwo\n".repeat(40_000));

async function all(chunks: Iterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpacked(chunks)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const packers = [
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const;

test.each(packers)(
  "%s unpacks to what was packed, members in a row too, whatever the chunks",
  async (_, pack) => {
    const packed = pack(plain);
    for (const size of [1, 3, 1_000, packed.length]) {
      if (size === 1 && packed.length > 20_000) continue;
      expect((await all(cut(packed, size))).equals(plain)).toBe(true);
    }
    const row = Buffer.concat([packed, pack(Buffer.alloc(0)), packed]);
    for (const size of [7, row.length]) {
      expect((await all(cut(row, size))).equals(Buffer.concat([plain, plain]))).toBe(true);
    }
  },
);

test("what is not packed goes through as it is, and nothing is nothing", async () => {
  for (const text of ["", "{", "{}\n", "a,b\n"]) {
    expect((await all(cut(Buffer.from(text), 1))).toString()).toBe(text);
  }
});

test.each(packers)(
  "%s that is cut off or damaged is told with its place, after what could be read",
  async (name, pack) => {
    const packed = pack(plain);
    const damages: readonly (readonly [string, Uint8Array])[] = [
      ["cut in its head", packed.subarray(0, 6)],
      ["cut in the middle", packed.subarray(0, packed.length >> 1)],
      ["without its last byte", packed.subarray(0, -1)],
      ["with other bytes behind it", Buffer.concat([packed, deflateSync("x")])],
    ];
    for (const [damage, bytes] of damages) {
      const reading = all(cut(bytes, 64));
      await expect(reading, damage).rejects.toBeInstanceOf(UnreadableLogError);
      await expect(reading, damage).rejects.toThrow(
        new RegExp(`its ${name} is damaged or cut off near byte [\\d,]+ of the packed file`),
      );
    }
  },
);

test("a source that fails is no damaged archive", async () => {
  function* failing(): Generator<Uint8Array> {
    yield gzipSync(plain).subarray(0, 40);
    throw new Error("the disk is gone");
  }
  await expect(all(failing())).rejects.toThrow(/^the disk is gone$/);
});

test.each(packers)(
  "a bomb in %s is handed on in small pieces, and is unpacked no further than it is read",
  async (_, pack) => {
    const bomb = pack(Buffer.alloc(16 * 1_048_576));
    let isClosed = false;
    function* source(): Generator<Uint8Array> {
      try {
        for (;;) yield bomb;
      } finally {
        isClosed = true;
      }
    }
    let read = 0;
    for await (const piece of unpacked(source())) {
      expect(piece.length).toBeLessThanOrEqual(131_072);
      read += piece.length;
      if (read > 40 * 1_048_576) break;
    }
    expect(isClosed).toBe(true);
  },
);
