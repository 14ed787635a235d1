import { ChatAnthropic } from "@langchain/anthropic";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bringsResults,
  cityArguments,
  citySchema,
  openThreeWires,
  type ThreeWires,
  targets,
} from "./three-wires.ts";
import { breakOff, overloaded, refuse, say, stall, told } from "./upstream-answers.ts";

let wires: ThreeWires;
beforeAll(async () => {
  wires = await openThreeWires();
});
afterAll(async () => {
  await wires[Symbol.asyncDispose]();
});

/** LangChain's chat models, by the API that they ask. */
const models = {
  "ChatOpenAI, chat": (url: string, model: string) =>
    new ChatOpenAI({
      ...{ model, apiKey: "none", maxRetries: 0 },
      configuration: { baseURL: `${url}/v1` },
    }),
  "ChatOpenAI, responses": (url: string, model: string) =>
    new ChatOpenAI({
      ...{ model, apiKey: "none", maxRetries: 0, useResponsesApi: true, zdrEnabled: true },
      configuration: { baseURL: `${url}/v1` },
    }),
  ChatAnthropic: (url: string, model: string) =>
    new ChatAnthropic({
      ...{ model, apiKey: "none", maxRetries: 0, maxTokens: 500 },
      anthropicApiUrl: url,
    }),
} as const;
const names = Object.keys(models) as (keyof typeof models)[];
const cases = names.flatMap((name) => targets.map((target) => ({ name, target })));
const modelOf = ({ name, target }: (typeof cases)[number]): BaseChatModel =>
  models[name](wires.url, `to-${target}`);

const weather = tool(({ city }: { city: string }) => city, {
  name: "get_weather",
  description: "The weather of a city",
  schema: cityArguments,
});
const resultOf = ({ id, args }: ToolCall): ToolMessage =>
  new ToolMessage({ content: `rain in ${args["city"]}`, tool_call_id: id ?? "" });

const used = {
  input_tokens: told.input,
  output_tokens: told.output,
  total_tokens: told.input + told.output,
  input_token_details: { cache_read: told.cached },
};

/**
 * ChatAnthropic reads input from a stream's first event alone, which chat completions tell in the last, and adds output of both:
 * Anthropic's own first event counts one token.
 */
function usedInStream({ name, target }: (typeof cases)[number]): object {
  if (name !== "ChatAnthropic" || target === "g") return {};
  return target === "m"
    ? { output_tokens: told.output + 1, total_tokens: told.input + told.output + 1 }
    : { input_tokens: 0, total_tokens: told.output, input_token_details: { cache_read: 0 } };
}

/** Gathers a stream; the number of pieces beside it. */
async function gathered(
  stream: AsyncIterable<AIMessageChunk>,
): Promise<{ readonly whole: AIMessageChunk; readonly pieces: number }> {
  let whole = new AIMessageChunk({ content: "" });
  let pieces = 0;
  for await (const chunk of stream) {
    whole = whole.concat(chunk);
    pieces++;
  }
  return { whole, pieces };
}

describe.each(cases)("$name, answered by $target", (at) => {
  test("text, whole and streamed, with what it used", async () => {
    wires.play((call) => say(call, { text: "It rains in Oslo." }));
    const messages = [new SystemMessage("Be brief."), new HumanMessage("Hello")];
    const answer = await modelOf(at).invoke(messages);
    const { whole, pieces } = await gathered(await modelOf(at).stream(messages));
    expect(pieces).toBeGreaterThan(2);
    expect(answer.text).toBe("It rains in Oslo.");
    expect(whole.text).toBe("It rains in Oslo.");
    expect(answer.usage_metadata).toMatchObject(used);
    expect(whole.usage_metadata).toMatchObject({ ...used, ...usedInStream(at) });
    expect(wires.calls().every(({ text }) => text.includes("Be brief."))).toBe(true);
  });

  test("a loop of tools, two of them called at once", async () => {
    wires.play((call) =>
      say(
        call,
        bringsResults(call)
          ? { text: "Rain in both." }
          : {
              text: "I look.",
              calls: ["Oslo", "Rome"].map((city) => ({ name: "get_weather", args: { city } })),
            },
      ),
    );
    const model = modelOf(at).bindTools!([weather]);
    const messages: BaseMessage[] = [new HumanMessage("What is the weather in Oslo and Rome?")];
    const first = await model.invoke(messages);
    const { whole } = await gathered(await model.stream(messages));
    for (const message of [first, whole]) {
      expect(message.tool_calls).toMatchObject(
        ["Oslo", "Rome"].map((city) => ({ name: "get_weather", args: { city } })),
      );
      const results = message.tool_calls!.map(resultOf);
      const second = await model.invoke([...messages, message, ...results]);
      expect(second.text).toBe("Rain in both.");
      expect(second.tool_calls).toEqual([]);
      const { text } = wires.calls().at(-1)!;
      expect(text).toContain("rain in Oslo");
      expect(text).toContain("rain in Rome");
    }
  });

  test.each(["functionCalling", "jsonSchema"] as const)(
    "an object of a schema, by %s",
    async (method) => {
      wires.play(null);
      const model = modelOf(at).withStructuredOutput(citySchema, { name: "city", method });
      expect(await model.invoke("How warm is it?")).toEqual({ city: "stand-in city", degrees: 1 });
    },
  );

  test("refusals become the errors of the client's library", async () => {
    for (const [upstream, status] of [
      [429, 429],
      [overloaded[at.target], 503],
      [400, 400],
    ]) {
      wires.play((call) => refuse(call, upstream!, "not today"));
      const error: unknown = await modelOf(at)
        .invoke("Hello")
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ status });
      if (upstream === 400) expect((error as Error).message).toContain("not today");
    }
  });

  test("a stream that breaks is raised after the words that came", async () => {
    wires.play((call) => breakOff(call, "Half a sentence"));
    let text = "";
    const read = async (): Promise<void> => {
      for await (const chunk of await modelOf(at).stream("Hello")) text += chunk.text;
    };
    await expect(read()).rejects.toThrow();
    expect(text).toBe("Half a se");
  });

  test("a client that leaves in mid-stream closes the upstream's connection", async () => {
    wires.play((call) => stall(call, "Half a sentence"));
    const leaving = new AbortController();
    const read = async (): Promise<void> => {
      const stream = await modelOf(at).stream("Hello", { signal: leaving.signal });
      for await (const chunk of stream) if (chunk.text !== "") leaving.abort();
    };
    await expect(read()).rejects.toThrow();
    expect(await wires.calls()[0]!.left).toBe(true);
  });
});

test.each(targets)(
  "ChatAnthropic shows what %s thought, and sends it back signed",
  async (target) => {
    wires.play((call) =>
      say(
        call,
        bringsResults(call)
          ? { text: "Rain." }
          : { thought: "Oslo, so rain.", calls: [{ name: "get_weather", args: { city: "Oslo" } }] },
      ),
    );
    const model = new ChatAnthropic({
      ...{ model: `to-${target}`, apiKey: "none", maxRetries: 0, maxTokens: 2000 },
      anthropicApiUrl: wires.url,
      thinking: { type: "enabled", budget_tokens: 1024 },
    }).bindTools([weather]);
    const asked = new HumanMessage("What is the weather in Oslo?");
    const { whole } = await gathered(await model.stream([asked]));
    for (const message of [await model.invoke([asked]), whole]) {
      expect(message.contentBlocks).toContainEqual(
        expect.objectContaining({ type: "reasoning", reasoning: "Oslo, so rain." }),
      );
      const results = message.tool_calls!.map(resultOf);
      expect((await model.invoke([asked, message, ...results])).text).toBe("Rain.");
      const { text, body } = wires.calls().at(-1)!;
      if (target === "m") {
        expect(text).toContain('"signature":"c2lnbmVk"');
        expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 1024 });
      }
    }
  },
);

test("ChatOpenAI over Responses shows a summary of what m thought", async () => {
  wires.play((call) => say(call, { thought: "Oslo, so rain.", text: "Rain." }));
  const model = new ChatOpenAI({
    ...{ model: "o9-to-m", apiKey: "none", maxRetries: 0, useResponsesApi: true, zdrEnabled: true },
    configuration: { baseURL: `${wires.url}/v1` },
    reasoning: { effort: "low", summary: "auto" },
  });
  const answer = await model.invoke("Weather?");
  expect(answer.contentBlocks).toContainEqual(
    expect.objectContaining({ type: "reasoning", reasoning: "Oslo, so rain." }),
  );
});

test("texts are embedded", async () => {
  wires.play(null);
  const embeddings = new OpenAIEmbeddings({
    ...{ model: "to-a", apiKey: "none", maxRetries: 0 },
    configuration: { baseURL: `${wires.url}/v1` },
  });
  const vectors = await embeddings.embedDocuments(["one", "two"]);
  expect(vectors.map((vector) => vector.length)).toEqual([8, 8]);
});
