import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { ResponseInputItem } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bringsResults,
  cityArguments,
  citySchema,
  openThreeWires,
  type TargetName,
  type ThreeWires,
  targets,
} from "./three-wires.ts";
import { breakOff, overloaded, refuse, say, stall, told } from "./upstream-answers.ts";

let wires: ThreeWires;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  wires = await openThreeWires();
  openai = new OpenAI({ baseURL: `${wires.url}/v1`, apiKey: "none", maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: wires.url, apiKey: "none", maxRetries: 0 });
});
afterAll(async () => {
  await wires[Symbol.asyncDispose]();
});

const question = "What is the weather in Oslo and Rome?";
const asks = (content: string) => [{ role: "user" as const, content }];
const described = { name: "get_weather", description: "The weather of a city" };

/** Two calls at once, and an answer once their results are there. */
const playWeather = (): void =>
  wires.play((call) =>
    say(
      call,
      bringsResults(call)
        ? { text: "Rain in both." }
        : { calls: ["Oslo", "Rome"].map((city) => ({ name: "get_weather", args: { city } })) },
    ),
  );

/** One API as a client asks it: words in, words or errors out. */
interface Asking {
  readonly whole: (model: string, prompt: string) => Promise<string>;
  /** Each piece of text of a stream; `leave` ends it. */
  readonly streamed: (
    model: string,
    prompt: string,
    each: (piece: string, leave: () => void) => void,
  ) => Promise<void>;
  readonly errors: Readonly<Record<400 | 429 | "overloaded", new (...of: never[]) => Error>>;
}

const openAiErrors = {
  400: OpenAI.BadRequestError,
  429: OpenAI.RateLimitError,
  overloaded: OpenAI.InternalServerError,
};
const apis: Readonly<Record<string, Asking>> = {
  "openai, chat": {
    async whole(model, prompt) {
      const { choices } = await openai.chat.completions.create({ model, messages: asks(prompt) });
      return choices[0]?.message.content ?? "";
    },
    async streamed(model, prompt, each) {
      const stream = await openai.chat.completions.create({
        ...{ model, messages: asks(prompt), stream: true as const },
      });
      for await (const { choices } of stream)
        if (choices[0]?.delta.content)
          each(choices[0].delta.content, () => stream.controller.abort());
    },
    errors: openAiErrors,
  },
  "openai, responses": {
    async whole(model, input) {
      return (await openai.responses.create({ model, input })).output_text;
    },
    async streamed(model, input, each) {
      const stream = await openai.responses.create({ model, input, stream: true });
      for await (const event of stream)
        if (event.type === "response.output_text.delta")
          each(event.delta, () => stream.controller.abort());
    },
    errors: openAiErrors,
  },
  "@anthropic-ai/sdk": {
    async whole(model, prompt) {
      const asked = { model, max_tokens: 500, messages: asks(prompt) };
      const [block] = (await anthropic.messages.create(asked)).content;
      return block?.type === "text" ? block.text : "";
    },
    async streamed(model, prompt, each) {
      const asked = { model, max_tokens: 500, messages: asks(prompt), stream: true as const };
      const stream = await anthropic.messages.create(asked);
      for await (const event of stream)
        if (event.type === "content_block_delta" && event.delta.type === "text_delta")
          each(event.delta.text, () => stream.controller.abort());
    },
    errors: {
      400: Anthropic.BadRequestError,
      429: Anthropic.RateLimitError,
      overloaded: Anthropic.InternalServerError,
    },
  },
};
const cases = Object.keys(apis).flatMap((api) => targets.map((target) => ({ api, target })));

describe.each(cases)("$api, answered by $target", ({ api, target }) => {
  const { whole, streamed, errors } = apis[api]!;
  const model = `to-${target}`;

  test("refusals become the client's errors", async () => {
    for (const [kind, status] of [
      [400, 400],
      [429, 429],
      ["overloaded", overloaded[target]],
    ] as const) {
      wires.play((call) => refuse(call, status, "not today"));
      await expect(whole(model, "Hello")).rejects.toBeInstanceOf(errors[kind]);
      await expect(streamed(model, "Hello", () => {})).rejects.toBeInstanceOf(errors[kind]);
    }
  });

  test("a stream that breaks is raised after the words that came", async () => {
    wires.play((call) => breakOff(call, "Half a sentence"));
    let text = "";
    const read = streamed(model, "Hello", (piece) => {
      text += piece;
    });
    await expect(read).rejects.toThrow();
    expect(text).toBe("Half a se");
  });

  test("a client that leaves in mid-stream closes the upstream's connection", async () => {
    wires.play((call) => stall(call, "Half a sentence"));
    await streamed(model, "Hello", (_piece, leave) => leave());
    expect(await wires.calls()[0]!.left).toBe(true);
  });
});

describe.each(targets)("tools, schemas and usage, answered by %s", (target: TargetName) => {
  const model = `to-${target}`;

  test("openai, chat", async () => {
    playWeather();
    const runner = openai.chat.completions.runTools({
      ...{ model, messages: asks(question), stream: true as const },
      stream_options: { include_usage: true },
      tools: [
        {
          type: "function",
          function: {
            ...described,
            parameters: { ...cityArguments, required: ["city"] },
            function: (text: string) => `rain in ${(JSON.parse(text) as { city: string }).city}`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("Rain in both.");
    expect(await runner.totalUsage()).toMatchObject({
      prompt_tokens: 2 * told.input,
      completion_tokens: 2 * told.output,
    });
    expect(wires.calls().at(-1)?.text).toMatch(/rain in Oslo[\s\S]*rain in Rome/);
    wires.play(null);
    const { choices } = await openai.chat.completions.parse({
      ...{ model, messages: asks("How warm is it?") },
      response_format: {
        type: "json_schema",
        json_schema: { name: "city", schema: citySchema, strict: true },
      },
    });
    expect(choices[0]?.message.parsed).toEqual({ city: "stand-in city", degrees: 1 });
  });

  test("openai, responses", async () => {
    playWeather();
    const tools = [
      { type: "function" as const, ...described, parameters: { ...cityArguments }, strict: true },
    ];
    const first = await openai.responses.stream({ model, input: question, tools }).finalResponse();
    const calls = first.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([
      { city: "Oslo" },
      { city: "Rome" },
    ]);
    const input: ResponseInputItem[] = [
      ...asks(question),
      ...(first.output as ResponseInputItem[]),
      ...calls.map(({ call_id }) => ({
        ...{ type: "function_call_output" as const, call_id, output: "rain" },
      })),
    ];
    const second = await openai.responses.create({ model, input, tools });
    expect(second.output_text).toBe("Rain in both.");
    for (const { usage } of [first, second])
      expect(usage).toMatchObject({
        input_tokens: told.input,
        input_tokens_details: { cached_tokens: told.cached },
        output_tokens: told.output,
      });
    wires.play(null);
    const parsed = await openai.responses.parse({
      ...{ model, input: "How warm is it?" },
      text: { format: { type: "json_schema", name: "city", schema: citySchema, strict: true } },
    });
    expect(parsed.output_parsed).toEqual({ city: "stand-in city", degrees: 1 });
  });

  test("@anthropic-ai/sdk", async () => {
    playWeather();
    const tools: Anthropic.Tool[] = [
      { ...described, input_schema: cityArguments as unknown as Anthropic.Tool.InputSchema },
    ];
    const asked = { model, max_tokens: 500, tools };
    const first = await anthropic.messages
      .stream({ ...asked, messages: asks(question) })
      .finalMessage();
    const uses = first.content.filter((block) => block.type === "tool_use");
    expect(uses.map(({ input }) => input)).toEqual([{ city: "Oslo" }, { city: "Rome" }]);
    const second = await anthropic.messages.create({
      ...asked,
      messages: [
        ...asks(question),
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: uses.map(({ id }) => ({
            type: "tool_result",
            tool_use_id: id,
            content: "rain",
          })),
        },
      ],
    });
    expect(second.content).toMatchObject([{ type: "text", text: "Rain in both." }]);
    for (const { usage } of [first, second])
      expect(usage).toMatchObject({
        input_tokens: told.input - told.cached,
        cache_read_input_tokens: told.cached,
        output_tokens: told.output,
      });
    wires.play(null);
    const parsed = await anthropic.messages.parse({
      ...{ model, max_tokens: 500, messages: asks("How warm is it?") },
      output_config: { format: { type: "json_schema", schema: citySchema } },
    });
    expect(parsed.content).toMatchObject([{ type: "text" }]);
    const [block] = parsed.content;
    expect(JSON.parse(block?.type === "text" ? block.text : "")).toEqual({
      city: "stand-in city",
      degrees: 1,
    });
  });
});
