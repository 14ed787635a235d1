import { describe, expect, test } from "vitest";
import type { Cause } from "../../../src/protocol/cause.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { bytesOf, counts, usageRead } from "./openai/frames.ts";
import { chat, eventsOf, head, readAll } from "./support.ts";

describe("a stream that was answered with something else", () => {
  const completion = {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    usage: counts,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: "Hi",
          tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        finish_reason: "stop",
      },
    ],
  };
  const open = (type: string, body: string, asksUsage = false) =>
    readAll(
      adapterFor("openai").openStream(
        head({ "content-type": type }),
        chat({ stream: true, stream_options: { include_usage: asksUsage } }),
      ),
      bytesOf(body),
      [3],
    );

  test("a whole completion becomes a stream", () => {
    const { out, reader: read } = open("application/json", JSON.stringify(completion), true);
    expect(eventsOf(out)).toMatchObject([
      {
        object: "chat.completion.chunk",
        choices: [
          {
            delta: { role: "assistant", content: "Hi", tool_calls: [{ index: 0, id: "a" }] },
            finish_reason: null,
          },
        ],
      },
      { choices: [{ delta: {}, finish_reason: "stop" }] },
      { choices: [], usage: counts },
      "[DONE]",
    ]);
    expect(read).toMatchObject({
      done: true,
      meaningful: true,
      usage: usageRead,
      finishReason: "stop",
    });
    expect(eventsOf(open("application/json", JSON.stringify(completion)).out)).toHaveLength(3);
  });

  test.each<[string, string, string, Cause]>([
    ["an error", "application/json", '{"error":{"message":"m","code":429}}', "rate_limited"],
    ["a web page", "text/html", "<html>", "server_error"],
    ["cut JSON", "application/json", '{"choices":[', "server_error"],
    ["nothing", "application/json", "", "server_error"],
  ])("%s is a failure", (_name, type, body, cause) => {
    const { out, reader: read } = open(type, body);
    expect(out).toBe("");
    expect(read).toMatchObject({ done: false, meaningful: false, failure: { cause } });
  });
});
