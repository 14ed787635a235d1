import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bringsResults,
  cityArguments,
  citySchema,
  openThreeWires,
  type ThreeWires,
  targets,
  withoutGemini,
} from "./three-wires.ts";
import { breakOff, overloaded, refuse, say, stall, told } from "./upstream-answers.ts";

let wires: ThreeWires;
beforeAll(async () => {
  wires = await openThreeWires();
});
afterAll(async () => {
  await wires[Symbol.asyncDispose]();
});

/** Each provider package of the AI SDK, by the API that it asks. */
const providers: Readonly<Record<string, (url: string, model: string) => LanguageModel>> = {
  "@ai-sdk/openai, chat": (url, model) =>
    createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).chat(model),
  "@ai-sdk/openai, responses": (url, model) =>
    createOpenAI({ baseURL: `${url}/v1`, apiKey: "none" }).responses(model),
  "@ai-sdk/openai-compatible": (url, model) =>
    createOpenAICompatible({
      name: "signalbox",
      baseURL: `${url}/v1`,
      apiKey: "none",
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
  "@ai-sdk/anthropic": (url, model) =>
    createAnthropic({ baseURL: `${url}/v1`, apiKey: "none" })(model),
  "@ai-sdk/google": (url, model) =>
    createGoogle({ baseURL: `${url}/v1beta`, apiKey: "none" })(model),
};
const isMissing = (provider: string): boolean => withoutGemini && provider === "@ai-sdk/google";
const cases = Object.keys(providers).flatMap((provider) =>
  targets.map((target) => ({ provider, target })),
);
const modelOf = ({ provider, target }: (typeof cases)[number]): LanguageModel =>
  providers[provider]!(wires.url, `to-${target}`);

/** Without it the Responses client names what it was answered by id, and leaves it to the server to remember. */
const sendsAll = { openai: { store: false } } as const;

const weather = {
  get_weather: tool({
    description: "The weather of a city",
    inputSchema: jsonSchema<{ city: string }>(cityArguments),
    execute: async ({ city }) => ({ city, weather: "rain" }),
  }),
};

for (const at of cases)
  describe.skipIf(isMissing(at.provider))(`${at.provider}, answered by ${at.target}`, () => {
    test("text, whole and streamed, with what it used", async () => {
      wires.play((call) => say(call, { text: "It rains in Oslo." }));
      const asked = { model: modelOf(at), system: "Be brief.", prompt: "Hello", maxRetries: 0 };
      const whole = await generateText(asked);
      expect(whole.text).toBe("It rains in Oslo.");
      expect(whole.finishReason).toBe("stop");
      expect(whole.response.headers?.["x-signalbox-target"]).toBe(at.target);
      const streamed = streamText(asked);
      let pieces = 0;
      let text = "";
      for await (const piece of streamed.textStream) {
        pieces++;
        text += piece;
      }
      expect(text).toBe("It rains in Oslo.");
      expect(pieces).toBeGreaterThan(1);
      expect(await streamed.finishReason).toBe("stop");
      for (const usage of [whole.usage, await streamed.usage])
        expect(usage).toMatchObject({
          inputTokens: told.input,
          outputTokens: told.output,
          inputTokenDetails: { cacheReadTokens: told.cached },
        });
      expect(wires.calls().every(({ text: body }) => body.includes("Be brief."))).toBe(true);
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
      const asked = {
        model: modelOf(at),
        prompt: "What is the weather in Oslo and Rome?",
        tools: weather,
        stopWhen: stepCountIs(3),
        providerOptions: sendsAll,
        maxRetries: 0,
      };
      const whole = await generateText(asked);
      const streamed = streamText(asked);
      await streamed.consumeStream();
      for (const steps of [whole.steps, await streamed.steps]) {
        expect(steps.map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
        expect(steps[0]!.text).toBe("I look.");
        expect(steps[0]!.toolCalls.map(({ input }) => input)).toEqual([
          { city: "Oslo" },
          { city: "Rome" },
        ]);
        expect(new Set(steps[0]!.toolCalls.map(({ toolCallId }) => toolCallId)).size).toBe(2);
        expect(steps[1]!.text).toBe("Rain in both.");
      }
      expect(wires.calls()).toHaveLength(4);
      const [, second] = wires.calls();
      expect(second!.text.split("Rome").length).toBeGreaterThan(2);
    });

    test("an object of a schema, whole and streamed", async () => {
      wires.play(null);
      const output = Output.object({
        schema: jsonSchema<{ city: string; degrees: number }>(citySchema),
      });
      const asked = { model: modelOf(at), prompt: "How warm is it?", output, maxRetries: 0 };
      const { output: whole } = await generateText(asked);
      expect(whole).toEqual({ city: "stand-in city", degrees: 1 });
      const streamed = streamText(asked);
      await streamed.consumeStream();
      expect(await streamed.output).toEqual(whole);
    });

    test("refusals become errors that say whether to ask again", async () => {
      for (const { upstream, status, retryable } of [
        { upstream: 429, status: 429, retryable: true },
        { upstream: overloaded[at.target], status: 503, retryable: true },
        { upstream: 400, status: 400, retryable: false },
      ]) {
        wires.play((call) => refuse(call, upstream, "not today"));
        const error: unknown = await generateText({
          model: modelOf(at),
          prompt: "Hello",
          maxRetries: 0,
        }).catch((caught: unknown) => caught);
        expect(APICallError.isInstance(error)).toBe(true);
        expect(error).toMatchObject({ statusCode: status, isRetryable: retryable });
        if (upstream === 400) expect((error as Error).message).toContain("not today");
      }
    });

    test("a stream that breaks is raised after the words that came", async () => {
      wires.play((call) => breakOff(call, "Half a sentence"));
      const errors: unknown[] = [];
      const streamed = streamText({
        model: modelOf(at),
        prompt: "Hello",
        maxRetries: 0,
        onError: ({ error }) => {
          errors.push(error);
        },
      });
      let text = "";
      for await (const part of streamed.fullStream)
        if (part.type === "text-delta") text += part.text;
      expect(text).toBe("Half a se");
      expect(errors.length).toBeGreaterThan(0);
    });

    test("a client that leaves in mid-stream closes the upstream's connection", async () => {
      wires.play((call) => stall(call, "Half a sentence"));
      const leaving = new AbortController();
      const streamed = streamText({
        model: modelOf(at),
        prompt: "Hello",
        abortSignal: leaving.signal,
        maxRetries: 0,
        onError: () => {},
      });
      for await (const part of streamed.fullStream) if (part.type === "text-delta") leaving.abort();
      expect(await wires.calls()[0]!.left).toBe(true);
    });
  });

/** Reasoning, where a provider package has a place for it; the chat API has one for the text, and none for a signature. */
const showsReasoning = cases.filter(({ provider }) => provider !== "@ai-sdk/openai, chat");
const carriesSignatures = (provider: string): boolean => provider !== "@ai-sdk/openai-compatible";
const reasoningOptions = {
  openai: {
    ...sendsAll.openai,
    reasoningEffort: "low",
    reasoningSummary: "auto",
    forceReasoning: true,
  },
  anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } },
  google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } },
} as const;

for (const at of showsReasoning)
  test.skipIf(isMissing(at.provider))(
    `${at.provider} shows what ${at.target} thought, and sends it back`,
    async () => {
      wires.play((call) =>
        say(
          call,
          bringsResults(call)
            ? { text: "Rain." }
            : {
                thought: "Oslo, so rain.",
                calls: [{ name: "get_weather", args: { city: "Oslo" } }],
              },
        ),
      );
      const asked = {
        model: modelOf(at),
        prompt: "What is the weather in Oslo?",
        tools: weather,
        stopWhen: stepCountIs(3),
        providerOptions: reasoningOptions,
        maxRetries: 0,
      };
      const whole = await generateText(asked);
      const streamed = streamText(asked);
      await streamed.consumeStream();
      for (const steps of [whole.steps, await streamed.steps]) {
        expect(steps[0]!.reasoningText).toBe("Oslo, so rain.");
        expect(steps.at(-1)!.text).toBe("Rain.");
      }
      // A provider that signs its thoughts wants them back beside the calls that they led to.
      if (at.target === "m" && carriesSignatures(at.provider))
        for (const call of wires.calls().filter(bringsResults))
          expect(call.text).toContain('"signature":"c2lnbmVk"');
    },
  );

test("a client that relies on kept answers is told what to send instead", async () => {
  wires.play((call) =>
    say(call, { text: "I look.", calls: [{ name: "get_weather", args: { city: "Oslo" } }] }),
  );
  const error: unknown = await generateText({
    model: createOpenAI({ baseURL: `${wires.url}/v1`, apiKey: "none" }).responses("to-m"),
    prompt: "What is the weather in Oslo?",
    tools: weather,
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  }).catch((caught: unknown) => caught);
  expect(APICallError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ statusCode: 400 });
  expect((error as Error).message).toMatch(/item_reference.*store/);
});

test("many texts are embedded", async () => {
  wires.play(null);
  const { embeddings, usage } = await embedMany({
    model: createOpenAI({ baseURL: `${wires.url}/v1`, apiKey: "none" }).embedding("to-a"),
    values: ["one", "two"],
    maxRetries: 0,
  });
  expect(embeddings.map((vector) => vector.length)).toEqual([8, 8]);
  expect(usage.tokens).toBeGreaterThan(0);
});
