import { describe, expect, test } from "vitest";
import type { Cause } from "../../../../src/protocol/cause.ts";
import type { Fields } from "../../../../src/protocol/conversation.ts";
import { decodeResponsesBody } from "../../../../src/runtime/providers/responses/decode-body.ts";
import { head } from "../support.ts";
import {
  added,
  args,
  begun,
  bytesOf,
  callStart,
  counted,
  counts,
  created,
  decode,
  done,
  event,
  fc,
  finished,
  message,
  plain,
  reasoning,
  response,
  said,
  thinking,
  thought,
  whole,
} from "./frames.ts";

describe("a stream that fails", () => {
  const failedWith = (error: Fields): string =>
    event("response.failed", { response: { ...response, error } });

  test.each<[string, Cause, string]>([
    ["ended early", "cut_stream", plain],
    ["ended within an event", "cut_stream", plain + done([]).slice(0, -9)],
    ["ended by [DONE]", "cut_stream", `${plain}data: [DONE]\n\n`],
    ["cancelled", "cut_stream", created + event("response.cancelled", { response })],
    ["not JSON", "server_error", `${plain}event: response.completed\ndata: <html>\n\n`],
    ["too long", "server_error", `data: ${"x".repeat(8 * 1024 * 1024 + 1)}`],
    ["the server's fault", "server_error", failedWith({ code: "server_error", message: "oops" })],
    ["the rate's", "rate_limited", failedWith({ code: "rate_limit_exceeded", message: "slow" })],
    ["the request's", "bad_request", failedWith({ code: "invalid_prompt", message: "no" })],
    ["an image's", "bad_request", failedWith({ code: "image_too_large", message: "no" })],
    ["the content's", "content_filtered", failedWith({ code: "bio_policy", message: "no" })],
    [
      "the length's",
      "context_exceeded",
      failedWith({ code: "context_length_exceeded", message: "no" }),
    ],
    ["a store's time", "timeout", failedWith({ code: "vector_store_timeout", message: "no" })],
    ["for no reason told", "server_error", event("response.failed", { response })],
    [
      "an error event",
      "rate_limited",
      event("error", { code: "rate_limit_exceeded", message: "slow", param: null }),
    ],
    [
      "a nested error event",
      "overloaded",
      event("error", {
        error: { type: "service_unavailable_error", code: "server_is_overloaded", message: "busy" },
      }),
    ],
    [
      "an error without a code",
      "server_error",
      event("error", { code: null, message: "oops", param: null }),
    ],
  ])("%s: %s", (_name, cause, text) => {
    const { decoder } = decode(text);
    expect(decoder.done).toBe(false);
    expect(decoder.failure).toMatchObject({ cause });
    expect(decoder.push(bytesOf(whole))).toEqual([]);
  });

  test("keeps what it said before", () => {
    expect(decode(plain + failedWith({ code: "server_error", message: "" })).events).toEqual([
      begun,
      said("Hé"),
      said(" 🚂"),
    ]);
  });

  test("is billed for what it counted", () => {
    const last = event("response.failed", { response: { ...response, usage: counts } });
    expect(decode(created + last).events).toEqual([begun, counted]);
  });

  test("or has more items than any answer", () => {
    const many = Array.from({ length: 10_001 }, (_, index) => added(index, { type: "x" })).join("");
    expect(decode(created + many).decoder.failure).toMatchObject({ code: "upstream_bad_response" });
  });
});

describe("a whole body", () => {
  const read = (body: unknown, status = 200) =>
    decodeResponsesBody(
      head({}, status),
      bytesOf(typeof body === "string" ? body : JSON.stringify(body)),
    );

  test("is what a stream of it says, each piece whole", () => {
    const output = [
      reasoning({ summary: [{ type: "summary_text", text: "hm" }] }),
      message("Hé 🚂"),
      fc({ arguments: "{}" }),
    ];
    expect(read({ ...response, status: "completed", output, usage: counts })).toEqual({
      ok: true,
      events: [
        begun,
        thinking("hm", true),
        { kind: "reasoning_end", choice: 0, reasoning: { ...thought, text: "hm", summary: true } },
        said("Hé 🚂"),
        callStart(0, "c1"),
        args(0, "{}"),
        finished("tool_calls"),
        counted,
      ],
    });
  });

  test("may be incomplete", () => {
    const body = {
      ...response,
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    };
    expect(read(body)).toMatchObject({
      ok: true,
      events: [begun, finished("length", "max_output_tokens")],
    });
  });

  test.each<[string, Cause, unknown]>([
    [
      "failed",
      "rate_limited",
      { ...response, status: "failed", error: { code: "rate_limit_exceeded", message: "slow" } },
    ],
    ["not finished", "server_error", { ...response, status: "queued" }],
    ["an error", "auth", { error: { message: "no", code: "invalid_api_key" } }],
    ["a chat completion", "server_error", { object: "chat.completion", choices: [] }],
    ["a web page", "server_error", "<html>"],
    ["a list", "server_error", []],
  ])("is a failure when it is %s", (_name, cause, body) => {
    expect(read(body)).toMatchObject({ ok: false, failure: { cause } });
  });
});
