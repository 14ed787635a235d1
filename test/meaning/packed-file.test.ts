import fc from "fast-check";
import { expect, test } from "vitest";
import { packFile, unpackFile } from "../../src/meaning/packed-file.ts";

const sections = { first: Uint8Array.of(1, 2, 3), empty: new Uint8Array(), last: Uint8Array.of(9) };
const packed = packFile({ kind: "thing", version: 3, note: "kept" }, sections);

const messageOf = (bytes: Uint8Array, kind = "thing", version = 3): string => {
  const read = unpackFile(bytes, kind, version);
  return read.ok ? "" : read.message;
};

test("fields and sections come back as they were packed, wherever in memory the bytes lie", () => {
  const moved = new Uint8Array(packed.length + 1);
  moved.set(packed, 1);
  for (const bytes of [packed, Buffer.from(packed), moved.subarray(1)]) {
    const read = unpackFile(bytes, "thing", 3);
    if (!read.ok) throw new Error(read.message);
    expect(read.file.fields["note"]).toBe("kept");
    for (const [name, content] of Object.entries(sections)) {
      expect([...(read.file.section(name) ?? [])]).toEqual([...content]);
    }
    expect(read.file.section("none")).toBeNull();
  }
});

test.each<[string, string, string]>([
  ["a text", messageOf(new TextEncoder().encode("text,label\nhi,greeting\n")), "no model"],
  ["nothing", messageOf(new Uint8Array()), "no model"],
  ["another kind", messageOf(packed, "other"), "another kind: thing, not other"],
  ["another version", messageOf(packed, "thing", 4), "version 3; known is 4"],
  ["more behind its end", messageOf(Uint8Array.of(...packed, 0, 0, 0, 0)), "behind its end"],
])("%s is refused, with why", (_, message, why) => {
  expect(message).toContain(why);
});

test("a file that is cut anywhere, or has any byte changed, is refused and never throws", () => {
  const last = packed.length - 1;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = packed.slice();
      changed[at] = (changed[at] as number) ^ by;
      expect(messageOf(changed)).not.toBe("");
      expect(messageOf(packed.slice(0, at))).not.toBe("");
    }),
  );
});
