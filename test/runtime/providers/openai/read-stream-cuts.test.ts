import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import { readAll } from "../support.ts";
import {
  bytesOf,
  call,
  chunk,
  done,
  event,
  plain,
  reader,
  readText,
  role,
  said,
  stop,
  usage,
  usageRead,
} from "./frames.ts";

test("a byte order mark is not handed on", () => {
  expect(readText(`\uFEFF${plain}${done}`).out).toBe(plain + done);
});

describe("however the bytes are cut", () => {
  const fixtures: readonly [string, string, ProviderKind][] = [
    ["plain", plain + usage + done, "openai"],
    ["a mark before the first event", `\uFEFF${plain}${done}`, "openai"],
    ["blank lines first", `\n\n\n${plain}${done}`, "openai"],
    [
      "comments and a mark",
      `\uFEFF: ping\n\n${role}: ping\n\n${said("a")}: ping\n${said("b")}${stop}${done}`,
      "openrouter",
    ],
    ["reasoning", role + chunk({ reasoning: "hm" }) + said("a") + stop + usage + done, "vllm"],
    [
      "calls",
      role +
        call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }) +
        call({ index: 0, function: { arguments: '{"a' } }) +
        call({ index: 0, function: { arguments: '":"é"}' } }) +
        chunk({}, "tool_calls") +
        done,
      "openai-compatible",
    ],
    [
      "an error in the middle",
      role + said("a") + event({ error: { message: "m" } }) + done,
      "openai",
    ],
    ["a cut", role + said("a") + said("b").slice(0, 30), "openai"],
  ];

  test.each(fixtures)(
    "%s reads the same, at every byte and with every line end",
    (_name, text, kind) => {
      const whole = readText(text, kind);
      const seen = (bytes: Uint8Array, cuts: readonly number[]) => {
        const again = readAll(reader(kind), bytes, cuts);
        expect(again.out).toBe(whole.out);
        const { usage: counted, failure, done: ended, finishReason } = whole.reader;
        expect(again.reader).toMatchObject({ usage: counted, failure, done: ended, finishReason });
      };
      const bytes = bytesOf(text);
      for (let at = 0; at <= bytes.length; at++) seen(bytes, [at]);
      for (const end of ["\r\n", "\r"]) {
        const other = bytesOf(text.replaceAll("\n", end));
        seen(other, []);
        for (let at = 0; at <= other.length; at++) seen(other, [at]);
        seen(
          other,
          Array.from({ length: other.length }, (_, at) => at),
        );
      }
    },
  );

  test("property: any cut of any answer gives the same bytes and usage", () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom('"usage":{', "data: [DONE]", "\n\n", '"finish_reason":"stop"'),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        words,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        (list, cuts, bills) => {
          const text = role + list.map(said).join("") + stop + (bills ? usage : "") + done;
          const bytes = bytesOf(text);
          const { out, reader: read } = readAll(
            reader(),
            bytes,
            cuts.map((cut) => cut % (bytes.length + 1)),
          );
          expect(out).toBe(role + list.map(said).join("") + stop + done);
          expect(read.usage).toEqual(bills ? { ...usageRead, model: "m" } : null);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("property: no bytes whatever throw, and nothing is called whole without a finish", () => {
    const junk = fc.array(
      fc.oneof(
        fc.uint8Array(),
        fc
          .constantFrom(
            "data: ",
            "\n",
            "\r",
            "[DONE]",
            '{"choices":[',
            '{"error":',
            "}]}",
            "event: error\n",
            said("a"),
          )
          .map(bytesOf),
      ),
    );
    fc.assert(
      fc.property(junk, (pieces) => {
        const read = reader("openai-compatible");
        for (const piece of pieces) read.push(piece);
        read.end();
        expect(read.done).toBe(false);
        expect(read.failure).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
