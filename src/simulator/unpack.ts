import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { UnreadableLogError } from "./unreadable-log-error.ts";

/** Ways to pack a log, by the first bytes. What a window of zstd may take is bounded by the library: 128 MiB. */
const packers: readonly {
  readonly name: string;
  readonly magic: readonly number[];
  readonly open: () => Inflator;
}[] = [
  { name: "gzip", magic: [0x1f, 0x8b], open: () => createGunzip({ chunkSize: 65_536 }) },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    open: () => createZstdDecompress({ chunkSize: 131_072 }),
  },
];

/** The most bytes that tell a packer. */
const longestMagic = 4;

/**
 * The bytes of a log, unpacked where they begin as gzip or zstd do, several members or frames in a row too. Holds a chunk at a
 * time, however much it unpacks to. Throws an UnreadableLogError that names the place for an archive that is damaged.
 */
export async function* unpacked(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = toIterator(chunks);
  try {
    const { head, ended } = await readHead(source);
    const packer = packers.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
    const all = prefixed(head, ended ? null : source);
    if (packer === undefined) yield* all;
    else yield* inflated(all, packer.name, packer.open);
  } finally {
    await source.return?.();
  }
}

type ByteIterator = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

function toIterator(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ByteIterator {
  return Symbol.asyncIterator in chunks
    ? chunks[Symbol.asyncIterator]()
    : chunks[Symbol.iterator]();
}

/** The first chunks joined until they tell a packer. */
async function readHead(source: ByteIterator): Promise<{ head: Uint8Array; ended: boolean }> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < longestMagic) {
    const { done, value } = await source.next();
    if (done === true) return { head, ended: true };
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, ended: false };
}

async function* prefixed(head: Uint8Array, rest: ByteIterator | null): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  if (rest === null) return;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    yield value;
  }
}

type Inflator = Transform & { readonly bytesWritten: number };

/** Node's stream for zstd ends with a frame: each further one has a stream of its own. */
async function* inflated(
  packed: AsyncGenerator<Uint8Array>,
  name: string,
  open: () => Inflator,
): AsyncGenerator<Uint8Array> {
  let before = 0;
  let left: Uint8Array | null = null;
  do {
    const inflator = open();
    const feeding = feed(packed, left, inflator);
    try {
      for await (const piece of inflator) yield piece as Uint8Array;
    } catch (error) {
      if (inflator.errored !== error || !isZlibError(error)) throw error;
      const at = (before + inflator.bytesWritten).toLocaleString("en");
      throw new UnreadableLogError(
        `its ${name} is damaged or cut off near byte ${at} of the packed file: ${error.message}`,
        { cause: error },
      );
    } finally {
      inflator.destroy();
    }
    before += inflator.bytesWritten;
    left = await feeding;
  } while (left !== null);
}

function isZlibError(error: unknown): error is Error {
  const { code } = error as { readonly code?: unknown };
  return (
    error instanceof Error &&
    typeof code === "string" &&
    /^(Z_|ZSTD_|ERR_ZSTD|ERR_BUFFER_TOO)/.test(code)
  );
}

/**
 * Writes packed bytes, held back by whoever reads the other side; fails the inflator where their source fails. What the inflator
 * does not take, since what was packed ended before it, is returned; null when all was taken.
 */
async function feed(
  packed: AsyncGenerator<Uint8Array>,
  first: Uint8Array | null,
  inflator: Inflator,
): Promise<Uint8Array | null> {
  const closed = new Promise<void>((resolve) => void inflator.once("close", resolve));
  let chunk = first;
  try {
    for (;;) {
      if (chunk === null) {
        const { done, value } = await packed.next();
        if (done === true) break;
        chunk = value;
      }
      const before = inflator.bytesWritten;
      const given: Uint8Array = chunk;
      const written = new Promise<void>((resolve) => void inflator.write(given, () => resolve()));
      await Promise.race([written, closed]);
      const taken = inflator.bytesWritten - before;
      if (taken < given.length) return given.subarray(taken);
      if (inflator.destroyed) return null;
      chunk = null;
    }
    inflator.end();
  } catch (error) {
    inflator.destroy(error as Error);
  }
  return null;
}
