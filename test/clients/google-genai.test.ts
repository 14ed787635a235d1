import { ApiError, type Content, FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
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
let client: GoogleGenAI;
beforeAll(async () => {
  wires = await openThreeWires();
  client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: wires.url } });
});
afterAll(async () => {
  await wires[Symbol.asyncDispose]();
});

const asks = (text: string): Content => ({ role: "user", parts: [{ text }] });
const tools = [
  {
    functionDeclarations: [
      {
        name: "get_weather",
        description: "The weather of a city",
        parametersJsonSchema: cityArguments,
      },
    ],
  },
];

describe.skipIf(withoutGemini).each(targets)(`@google/genai, answered by %s`, (target) => {
  const model = `to-${target}`;

  test("text, whole and streamed, with what it used", async () => {
    wires.play((call) => say(call, { text: "It rains in Oslo." }));
    const asked = { model, contents: "Hello", config: { systemInstruction: "Be brief." } };
    const whole = await client.models.generateContent(asked);
    expect(whole.text).toBe("It rains in Oslo.");
    expect(whole.candidates?.[0]?.finishReason).toBe("STOP");
    let text = "";
    let usage = whole.usageMetadata;
    for await (const chunk of await client.models.generateContentStream(asked)) {
      text += chunk.text ?? "";
      usage = chunk.usageMetadata ?? usage;
    }
    expect(text).toBe("It rains in Oslo.");
    for (const used of [whole.usageMetadata, usage]) {
      expect(used).toMatchObject({
        promptTokenCount: told.input,
        cachedContentTokenCount: told.cached,
        totalTokenCount: told.input + told.output,
      });
      expect((used?.candidatesTokenCount ?? 0) + (used?.thoughtsTokenCount ?? 0)).toBe(told.output);
    }
    expect(wires.calls().every(({ text: body }) => body.includes("Be brief."))).toBe(true);
  });

  test("tools, two of them called at once, and their results", async () => {
    wires.play((call) =>
      say(
        call,
        bringsResults(call)
          ? { text: "Rain in both." }
          : { calls: ["Oslo", "Rome"].map((city) => ({ name: "get_weather", args: { city } })) },
      ),
    );
    const config = {
      tools,
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
    };
    const question = asks("What is the weather in Oslo and Rome?");
    const first = await client.models.generateContent({ model, contents: [question], config });
    expect(first.functionCalls?.map(({ name, args }) => [name, args])).toEqual([
      ["get_weather", { city: "Oslo" }],
      ["get_weather", { city: "Rome" }],
    ]);
    const results = first.functionCalls!.map(({ id, name = "", args }) => ({
      functionResponse: {
        ...(id === undefined ? {} : { id }),
        name,
        response: { output: `rain in ${args?.["city"]}` },
      },
    }));
    const contents = [question, first.candidates![0]!.content!, { role: "user", parts: results }];
    const second = await client.models.generateContent({ model, contents, config });
    expect(second.text).toBe("Rain in both.");
    const { text } = wires.calls().at(-1)!;
    expect(text).toContain("rain in Oslo");
    expect(text).toContain("rain in Rome");
  });

  test("an object of a schema", async () => {
    wires.play(null);
    const { text } = await client.models.generateContent({
      model,
      contents: "How warm is it?",
      config: { responseMimeType: "application/json", responseJsonSchema: citySchema },
    });
    expect(JSON.parse(text ?? "")).toEqual({ city: "stand-in city", degrees: 1 });
  });

  test("what the model thought, where it is asked for", async () => {
    wires.play((call) => say(call, { thought: "Oslo, so rain.", text: "Rain." }));
    const { candidates } = await client.models.generateContent({
      model,
      contents: "Weather?",
      config: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } },
    });
    const parts = candidates?.[0]?.content?.parts ?? [];
    expect(parts.find(({ thought }) => thought === true)?.text).toBe("Oslo, so rain.");
    expect(parts.findLast(({ text }) => text !== "" && text !== undefined)?.text).toBe("Rain.");
  });

  test("refusals become the client's errors", async () => {
    for (const [upstream, status] of [
      [429, 429],
      [overloaded[target], 503],
      [400, 400],
    ]) {
      wires.play((call) => refuse(call, upstream!, "not today"));
      const error: unknown = await client.models
        .generateContent({ model, contents: "Hello" })
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status });
    }
  });

  test("a stream that breaks is raised after the words that came", async () => {
    wires.play((call) => breakOff(call, "Half a sentence"));
    let text = "";
    let finish: string | undefined;
    const read = async (): Promise<void> => {
      for await (const chunk of await client.models.generateContentStream({
        model,
        contents: "Hello",
      })) {
        text += chunk.text ?? "";
        finish = chunk.candidates?.[0]?.finishReason ?? finish;
      }
    };
    await expect(read()).rejects.toThrow();
    expect(text).toBe("Half a se");
    expect(finish).toBeUndefined();
  });

  test("a client that leaves in mid-stream closes the upstream's connection", async () => {
    wires.play((call) => stall(call, "Half a sentence"));
    const leaving = new AbortController();
    const read = async (): Promise<void> => {
      for await (const chunk of await client.models.generateContentStream({
        model,
        contents: "Hello",
        config: { abortSignal: leaving.signal },
      }))
        if (chunk.text !== undefined) leaving.abort();
    };
    await expect(read()).rejects.toThrow();
    expect(await wires.calls()[0]!.left).toBe(true);
  });
});
