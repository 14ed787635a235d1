import fc from "fast-check";
import { expect, test } from "vitest";
import { hashText, hashToUnit } from "../../src/base/hash.ts";

/** MurmurHash3 x86_128 byte by byte, with a seed, written from its published description. */
function reference(bytes: Uint8Array, seed: number): Uint8Array {
  const mul = Math.imul;
  const rot = (x: number, r: number): number => (x << r) | (x >>> (32 - r));
  const c = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];
  const h = [seed | 0, seed | 0, seed | 0, seed | 0];
  const mix = (k: number, lane: number): number =>
    mul(rot(mul(k, c[lane]!), 15 + lane), c[(lane + 1) % 4]!);
  const plus = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17];
  const turn = [19, 17, 15, 13];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = Math.floor(bytes.length / 16);
  for (let block = 0; block < blocks; block += 1) {
    for (let lane = 0; lane < 4; lane += 1) {
      h[lane]! ^= mix(view.getInt32(block * 16 + lane * 4, true), lane);
      h[lane] = (mul(rot(h[lane]!, turn[lane]!) + h[(lane + 1) % 4]!, 5) + plus[lane]!) | 0;
    }
  }
  const tail = bytes.subarray(blocks * 16);
  for (let lane = 0; lane < 4; lane += 1) {
    let k = 0;
    for (let i = 3; i >= 0; i -= 1) k = (k << 8) | (tail[lane * 4 + i] ?? 0);
    if (tail.length > lane * 4) h[lane]! ^= mix(k, lane);
  }
  const final = (x: number): number => {
    let y = mul(x ^ (x >>> 16), 0x85ebca6b);
    y = mul(y ^ (y >>> 13), 0xc2b2ae35);
    return y ^ (y >>> 16);
  };
  const spread = (): void => {
    h[0] = (h[0]! + h[1]! + h[2]! + h[3]!) | 0;
    for (const lane of [1, 2, 3]) h[lane] = (h[lane]! + h[0]!) | 0;
  };
  for (const lane of [0, 1, 2, 3]) h[lane]! ^= bytes.length;
  spread();
  for (const lane of [0, 1, 2, 3]) h[lane] = final(h[lane]!);
  spread();
  const out = new DataView(new ArrayBuffer(16));
  h.forEach((value, lane) => {
    out.setInt32(lane * 4, value, true);
  });
  return new Uint8Array(out.buffer);
}

/** Reads the first 64 bits of a digest as `hashText` prints them. */
function printed(digest: Uint8Array): string {
  const view = new DataView(digest.buffer, digest.byteOffset);
  return [0, 4].map((at) => view.getUint32(at, true).toString(16).padStart(8, "0")).join("");
}

test("the reference used here is MurmurHash3 x86_128, by SMHasher's verification value", () => {
  const digests = new Uint8Array(16 * 256);
  const key = new Uint8Array(256).map((_, i) => i);
  for (let length = 0; length < 256; length += 1) {
    digests.set(reference(key.slice(0, length), 256 - length), length * 16);
  }
  expect(new DataView(reference(digests, 0).buffer).getUint32(0, true)).toBe(0xb3ece62a);
});

test("hashText agrees with MurmurHash3 over UTF-16LE on any text, lone surrogates included", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
      expect(hashText(text)).toBe(printed(reference(Buffer.from(text, "utf16le"), 0)));
    }),
  );
  expect(hashText("\ud800")).not.toBe(hashText("\udfff"));
});

test("hashText is 16 hex digits and stays what it was in earlier releases", () => {
  expect(hashText("")).toBe("0000000000000000");
  expect(["signalbox", "a", "long text ".repeat(40)].map(hashText)).toEqual([
    "ab281b72a3dc5f3b",
    "033bb196ccef4fe1",
    "2fa6c51742c65fe0",
  ]);
});

test("hashToUnit lies in [0, 1) for any text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const unit = hashToUnit(text);
      expect(unit >= 0 && unit < 1).toBe(true);
    }),
  );
});

test("hashToUnit spreads 100,000 counted keys evenly over 100 bins (chi-squared within 5 sigma)", () => {
  const bins = new Uint32Array(100);
  for (let i = 0; i < 100_000; i += 1) bins[Math.floor(hashToUnit(`user-${i}`) * 100)]! += 1;
  const chi = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(Math.abs(chi - 99)).toBeLessThan(5 * Math.sqrt(2 * 99));
});

test("two salts place the same keys independently", () => {
  let both = 0;
  for (let i = 0; i < 100_000; i += 1) {
    if (hashToUnit(`a:user-${i}`) < 0.5 && hashToUnit(`b:user-${i}`) < 0.5) both += 1;
  }
  expect(Math.abs(both - 25_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.25 * 0.75));
});
