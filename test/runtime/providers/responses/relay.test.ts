import { describe, expect, test } from "vitest";
import type { Cause } from "../../../../src/protocol/cause.ts";
import { openResponsesRelay } from "../../../../src/runtime/providers/responses/relay.ts";
import { readAll } from "../support.ts";
import {
  at,
  bytesOf,
  created,
  delta,
  done,
  event,
  fc,
  message,
  opened,
  plain,
  response,
  usageRead,
  whole,
} from "./frames.ts";

const relayed = (text: string, cuts: readonly number[] = []) =>
  readAll(openResponsesRelay(), bytesOf(text), cuts);
const itemAdded = (type: string): string =>
  event("response.output_item.added", { output_index: 0, item: { type, id: "x" } });

describe("a stream", () => {
  test("comes through byte for byte, wherever it is cut, and its counts are read", () => {
    const { length } = bytesOf(whole);
    for (let cut = 1; cut < length; cut++) {
      const { out, reader } = relayed(whole, [cut]);
      expect(out).toBe(whole);
      expect(reader).toMatchObject({
        done: true,
        failure: null,
        finishReason: "stop",
        usage: usageRead,
      });
    }
  });

  test("comes back chunk by chunk as the very chunks", () => {
    const relay = openResponsesRelay();
    for (const text of [
      created,
      opened,
      delta("a"),
      delta("b") + delta("c"),
      event("response.smell.delta", { delta: {} }),
    ]) {
      const bytes = bytesOf(text);
      expect(relay.push(bytes)).toBe(bytes);
    }
  });

  test.each([
    ["carriage returns and feeds", whole.replaceAll("\n", "\r\n")],
    ["comments", whole.replaceAll("event:", ": hi\n\nevent:")],
    ["no names of events", whole.replaceAll(/event: .*\n/g, "")],
    ["names behind the data", whole.replaceAll(/(event: .*)\n(data: .*)\n/g, "$2\n$1\n")],
    ["data in two lines", whole.replaceAll('"sequence_number":0,', '"sequence_number":0,\ndata: ')],
  ])("with %s comes through as it is", (_name, text) => {
    const { out, reader } = relayed(text);
    expect(out).toBe(text);
    expect(reader).toMatchObject({ done: true, failure: null, meaningful: true, usage: usageRead });
  });

  test("without its last blank line gets one", () => {
    expect(relayed(whole.slice(0, -2)).out).toBe(whole);
  });

  test.each([[[]], [[bytesOf(whole).length - 3]]])(
    "ends with the answer, whatever follows",
    (cuts) => {
      const { out, reader } = relayed(`${whole}data: [DONE]\n\n`, cuts);
      expect(out).toBe(whole);
      expect(reader).toMatchObject({ done: true, failure: null });
    },
  );

  test.each([
    ["a call", [fc({ arguments: "{}" })], "tool_calls"],
    ["text", [message("a")], "stop"],
  ])("that ends in %s finishes as it should", (_name, output, reason) => {
    expect(relayed(plain + done(output)).reader.finishReason).toBe(reason);
  });

  test("that was cut finishes for its limit", () => {
    const last = event("response.incomplete", {
      response: { ...response, incomplete_details: { reason: "max_output_tokens" } },
    });
    expect(relayed(plain + last).reader).toMatchObject({ done: true, finishReason: "length" });
  });

  test("is measured by what was seen of it", () => {
    const relay = openResponsesRelay();
    relay.push(bytesOf(created + opened + delta("12345678") + delta("a") + delta("é")));
    expect(relay.outputTokens()).toBe(3);
    relay.push(bytesOf(delta("x".repeat(400))));
    expect(relay.outputTokens()).toBe(103);
    relay.push(bytesOf(delta(`"${"x".repeat(398)}`)));
    expect(relay.outputTokens()).toBe(203);
  });
});

describe("when the answer counts as begun", () => {
  test.each<[string, boolean, string]>([
    ["created", false, created],
    ["a message", false, itemAdded("message")],
    ["a block of thinking", false, itemAdded("reasoning")],
    ["a part", false, opened],
    ["no text", false, delta("")],
    ["a comment", false, ": hi\n\n"],
    ["a keepalive", false, event("keepalive")],
    ["text", true, delta("a")],
    ["text without a name", true, delta("a").replace(/event: .*\n/, "")],
    ["thinking", true, event("response.reasoning_summary_text.delta", { delta: "hm" })],
    ["a refusal", true, event("response.refusal.delta", { delta: "no" })],
    ["arguments", true, event("response.function_call_arguments.delta", { delta: "{" })],
    ["a call", true, itemAdded("function_call")],
    ["a tool of the provider's", true, itemAdded("web_search_call")],
    ["an end", true, done([])],
  ])("%s: %s", (_name, begun, text) => {
    const relay = openResponsesRelay();
    relay.push(bytesOf(text));
    expect(relay.meaningful).toBe(begun);
  });
});

describe("a stream that fails", () => {
  const failed = event("response.failed", {
    response: {
      ...response,
      error: { code: "rate_limit_exceeded", message: "slow" },
      usage: { input_tokens: 9, output_tokens: 1 },
    },
  });

  test.each<[string, Cause, string]>([
    ["a failed response", "rate_limited", failed],
    ["an error", "overloaded", event("error", { code: "server_is_overloaded", message: "busy" })],
    ["a cancelled response", "cut_stream", event("response.cancelled", { response })],
    ["what is no JSON", "server_error", "event: response.completed\ndata: <html>\n\n"],
    ["[DONE] too early", "cut_stream", "data: [DONE]\n\n"],
    [
      "a delta cut short",
      "server_error",
      'event: response.output_text.delta\ndata: {"delta":"a\n\n',
    ],
  ])("with %s hands on what came before, and no more", (_name, cause, text) => {
    const { out, reader } = relayed(plain + text + done([]));
    expect(out).toBe(plain);
    expect(reader).toMatchObject({ done: false, failure: { cause } });
    expect(reader.push(bytesOf(whole))).toBeNull();
  });

  test("before anything was said holds nothing back but the failure", () => {
    const { out, reader } = relayed(created + failed);
    expect(out).toBe(created);
    expect(reader).toMatchObject({
      meaningful: false,
      failure: { cause: "rate_limited" },
      usage: { inputTokens: 9 },
    });
  });

  test.each([
    ["between events", plain],
    ["within an event", plain + done([]).slice(0, -9)],
    ["within a delta", created + delta("a").slice(0, -20)],
    ["at once", ""],
  ])("by ending early, %s, is cut", (_name, text) => {
    const { reader } = relayed(text);
    expect(reader).toMatchObject({ done: false, failure: { cause: "cut_stream" } });
  });

  test("by one endless event is cut off", () => {
    const relay = openResponsesRelay();
    const line = bytesOf(`data: ${"x".repeat(1024 * 1024)}`);
    for (let count = 0; count < 9; count++) relay.push(line);
    expect(relay.failure).toMatchObject({ code: "upstream_bad_response" });
  });

  test("keeps the text of one delta apart from fields around it", () => {
    const sly = delta('","delta":"').replace('"obfuscation"', '"delta2"');
    const { out, reader } = relayed(
      created +
        sly +
        event("response.output_text.delta", { ...at, delta: 'a","type":"error' }) +
        done([]),
    );
    expect(reader).toMatchObject({ done: true, failure: null });
    expect(out).toContain(sly);
  });
});
