import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import { eventsOf, readAll } from "../support.ts";
import {
  bytesOf,
  call,
  chunk,
  counts,
  done,
  event,
  frame,
  reader,
  readText,
  role,
  said,
  stop,
  usage,
  usageRead,
} from "./frames.ts";

type Fields = Readonly<Record<string, unknown>>;
interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly function: { readonly arguments?: string };
  }[];
}
interface Choice {
  readonly index: number;
  readonly delta: Delta;
  readonly finish_reason: string | null;
}

/** What a client makes of a stream: every event parsed, nothing clever. */
function understood(out: string): Fields {
  const text = new Map<string, string>();
  const add = (key: string, more = ""): void => {
    if (more !== "") text.set(key, (text.get(key) ?? "") + more);
  };
  const finish = new Map<number, string>();
  let bills: unknown = null;
  for (const each of eventsOf(out)) {
    if (each === "[DONE]") continue;
    const { choices, usage: told } = each as { choices: readonly Choice[]; usage?: unknown };
    if (told) bills = told;
    for (const { index, delta, finish_reason } of choices) {
      add(`text ${index}`, delta.content);
      add(`thought ${index}`, delta.reasoning_content);
      for (const { index: at, function: called } of delta.tool_calls ?? [])
        add(`call ${index}/${at}`, called.arguments);
      if (finish_reason !== null) finish.set(index, finish_reason);
    }
  }
  return { text: [...text], finish: [...finish], bills };
}

/** Where the events of a text end, in bytes: chunks as a provider that flushes each event sends them. */
function eventEnds(text: string, lineEnd = "\n"): number[] {
  const ends: number[] = [];
  let at = 0;
  for (const each of text.split(lineEnd + lineEnd)) {
    at += bytesOf(each + lineEnd + lineEnd).length;
    ends.push(at);
  }
  return ends.slice(0, -1);
}

const readEach = (text: string, kind: ProviderKind, asksUsage = false) =>
  readAll(reader(kind, asksUsage), bytesOf(text), eventEnds(text));

describe("once an answer has begun", () => {
  test("content in parts still becomes text and reasoning", () => {
    const parts = chunk({ content: [{ type: "text", text: "b" }] });
    const { out } = readEach(said("a") + parts + said("c") + stop + done, "mistral");
    expect(understood(out)["text"]).toEqual([["text 0", "abc"]]);
  });

  test.each([
    ["flat", { object: "error", message: "m", type: "BadRequestError", code: 400 }],
    ["a bare message", { message: "m" }],
    ["a validation list", { detail: [{ loc: ["body", "x"], msg: "m", type: "t" }] }],
  ])("an error that is %s is a failure and is not handed on", (_, error) => {
    const { out, reader: read } = readEach(said("a") + said("b") + event(error) + done, "vllm");
    expect(out).toBe(said("a") + said("b"));
    expect(read.failure).not.toBeNull();
  });

  test("id and model stay those of the first event that has them", () => {
    const under = (id: string, model: string, content: string): string =>
      event({
        ...frame,
        id,
        model,
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      });
    const first = event({ ...frame, id: "", model: "", choices: [] });
    const text =
      first + said("a") + said("b") + under("c2", "m", "c") + under("c1", "n", "d") + stop;
    const { out } = readEach(text + done, "openai");
    const named = eventsOf(out)
      .slice(1, -1)
      .map((each) => `${(each as typeof frame).id} ${(each as typeof frame).model}`);
    expect(new Set(named)).toEqual(new Set(["c1 m"]));
    expect(understood(out)["text"]).toEqual([["text 0", "abcd"]]);
  });

  test("an event that is no JSON is a failure and is not handed on", () => {
    const broken = 'data: {"choices":[{"index":0,"delta":{"content":"c"}}\n\n';
    const text = said("a") + said("b") + broken + said("d") + stop + done;
    const { out, reader: read } = readEach(text, "openai");
    expect(out).toBe(said("a") + said("b"));
    expect(read.failure).toMatchObject({ code: "upstream_bad_response" });
  });

  test("usage that comes with the last choice is taken out unless the client asked for it", () => {
    const last = chunk({}, "stop", { usage: counts });
    const hidden = readEach(said("a") + last + done, "mistral");
    expect(hidden.reader.usage).toEqual({ ...usageRead, model: "m" });
    expect(understood(hidden.out)).toMatchObject({ bills: null, finish: [[0, "stop"]] });
    expect(understood(readEach(said("a") + last + done, "mistral", true).out)["bills"]).toEqual(
      counts,
    );
  });

  test("usage in every chunk is kept from a client that did not ask, and the last counts", () => {
    const each = (n: number, delta: object, reason: string | null = null): string =>
      chunk(delta, reason, { usage: { ...counts, completion_tokens: n } });
    const text = each(1, { content: "a" }) + each(2, { content: "b" }) + each(4, {}, "stop") + done;
    const { out, reader: read } = readEach(text, "vllm");
    expect(out).not.toContain("usage");
    expect(read.usage).toEqual({ ...usageRead, model: "m" });
  });

  test.each<ProviderKind>(["vllm", "sglang", "qwen", "openai-compatible"])(
    "calls that finish as stop finish as calls at %s",
    (kind) => {
      const args = (text: string): string =>
        call({ index: 0, id: "c", type: "function", function: { name: "f", arguments: text } });
      const { out, reader: read } = readEach(said("x") + args("{") + args("}") + stop + done, kind);
      expect(understood(out)["finish"]).toEqual([[0, "tool_calls"]]);
      expect(read.finishReason).toBe("tool_calls");
    },
  );
});

test.each(["\u0000data: {}", "data2: {}", "id: {7}", "retry: {1}"])(
  "a line that no reader heeds is not handed on beside its event: %j",
  (line) => {
    const [plain = ""] = said("b").split("\n\n");
    const { out, reader: read } = readText(
      `${role}${said("a")}${plain}\n${line}\n\n${stop}${done}`,
    );
    expect(read.failure).toBeNull();
    expect(out).not.toContain(line);
    expect(eventsOf(out)).toEqual(eventsOf(role + said("a") + said("b") + stop + done));
  },
);

test("a second end, and what follows it, is not handed on", () => {
  const { out } = readText(said("a") + stop + done + said("late") + done);
  expect(out).toBe(said("a") + stop + done);
});

test("property: whatever is said, and however it is cut, the client understands what was sent", () => {
  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      '"usage":{',
      '"error":{"message":"x"}',
      '","finish_reason":"stop',
      "data: [DONE]\n\n",
      "\r\n\r\n",
      '\\"',
      "\\",
      '"content":[',
      "🚂",
    ),
  );
  const choice = fc.nat(1);
  const part = (delta: object, index: number): string =>
    event({ ...frame, choices: [{ index, delta, finish_reason: null }] });
  const piece = fc.oneof(
    fc.tuple(words, choice).map(([content, index]) => part({ content }, index)),
    fc.tuple(words, choice).map(([reasoning_content, index]) => part({ reasoning_content }, index)),
    fc
      .tuple(words, choice, fc.nat(2))
      .map(([text, index, at]) =>
        part({ tool_calls: [{ index: at, function: { arguments: text } }] }, index),
      ),
    fc.constant(": comment\n\n"),
    fc.constant("id: 7\nretry: 5\n\n"),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.record({ asks: fc.boolean(), flushed: fc.boolean() }),
      (pieces, cuts, lineEnd, { asks, flushed }) => {
        const finish = (index: number): string =>
          event({ ...frame, choices: [{ index, delta: {}, finish_reason: "tool_calls" }] });
        const text = role + pieces.join("") + finish(0) + finish(1) + usage;
        const ended = (text + done).replaceAll("\n", lineEnd);
        const bytes = bytesOf(ended);
        const { out, reader: read } = readAll(
          reader("vllm", asks),
          bytes,
          flushed ? eventEnds(ended, lineEnd) : cuts.map((cut) => cut % (bytes.length + 1)),
        );
        const sent = understood(text.replaceAll(/^(?::|id).*\n(?:retry.*\n)?\n/gm, ""));
        expect(understood(out)).toEqual(asks ? sent : { ...sent, bills: null });
        expect(out.endsWith(done)).toBe(true);
        expect(read.failure).toBeNull();
      },
    ),
    { numRuns: 400 },
  );
});
