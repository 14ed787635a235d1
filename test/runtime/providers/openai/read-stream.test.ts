import { describe, expect, test } from "vitest";
import type { Cause } from "../../../../src/protocol/cause.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, eventStream, eventsOf, readAll } from "../support.ts";
import {
  bytesOf,
  call,
  chunk,
  counts,
  done,
  event,
  frame,
  plain,
  reader,
  readText,
  role,
  said,
  stop,
  usage,
  usageRead,
} from "./frames.ts";

describe("a whole stream", () => {
  test("is handed on byte for byte, and its usage is taken out unless the client asked for it", () => {
    const { out, reader: read } = readText(plain + usage + done);
    expect(out).toBe(plain + done);
    expect(read).toMatchObject({
      done: true,
      failure: null,
      finishReason: "stop",
      usage: usageRead,
    });
    expect(readText(plain + usage + done, "openai", true).out).toBe(plain + usage + done);
  });

  test("comes back chunk by chunk as the very chunks, once the answer has begun", () => {
    const read = reader();
    read.push(bytesOf(role + said("a")));
    for (const text of [said("b"), said("c") + said("d")]) {
      const bytes = bytesOf(text);
      expect(read.push(bytes)).toBe(bytes);
    }
  });

  test.each<[string, string]>([
    ["usage in the finishing chunk", chunk({}, "stop", { usage: counts })],
    [
      "usage with spaces in its JSON",
      `${stop}data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}}\n\n`,
    ],
    ["usage without choices", stop + event({ ...frame, usage: counts })],
    ["usage of another house", stop + event({ ...frame, choices: [], x_groq: { usage: counts } })],
    [
      "DeepSeek's names",
      chunk({}, "stop", {
        usage: { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 5 },
      }),
    ],
    [
      "usage in every chunk, growing",
      chunk({ content: "a" }, null, { usage: { prompt_tokens: 9, completion_tokens: 1 } }) +
        stop +
        usage,
    ],
  ])("counts %s", (_name, tail) => {
    const { reader: read } = readText(role + said("a") + tail + done);
    expect(read).toMatchObject({ done: true, failure: null, usage: usageRead });
  });
});

test("cached tokens told by another name stand under the common one, for a client that asks", () => {
  const told = { usage: { prompt_tokens: 9, completion_tokens: 4, num_cached_tokens: 5 } };
  const { out } = readText(role + said("a") + chunk({}, "stop", told) + done, "mistral", true);
  expect(out).toContain('"prompt_tokens_details":{"cached_tokens":5}');
});

describe("when the answer counts as begun", () => {
  test.each<[string, boolean, string]>([
    ["role only", false, role],
    ["empty content", false, said("")],
    ["null content", false, chunk({ content: null })],
    ["a comment", false, ": OPENROUTER PROCESSING\n\n"],
    [
      "a filter's frame without choices",
      false,
      event({ ...frame, choices: [], prompt_filter_results: [] }),
    ],
    ["content", true, said("a")],
    ["reasoning", true, chunk({ reasoning_content: "hm" })],
    ["reasoning under another name", true, chunk({ reasoning: "hm" })],
    ["a refusal", true, chunk({ refusal: "no" })],
    [
      "a call",
      true,
      call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }),
    ],
    ["a finish", true, stop],
  ])("%s: %s", (_name, begun, text) => {
    const read = reader();
    read.push(bytesOf(text));
    expect(read.meaningful).toBe(begun);
  });
});

describe("chunks like the one before", () => {
  const shaped = (content: string, more = ""): string =>
    `data: {"id":"c1","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]${more}}\n\n`;

  test("are handed on as they are, whatever text they carry", () => {
    const read = reader();
    read.push(bytesOf(shaped("a")));
    for (const content of [
      "b",
      "",
      "é 🚂",
      'a "quoted" word',
      "back\\slash",
      '","finish_reason":"stop',
      "\n\n",
    ]) {
      const bytes = bytesOf(shaped(content));
      expect(read.push(bytes)).toBe(bytes);
    }
    expect(read.finishReason).toBeNull();
  });

  test.each([
    [
      "a finish behind the text",
      shaped("b").replace('"finish_reason":null', '"finish_reason":"stop"'),
      { finishReason: "stop" },
    ],
    [
      "usage behind the text",
      shaped("b", `,"usage":${JSON.stringify(counts)}`),
      { usage: usageRead },
    ],
    [
      "a finish inside what looks like the text",
      shaped("b").replace(
        '"b"}',
        '"b"},"finish_reason":"stop"},{"index":1,"delta":{"content":"z"}',
      ),
      { finishReason: "stop" },
    ],
    ["a finish between two events", shaped("b") + stop + shaped("c"), { finishReason: "stop" }],
    ["a finish as long as none", shaped("b").replace("null", '"ok"'), { finishReason: "ok" }],
  ])("but not those that tell more: %s", (_name, text, expected) => {
    const read = reader();
    for (const content of ["a", "b", "c"]) read.push(bytesOf(shaped(content)));
    read.push(bytesOf(text));
    expect(read).toMatchObject(expected);
  });

  test("padding that changes with each chunk does no harm", () => {
    const read = reader();
    for (let at = 0; at < 40; at++) {
      const bytes = bytesOf(shaped("a", `,"obfuscation":"${"x".repeat(at % 7)}"`));
      if (at === 0) read.push(bytes);
      else expect(read.push(bytes)).toBe(bytes);
    }
    read.push(bytesOf(stop));
    expect(read.finishReason).toBe("stop");
  });

  test("an empty finish reason is none", () => {
    const { reader: read } = readText(role + chunk({ content: "a" }, "") + done);
    expect(read.failure).toMatchObject({ cause: "cut_stream" });
  });
});

describe("how a stream may end", () => {
  test.each<[string, string, string]>([
    ["[DONE] left out", plain, plain + done],
    ["[DONE] without a space", `${plain}data:[DONE]\n\n`, plain + done],
    ["junk after [DONE]", plain + done + said("more") + done, plain + done],
    ["a last blank line left out", (plain + done).trimEnd(), plain + done],
    ["two finishes", plain + stop + done, plain + done],
    ["a finish without its blank line", plain.trimEnd(), plain + done],
  ])("%s is still whole", (_name, text, expected) => {
    const { out, reader: read } = readText(text);
    expect(out).toBe(expected);
    expect(read).toMatchObject({ done: true, failure: null });
  });

  const begun = role + said("a");
  test.each<[string, string, Cause]>([
    ["the end without a finish", "", "cut_stream"],
    ["the end inside an event", said("b").slice(0, 40), "cut_stream"],
    ["[DONE] without a finish", done, "cut_stream"],
    ["an error event", event({ error: { message: "m", type: "server_error" } }), "server_error"],
    [
      "an error with [DONE] behind it",
      event({ error: { message: "m", code: 429 } }) + done,
      "rate_limited",
    ],
    [
      "a named error event",
      `event: error\n${event({ type: "error", error: { type: "overloaded_error", message: "m" } })}`,
      "overloaded",
    ],
    [
      "an error beside choices",
      event({
        ...frame,
        error: { code: 502, message: "m", metadata: { error_type: "provider_unavailable" } },
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
      }),
      "unavailable",
    ],
    ["an error as text", event({ error: "it broke" }), "server_error"],
    ["an error in a list", event([{ error: { code: 503, message: "m" } }]), "overloaded"],
    ["a finish that means failure", chunk({}, "insufficient_system_resource"), "overloaded"],
    ["JSON cut short", 'data: {"id":"c1","choices":[{\n\n', "server_error"],
    ["plain text", "data: upstream connect error\n\n", "server_error"],
  ])("%s is a failure, and nothing is said behind it", (_name, tail, cause) => {
    const { out, reader: read } = readText(begun + tail + (tail.includes("[DONE]") ? "" : ""));
    expect(read.failure).toMatchObject({ cause });
    expect(read.done).toBe(false);
    expect(out).toBe(begun);
    const first = readText(tail);
    expect(first.reader.failure).toMatchObject({ cause });
    expect(first.reader.meaningful).toBe(false);
  });

  test("several choices are whole only when each has finished", () => {
    const finish = (index: number) =>
      event({ ...frame, choices: [{ index, delta: { content: "x" }, finish_reason: "stop" }] });
    const ends = (text: string) =>
      readAll(
        adapterFor("openai").openStream(eventStream, chat({ stream: true, n: 2 })),
        bytesOf(text),
      ).reader.failure;
    expect(ends(finish(0) + finish(1))).toBeNull();
    expect(ends(finish(0))).toMatchObject({ cause: "cut_stream" });
  });

  test("an event beyond 8 MiB is a failure, one of a megabyte is not", () => {
    const large = said("A".repeat(1_000_000));
    expect(readText(role + large + stop + done).out).toBe(role + large + stop + done);
    const read = reader();
    const piece = new Uint8Array(1 << 20).fill(0x41);
    for (let sent = 0; sent < 9; sent++) read.push(piece);
    expect(read.failure).toMatchObject({ code: "upstream_bad_response" });
  });
});

describe("what differs between providers", () => {
  test("reasoning comes under one name", () => {
    const events = eventsOf(
      readText(
        role + chunk({ reasoning: "hm" }) + said("a") + chunk({ reasoning: "ah" }) + stop,
        "vllm",
      ).out,
    );
    expect(events.slice(1, 4)).toMatchObject([
      { choices: [{ delta: { reasoning_content: "hm" } }] },
      { choices: [{ delta: { content: "a" } }] },
      { choices: [{ delta: { reasoning_content: "ah" } }] },
    ]);
    expect(JSON.stringify(events)).not.toContain('"reasoning":');
  });

  test("Mistral's content parts become text and reasoning", () => {
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "a" },
    ];
    expect(
      eventsOf(readText(chunk({ content: parts }) + chunk({}, "model_length"), "mistral").out),
    ).toMatchObject([
      { choices: [{ delta: { content: "a", reasoning_content: "hm" } }] },
      { choices: [{ finish_reason: "length" }] },
      "[DONE]",
    ]);
  });

  const callsOf = (out: string): { id?: string; name: string; args: string }[] => {
    const calls: { id?: string; name: string; args: string }[] = [];
    for (const one of eventsOf(out)) {
      if (one === "[DONE]") continue;
      const { delta } = (
        one as {
          choices: {
            delta: {
              tool_calls?: {
                index: number;
                id?: string;
                function: { name?: string; arguments?: string };
              }[];
            };
          }[];
        }
      ).choices[0]!;
      for (const part of delta.tool_calls ?? []) {
        const known = calls[part.index] ?? { name: "", args: "" };
        calls[part.index] = known;
        if (part.id !== undefined) known.id = part.id;
        known.name += part.function.name ?? "";
        known.args += part.function.arguments ?? "";
      }
    }
    return calls;
  };

  test.each<[string, string]>([
    [
      "one index for all",
      call({ index: 0, id: "a", function: { name: "f", arguments: '{"x":1}' } }) +
        call({ index: 0, id: "b", function: { name: "g", arguments: "{}" } }),
    ],
    [
      "no index",
      call({ id: "a", function: { name: "f", arguments: '{"x"' } }) +
        call({ function: { arguments: ":1}" } }) +
        call({ id: "b", function: { name: "g", arguments: "{}" } }),
    ],
    [
      "neither index nor id",
      call({ function: { name: "f", arguments: '{"x":1}' } }) +
        call({ function: { name: "g", arguments: "{}" } }),
    ],
    [
      "arguments as an object",
      call({ id: "a", function: { name: "f", arguments: { x: 1 } } }) +
        call({ id: "b", function: { name: "g", arguments: {} } }),
    ],
    [
      "interleaved arguments",
      call({ index: 0, id: "a", function: { name: "f", arguments: '{"x"' } }) +
        call({ index: 1, id: "b", function: { name: "g", arguments: "{" } }) +
        call({ index: 0, function: { arguments: ":1}" } }) +
        call({ index: 1, function: { arguments: "}" } }),
    ],
    [
      "the name after arguments began",
      call({ index: 0, id: "a", function: { arguments: '{"x"' } }) +
        call({ index: 0, function: { name: "f", arguments: ":1}" } }) +
        call({ index: 1, id: "b", function: { name: "g", arguments: "{}" } }),
    ],
  ])("calls are told apart: %s", (_name, text) => {
    const { out, reader: read } = readText(role + text + stop, "openai-compatible");
    const calls = callsOf(out);
    expect(calls).toMatchObject([
      { name: "f", args: '{"x":1}' },
      { name: "g", args: "{}" },
    ]);
    for (const one of calls) expect(one.id).toMatch(/.+/);
    expect(read.finishReason).toBe("tool_calls");
  });

  test("OpenAI's own calls are handed on untouched, without arguments too", () => {
    const text =
      role +
      call({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }) +
      chunk({}, "tool_calls") +
      done;
    expect(readText(text).out).toBe(text);
  });
});
