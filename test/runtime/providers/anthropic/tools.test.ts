import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target, user } from "../support.ts";

function made(body: Partial<ChatBody>, to: Partial<Target> = {}, overrides: Overrides = {}) {
  return adapterFor("anthropic").prepare(chat(body), target(to), provider("anthropic"), overrides);
}

function sent(
  body: Partial<ChatBody>,
  to: Partial<Target> = {},
  overrides: Overrides = {},
): Record<string, unknown> {
  const result = made(body, to, overrides);
  if (!result.ok) throw new Error(result.failure.message);
  return JSON.parse(String(result.request.body)) as Record<string, unknown>;
}

const call = (id: string, args: string, name = "f") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const result = (id: string, content = "r") => ({ role: "tool", tool_call_id: id, content });
const tool = {
  type: "function",
  function: { name: "f", description: "d", parameters: { type: "object", properties: { a: {} } } },
};

describe("tools", () => {
  const input_schema = { type: "object", properties: { a: {} } };
  test.each<[string, Partial<ChatBody>, object]>([
    ["declared", { tools: [tool] }, { tools: [{ name: "f", description: "d", input_schema }] }],
    [
      "without parameters",
      { tools: [{ type: "function", function: { name: "g" } }] },
      { tools: [{ name: "g", input_schema: { type: "object", properties: {} } }] },
    ],
    ["auto", { tools: [tool], tool_choice: "auto" }, { tool_choice: { type: "auto" } }],
    ["none", { tools: [tool], tool_choice: "none" }, { tool_choice: { type: "none" } }],
    ["required", { tools: [tool], tool_choice: "required" }, { tool_choice: { type: "any" } }],
    [
      "named",
      { tools: [tool], tool_choice: { type: "function", function: { name: "f" } } },
      { tool_choice: { type: "tool", name: "f" } },
    ],
    [
      "one at a time",
      { tools: [tool], parallel_tool_calls: false },
      { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    ],
    [
      "one at a time, required",
      { tools: [tool], tool_choice: "required", parallel_tool_calls: false },
      { tool_choice: { type: "any", disable_parallel_tool_use: true } },
    ],
    [
      "a subset",
      {
        tools: [tool, { type: "function", function: { name: "g" } }],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: {
            mode: "required",
            tools: [{ type: "function", function: { name: "f" } }],
          },
        },
      },
      { tools: [{ name: "f", description: "d", input_schema }], tool_choice: { type: "any" } },
    ],
    ["none at all", {}, { tools: undefined, tool_choice: undefined }],
    [
      "only in the history",
      {
        messages: [user, { role: "assistant", tool_calls: [call("a", "{}", "old")] }, result("a")],
      },
      {
        tools: [{ name: "old", input_schema: { type: "object", properties: {} } }],
        tool_choice: { type: "none" },
      },
    ],
  ])("%s", (_name, body, expected) => {
    const out = sent(body);
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, out[name]]))).toEqual(
      expected,
    );
  });
});

describe("a call that cannot be forced", () => {
  const other = { type: "function", function: { name: "g" } };
  const both = { tools: [tool, other] };
  const named = { ...both, tool_choice: { type: "function", function: { name: "g" } } };
  const refuses = { rejectsForcedTools: true };
  const namesOf = (out: Record<string, unknown>) =>
    (out["tools"] as { name: string }[]).map(({ name }) => name);

  test.each<[string, Partial<ChatBody>, Partial<Target>]>([
    ["a model that refuses it", named, refuses],
    ["a model that thinks", { ...named, thinking: { type: "adaptive" } }, {}],
  ])("is asked of %s in words, with its tool alone in the list", (_, body, to) => {
    const out = sent(body, to);
    expect(namesOf(out)).toEqual(["g"]);
    expect(out["tool_choice"]).toEqual({ type: "auto" });
    expect(out["system"]).toBe("Answer with a call of the tool `g`.");
  });

  test("of whatever tool leaves all of them, one at a time where that was asked", () => {
    const body = { ...both, tool_choice: "required", parallel_tool_calls: false };
    const out = sent(body, refuses);
    expect(namesOf(out)).toEqual(["f", "g"]);
    expect(out["tool_choice"]).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(out["system"]).toBe("Answer with a call of one of the tools.");
  });

  test.each<[string, Partial<ChatBody>]>([
    ["a free choice", { ...both, tool_choice: "auto" }],
    ["no choice", both],
    ["a forbidden call", { ...both, tool_choice: "none" }],
    ["no tools", { tool_choice: "required" }],
    ["thinking that is switched off", { ...both, thinking: { type: "disabled" } }],
  ])("changes nothing about %s", (_, body) => {
    const { thinking: _thinking, ...plain } = sent(body, refuses);
    const { thinking: _same, ...usual } = sent(body);
    expect(plain).toEqual(usual);
  });

  test("is forced on a model that takes it while its thinking is switched off", () => {
    const out = sent({ ...named, thinking: { type: "disabled" } });
    expect(out["tool_choice"]).toEqual({ type: "tool", name: "g" });
    expect(namesOf(out)).toEqual(["f", "g"]);
  });
});

describe("a tool that this wire cannot declare", () => {
  const custom = { type: "custom", custom: { name: "p" } } as unknown as typeof tool;
  const chosen = { type: "custom", custom: { name: "p" } };
  const drop = { dropUnsupported: true };

  test.each([{}, { rejectsForcedTools: true }])("is not chosen either: %j", (to) => {
    const body: Partial<ChatBody> = { tools: [custom, tool], tool_choice: chosen };
    const result = made(body, to, drop);
    expect(result).toMatchObject({ request: { dropped: ["tool_choice", "tools[0].type"] } });
    const out = sent(body, to, drop);
    expect(out["tools"]).toMatchObject([{ name: "f" }]);
    expect(out["tool_choice"]).toBeUndefined();
    expect(out["system"]).toBeUndefined();
  });

  test("is not asked for in words where there is no other", () => {
    const body: Partial<ChatBody> = { tools: [custom], tool_choice: "required" };
    const out = sent(body, { rejectsForcedTools: true }, drop);
    expect([out["tools"], out["tool_choice"], out["system"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test("an effort is left out for a model that knows none, a schema stays", () => {
  const asked: Partial<ChatBody> = {
    reasoning_effort: "high",
    response_format: { type: "json_schema", json_schema: { name: "s", schema: {} } },
  };
  expect(sent(asked)["output_config"]).toHaveProperty("effort", "high");
  expect(sent(asked, { rejectsEffort: true })["output_config"]).toEqual({
    format: { type: "json_schema", schema: {} },
  });
});
