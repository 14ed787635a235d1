import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyOfLine, createInputReader } from "../../../src/runtime/batch/read-input.ts";
import { createLineSplitter } from "../../../src/runtime/batch/split-lines.ts";
import { line } from "../../support/batch-bench.ts";

const endpoint = "/v1/chat/completions";
const limits = { lines: 100, lineBytes: 1000 };

function read(text: string | Uint8Array, cuts: readonly number[] = []) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const reader = createInputReader(endpoint, limits);
  const found = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const at = Math.max(from, Math.min(cut, bytes.length));
    found.push(...reader.push(bytes.subarray(from, at)));
    from = at;
  }
  found.push(...reader.push(bytes.subarray(from)), ...reader.end());
  return { lines: found, errors: reader.errors };
}

describe("the lines of an input file", () => {
  const breaks = fc.constantFrom("\n", "\r\n", "\n\n", "\n  \n");
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 12 });

  test("are the same wherever their bytes are cut, and each is found again at its place", () => {
    fc.assert(
      fc.property(
        ids.filter((all) => all.length > 0),
        breaks,
        fc.boolean(),
        fc.array(fc.nat(3000), { maxLength: 8 }),
        (custom, separator, ends, cuts) => {
          const text = custom.map((id) => line(id)).join(separator) + (ends ? separator : "");
          const whole = read(text);
          expect(read(text, cuts)).toEqual(whole);
          expect(whole.errors).toEqual([]);
          expect(whole.lines.map(({ customId }) => customId)).toEqual(custom);
          const bytes = Buffer.from(text);
          for (const { customId, offset, length } of whole.lines) {
            const body = bodyOfLine(bytes.subarray(offset, offset + length));
            expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
              messages: [{ content: `hello ${customId}` }],
            });
          }
        },
      ),
    );
  });

  test("may follow a byte order mark", () => {
    expect(read(`\uFEFF${line("one")}`).lines).toHaveLength(1);
  });

  test.each([
    ["invalid_json_line", Buffer.from([0x22, 0xff, 0x22])],
    ["line_too_long", Buffer.from(line("x".repeat(2000)))],
    ["line_too_long", Buffer.from("x".repeat(5000))],
    ["missing_required_parameter", Buffer.from(line("x".repeat(513)).slice(0, 990))],
  ])("are refused as %s", (code, bytes) => {
    const { errors } = read(bytes);
    expect(["invalid_json_line", code]).toContain(errors[0]?.code);
  });

  test("are told of twenty mistakes and no more", () => {
    expect(read("x\n".repeat(50)).errors).toHaveLength(20);
  });
});

test("a splitter gives the same lines wherever bytes are cut, and leaves out those that are too long", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 10 }),
      fc.array(fc.nat(200), { maxLength: 6 }),
      (texts, cuts) => {
        const bytes = Buffer.from(texts.join("\n"));
        const most = 16;
        const lines = bytes
          .toString()
          .split("\n")
          .filter((text) => text.trim() !== "" && Buffer.byteLength(text) <= most);
        const splitter = createLineSplitter(most);
        const found = [];
        let from = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          const at = Math.max(from, Math.min(cut, bytes.length));
          found.push(...splitter.push(bytes.subarray(from, at)));
          from = at;
        }
        found.push(...splitter.push(bytes.subarray(from)), ...splitter.end());
        expect(found).toEqual(lines);
      },
    ),
  );
});
