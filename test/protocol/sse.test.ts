import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSseDecoder, encodeSse, type SseEvent } from "../../src/protocol/sse.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(bytes: Uint8Array, cuts: readonly number[] = []): SseEvent[] {
  const decoder = createSseDecoder();
  const events: SseEvent[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [at, edge] of edges.entries())
    if (at > 0) events.push(...decoder.push(bytes.subarray(edges[at - 1], edge)));
  return [...events, ...decoder.end()];
}

const message = (data: string, event = "message", terminated = true): SseEvent => ({
  event,
  data,
  terminated,
});

describe("decoding", () => {
  test.each<[string, string, SseEvent[]]>([
    ["line feeds", "data: a\n\ndata: b\n\n", [message("a"), message("b")]],
    ["carriage returns", "data: a\r\rdata: b\r\r", [message("a"), message("b")]],
    ["both", "data: a\r\n\r\ndata: b\r\n\r\n", [message("a"), message("b")]],
    ["a mixture", "data: a\r\n\ndata: b\n\r\n", [message("a"), message("b")]],
    [
      "no space, one space, two spaces",
      "data:a\n\ndata: a\n\ndata:  a\n\n",
      [message("a"), message("a"), message(" a")],
    ],
    ["several data lines", "data: a\ndata: b\ndata\n\n", [message("a\nb\n")]],
    ["a name", "event: ping\ndata: {}\n\n", [message("{}", "ping")]],
    ["comments between and inside", ": hi\n\n: hi\ndata: a\n:\ndata: b\n\n", [message("a\nb")]],
    ["unknown fields", "id: 4\nretry: 10\nfoo: x\nbar\ndata: a\n\n", [message("a")]],
    ["events without data", "event: x\n\n\n\ndata: a\n\n", [message("a")]],
    ["an empty data line", "data\n\n", [message("")]],
    ["a byte order mark", "\uFEFFdata: a\n\n", [message("a")]],
    [
      "a missing last blank line",
      "data: a\n\ndata: b",
      [message("a"), message("b", "message", false)],
    ],
    ["emoji and CJK", "data: 🚂 信号所\n\n", [message("🚂 信号所")]],
  ])("%s", (_name, text, events) => {
    expect(decode(bytesOf(text))).toEqual(events);
    const bytes = bytesOf(text);
    for (let at = 0; at <= bytes.length; at++) expect(decode(bytes, [at])).toEqual(events);
  });

  test("invalid UTF-8 reads as the replacement character", () => {
    expect(decode(Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a))).toEqual([
      message("\uFFFD"),
    ]);
  });

  test.each(["one line without end", "many lines"])(
    "an event beyond the cap stops the decoder: %s",
    (kind) => {
      const decoder = createSseDecoder(1000);
      const piece = bytesOf(kind === "many lines" ? "data: xxxxxxxxxxx\n" : "data: xxxxxxxxxx");
      const events: SseEvent[] = [];
      for (let sent = 0; sent < 200; sent++) events.push(...decoder.push(piece));
      events.push(...decoder.push(bytesOf("\n\ndata: a\n\n")), ...decoder.end());
      expect(decoder.overflowed).toBe(true);
      expect(events).toEqual([]);
    },
  );

  test("events as large as the cap allows pass, however many come", () => {
    const decoder = createSseDecoder(100);
    const events = Array.from({ length: 50 }, () =>
      decoder.push(bytesOf(`data: ${"x".repeat(90)}\n\n`)),
    ).flat();
    expect(events).toHaveLength(50);
    expect(decoder.overflowed).toBe(false);
  });
});

const line = fc.stringMatching(/^[^\r\n\uFEFF]*$/);

test("property: any cut of the bytes, with any line end, gives the same events", () => {
  const events = fc.array(fc.tuple(fc.array(line, { minLength: 1, maxLength: 3 }), fc.boolean()), {
    maxLength: 6,
  });
  const ends = fc.constantFrom("\n", "\r", "\r\n");
  fc.assert(
    fc.property(events, ends, fc.array(fc.nat()), (list, end, cuts) => {
      const text = list
        .map(
          ([data, comment]) =>
            `${comment ? `: c${end}` : ""}${data.map((one) => `data: ${one}${end}`).join("")}${end}`,
        )
        .join("");
      const bytes = bytesOf(text);
      const expected = list.map(([data]) =>
        message(data.map((one) => new TextDecoder().decode(bytesOf(one))).join("\n")),
      );
      expect(
        decode(
          bytes,
          cuts.map((cut) => cut % (bytes.length + 1)),
        ),
      ).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("property: what is encoded is decoded again", () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.option(fc.constantFrom("ping", "error"), { nil: undefined }),
      (lines, event) => {
        const data = new TextDecoder().decode(bytesOf(lines.join("\n")));
        expect(decode(bytesOf(encodeSse(data, event)))).toEqual([
          message(data, event ?? "message"),
        ]);
      },
    ),
  );
});

test("lines that begin with no field of the format are told of, and change nothing", () => {
  const stray: string[] = [];
  const decoder = createSseDecoder(undefined, (line) => stray.push(line));
  const bytes = bytesOf(': hi\nid: 1\nretry: 2\nevent: x\n{"error": 1,\ndata: a\n\n oops');
  expect([...decoder.push(bytes), ...decoder.end()]).toEqual([message("a", "x")]);
  expect(stray).toEqual(['{"error": 1,', " oops"]);
});
