import { describe, expect, test } from "vitest";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import { isInstalled } from "../../support/bridge-bench.ts";
import { cohere, deltasOf, stage } from "../../support/cohere-stage.ts";
import { coherePieces, cohereScripts } from "../../support/cohere-wire.ts";
import { planOver } from "../../support/plans.ts";
import type { UpstreamStep } from "../../support/scripted-upstream.ts";
import { chat } from "../providers/support.ts";

const weather = (city: string, fields: object = {}) => ({
  type: "function" as const,
  function: {
    name: "weather",
    description: `of ${city}`,
    parameters: { type: "object", properties: { city: { type: "string" } } },
    ...fields,
  },
});

describe.skipIf(!isInstalled(cohere))("through @ai-sdk/cohere", () => {
  test("a whole answer is written on the client's wire, with its usage", async () => {
    const { bench, upstream } = await stage(() => cohereScripts.reply());
    const { sink, result } = bench.send(planOver(["command-a"]), false);
    const { outcome, attempts } = await result;
    expect(outcome).toBe("ok");
    expect(sink.commitment).toEqual({ target: "command-a", attempts: 1 });
    expect(JSON.parse(sink.text())).toMatchObject({
      object: "chat.completion",
      model: "command-a",
      choices: [{ message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
    });
    expect(attempts[0]?.usage).toMatchObject({
      inputTokens: 17,
      outputTokens: 9,
      estimated: false,
    });
    expect(JSON.parse(upstream.bodies[0] ?? "")).toMatchObject({
      model: "command-a",
      messages: [{ role: "user", content: "hi" }],
    });
  });

  test("a stream is written as it comes, and ended", async () => {
    const { bench } = await stage(() => cohereScripts.stream());
    const { sink, result } = bench.send(planOver(["command-a"]), true);
    const { outcome, attempts } = await result;
    expect(outcome).toBe("ok");
    expect(sink.calls).toEqual(["open", "end"]);
    expect(deltasOf(sink.text()).map(({ content }) => content ?? "")).toEqual([
      "",
      "hel",
      "lo",
      "",
    ]);
    expect(sink.text()).toMatch(/"finish_reason":"stop"[^\n]*\n\ndata: \[DONE\]\n\n$/);
    expect(attempts[0]?.usage).toMatchObject({ inputTokens: 17, outputTokens: 9 });
    expect(bench.bugs).toEqual([]);
  });

  test("parallel calls keep apart, and a call without arguments gets an empty object", async () => {
    const { called, start, end } = coherePieces;
    const { bench, upstream } = await stage(() =>
      cohereScripts.pieces(
        start,
        ...called("weather", ['{"city":', '"Rome"}'], 0),
        ...called("time", [], 1),
        end("TOOL_CALL"),
      ),
    );
    const tools = [weather("a city"), { type: "function" as const, function: { name: "time" } }];
    const request = chat({ stream: true, tools, tool_choice: "required" });
    const { sink, result } = bench.send(planOver(["m"]), true, request);
    expect((await result).outcome).toBe("ok");
    const calls = new Map<number, { name: string; args: string }>();
    for (const delta of deltasOf(sink.text()))
      for (const { index, function: said } of delta.tool_calls ?? []) {
        const call = calls.get(index) ?? { name: "", args: "" };
        calls.set(index, {
          name: call.name + (said.name ?? ""),
          args: call.args + said.arguments,
        });
      }
    expect([...calls.values()]).toEqual([
      { name: "weather", args: '{"city":"Rome"}' },
      { name: "time", args: "{}" },
    ]);
    expect(sink.text()).toContain('"finish_reason":"tool_calls"');
    expect(JSON.parse(upstream.bodies[0] ?? "")).toMatchObject({
      tool_choice: "REQUIRED",
      tools: [{ function: { name: "weather" } }, { function: { name: "time" } }],
    });
  });

  test("calls and their results of a history are carried", async () => {
    const { bench, upstream } = await stage(() => cohereScripts.reply());
    const request = chat({
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: "Weather in Rome?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: "c1",
              type: "function",
              function: { name: "weather", arguments: '{"city":"Rome"}' },
            },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "sunny" },
      ],
      tools: [weather("a city")],
    });
    await bench.send(planOver(["m"]), false, request).result;
    expect(JSON.parse(upstream.bodies[0] ?? "").messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Weather in Rome?" },
      {
        role: "assistant",
        tool_calls: [
          {
            id: "c1",
            type: "function",
            function: { name: "weather", arguments: '{"city":"Rome"}' },
          },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "sunny" },
    ]);
  });

  test("a JSON schema goes up as the wire has it", async () => {
    const { bench, upstream } = await stage(() =>
      cohereScripts.reply({ content: [{ type: "text", text: '{"n":1}' }] }),
    );
    const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
    const request = chat({
      response_format: { type: "json_schema", json_schema: { name: "count", schema } },
    });
    const { sink, result } = bench.send(planOver(["m"]), false, request);
    expect((await result).outcome).toBe("ok");
    expect(JSON.parse(sink.text()).choices[0].message.content).toBe('{"n":1}');
    expect(JSON.parse(upstream.bodies[0] ?? "").response_format).toEqual({
      type: "json_object",
      json_schema: schema,
    });
  });

  test("thinking is told as thinking", async () => {
    const { start, thinking, thought, contentEnd, textStart, text, end } = coherePieces;
    const { bench } = await stage(() =>
      cohereScripts.pieces(
        ...[start, thinking, thought("hm"), contentEnd],
        ...[textStart, text("so"), contentEnd, end()],
      ),
    );
    const { sink, result } = bench.send(planOver(["m"]), true);
    expect((await result).outcome).toBe("ok");
    const told = deltasOf(sink.text()).map(({ content, reasoning_content }) => [
      reasoning_content ?? "",
      content ?? "",
    ]);
    expect(told).toEqual([
      ["", ""],
      ["hm", ""],
      ["", "so"],
      ["", ""],
    ]);
  });

  const web: readonly UpstreamStep[] = [
    { do: "head", status: 200, headers: { "content-type": "text/html" } },
    { do: "write", bytes: "<html>" },
    { do: "end" },
  ];
  const encoded: readonly UpstreamStep[] = [
    { do: "head", status: 200, headers: { "content-encoding": "gzip" } },
    { do: "write", bytes: "x" },
    { do: "end" },
  ];
  const { start, end } = coherePieces;

  test.each<[string, boolean, readonly UpstreamStep[], object]>([
    [
      "429",
      false,
      cohereScripts.error(429, "slow down", { "retry-after": "7" }),
      { cause: "rate_limited", status: 429, retryAfterMs: 7_000, retrySame: true },
    ],
    ["429 of a stream", true, cohereScripts.error(429), { cause: "rate_limited", status: 429 }],
    ["500", false, cohereScripts.error(500), { cause: "server_error", status: 500 }],
    ["503", true, cohereScripts.error(503), { cause: "overloaded", status: 503 }],
    ["504", true, cohereScripts.error(504), { cause: "timeout", status: 504 }],
    ["401", false, cohereScripts.error(401), { cause: "auth", status: 401, retrySame: false }],
    ["400", false, cohereScripts.error(400, "bad n"), { cause: "bad_request", message: "bad n" }],
    ["404", false, cohereScripts.error(404, "model not found"), { cause: "unavailable" }],
    [
      "302",
      false,
      cohereScripts.error(302, "x", { location: "http://127.0.0.1:1/" }),
      { cause: "unavailable", code: "upstream_redirect" },
    ],
    [
      "413",
      false,
      cohereScripts.error(400, "too many tokens: the limit is 3"),
      { cause: "context_exceeded" },
    ],
    ["a web page", false, web, { cause: "server_error", code: "upstream_bad_response" }],
    ["a web page for a stream", true, web, { cause: "cut_stream" }],
    ["encoded bytes", true, encoded, { cause: "server_error", code: "upstream_bad_response" }],
    ["no answer", true, [{ do: "cut" }], { cause: "network", code: "upstream_connection_lost" }],
    [
      "a cut before content",
      true,
      [...cohereScripts.pieces(start).slice(0, 2), { do: "cut" }],
      { cause: "cut_stream" },
    ],
    ["an early end", true, cohereScripts.begun("end"), { cause: "cut_stream" }],
    [
      "an error at the end",
      true,
      cohereScripts.pieces(start, end("ERROR")),
      { cause: "server_error" },
    ],
    [
      "an event that is no JSON",
      true,
      cohereScripts.pieces(start, "data: {\n\n"),
      { cause: "server_error", code: "upstream_bad_response" },
    ],
  ])("%s (streamed: %s) is classified", async (_, streamed, steps, expected) => {
    const { bench, upstream } = await stage(() => steps);
    const { failure } = await bench.send(planOver(["m"]), streamed).result;
    expect(failure).toMatchObject(expected);
    expect(upstream.seen).toEqual(["m"]);
    expect(bench.bugs).toEqual([]);
    expect(bench.faults).toEqual([]);
    expect(bench.health.inFlight("m")).toBe(0);
  });

  test("an error that echoes the key does not tell it", async () => {
    const { bench } = await stage(() => cohereScripts.error(400, "bad: words-of-the-operator"));
    const { failure } = await bench.send(planOver(["m"]), false).result;
    expect(failure?.cause).toBe("bad_request");
    expect(JSON.stringify(failure)).not.toContain("of-the-operator");
  });

  test("what a package says that its model does not support is told to the client", async () => {
    const { bench } = await stage(() => cohereScripts.stream());
    const sent = bench.send(
      planOver(["m"]),
      true,
      chat({ stream: true, parallel_tool_calls: false, tools: [weather("a")], verbosity: "low" }),
    );
    expect((await sent.result).outcome).toBe("ok");
    expect(sent.sink.commitment?.dropped).toEqual(["verbosity", "parallel_tool_calls"]);
  });

  test("what the interface cannot say refuses the attempt before anything is sent, unless the policy drops it", async () => {
    const { bench, upstream } = await stage(() => cohereScripts.reply());
    const request: ModelRequest = chat({ n: 2 });
    const refused = await bench.send(planOver(["m"]), false, request).result;
    expect(refused.failure).toMatchObject({ code: "unsupported_parameter", param: "n" });
    expect(upstream.seen).toEqual([]);
    const drops = planOver(["m"], { options: { dropUnsupported: true } });
    const sent = bench.send(drops, false, chat({ n: 2, logit_bias: { 1: 1 } }));
    expect((await sent.result).outcome).toBe("ok");
    expect(sent.sink.commitment?.dropped).toEqual(["n", "logit_bias"]);
  });
});
