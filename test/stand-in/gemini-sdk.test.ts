import { ApiError, FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel } from "@google/genai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { instant, type StandInFailure, standInFailures } from "../../src/stand-in/speed.ts";

const schema = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 7 } },
  required: ["city", "days"],
};
const tools = [
  {
    functionDeclarations: [
      { name: "get_weather", description: "Weather of a city", parametersJsonSchema: schema },
    ],
  },
];
const forced = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } };
const model = "gemini-3.8-flash";

let standIn: StandIn;
let client: GoogleGenAI;
const clientWith = (apiKey: string) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: standIn.url } });

beforeAll(async () => {
  const models = Object.fromEntries(
    standInFailures.map((failure) => [
      failure,
      { ...instant, failureRate: 1, failures: [failure] },
    ]),
  );
  standIn = await startStandIn({ models, key: "g-test" });
  client = clientWith("g-test");
});

afterAll(() => standIn.close());

describe("the Google client against the stand-in", () => {
  test("gets a whole answer that says what it is", async () => {
    const answer = await client.models.generateContent({ model, contents: "Hello there" });
    expect(answer.text).toContain(`stand-in for ${model}`);
    expect(answer.candidates?.[0]?.finishReason).toBe("STOP");
    const { promptTokenCount = 0, candidatesTokenCount = 0 } = answer.usageMetadata ?? {};
    expect(candidatesTokenCount).toBeGreaterThan(10);
    expect(answer.usageMetadata?.totalTokenCount).toBe(promptTokenCount + candidatesTokenCount);
  });

  test("gets a stream whose last chunk finishes, signs and counts", async () => {
    const chunks = [];
    for await (const chunk of await client.models.generateContentStream({
      model,
      contents: "Hello there",
    }))
      chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.text ?? "").join("")).toContain(`stand-in for ${model}`);
    const last = chunks.at(-1);
    expect(last?.candidates?.[0]?.finishReason).toBe("STOP");
    expect(last?.candidates?.[0]?.content?.parts?.[0]?.thoughtSignature).toBeTruthy();
    expect(last?.usageMetadata?.candidatesTokenCount).toBe(chunks.length - 1);
  });

  test("gets a signed call, and goes on when it sends call and result back", async () => {
    const asked = { role: "user", parts: [{ text: "Weather in Rome?" }] };
    const config = { tools, toolConfig: forced };
    const first = await client.models.generateContent({ model, contents: [asked], config });
    expect(first.functionCalls).toMatchObject([
      { name: "get_weather", args: { city: "stand-in city", days: 1 } },
    ]);
    const said = first.candidates![0]!.content!;
    const response = { name: "get_weather", response: { output: "sunny" } };
    const answered = { role: "user", parts: [{ functionResponse: response }] };
    const contents = [asked, said, answered];
    const second = await client.models.generateContent({ model, contents, config: { tools } });
    expect(second.text).toContain("tool's result");
    const unsigned = {
      ...said,
      parts: said.parts!.map(({ functionCall }) => ({ functionCall: functionCall! })),
    };
    await expect(
      client.models.generateContent({ model, contents: [asked, unsigned, answered] }),
    ).rejects.toThrow("thought_signature");
  });

  test("gets thoughts when it asks for them", async () => {
    const answer = await client.models.generateContent({
      model,
      contents: "Hi",
      config: { thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } },
    });
    expect(answer.candidates?.[0]?.content?.parts?.[0]?.thought).toBe(true);
    expect(answer.usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0);
  });

  test("gets JSON that fits the schema", async () => {
    const answer = await client.models.generateContent({
      model,
      contents: "Hi",
      config: { responseMimeType: "application/json", responseJsonSchema: schema },
    });
    expect(JSON.parse(answer.text ?? "")).toEqual({ city: "stand-in city", days: 1 });
  });

  test("is cut at maxOutputTokens", async () => {
    const config = { maxOutputTokens: 3 };
    const answer = await client.models.generateContent({ model, contents: "Hi", config });
    expect(answer.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
    expect(answer.usageMetadata?.candidatesTokenCount).toBe(3);
  });

  test("gets the list of models", async () => {
    const names: (string | undefined)[] = [];
    for await (const one of await client.models.list()) names.push(one.name);
    expect(names).toEqual(standInFailures.map((failure) => `models/${failure}`));
  });

  test.each<[StandInFailure, number, string]>([
    ["rate_limited", 429, "RESOURCE_EXHAUSTED"],
    ["overloaded", 503, "UNAVAILABLE"],
    ["server_error", 500, "INTERNAL"],
    ["timeout", 504, "DEADLINE_EXCEEDED"],
    ["context_exceeded", 400, "input token count"],
    ["auth", 400, "API key not valid"],
    ["bad_request", 400, "INVALID_ARGUMENT"],
  ])("raises %s as %i", async (failure, status, word) => {
    const error: unknown = await client.models
      .generateContent({ model: failure, contents: "Hi" })
      .catch((raised: unknown) => raised);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, message: expect.stringContaining(word) });
  });

  test("sees a blocked prompt as an answer without candidates, streamed too", async () => {
    const ask = { model: "content_filtered", contents: "Hi" };
    const whole = await client.models.generateContent(ask);
    expect(whole.promptFeedback?.blockReason).toBe("PROHIBITED_CONTENT");
    expect(whole.candidates).toBeUndefined();
    for await (const chunk of await client.models.generateContentStream(ask))
      expect(chunk.promptFeedback?.blockReason).toBe("PROHIBITED_CONTENT");
  });

  test("sees a stream that is cut as one without a finish, or as an error", async () => {
    const finishes: unknown[] = [];
    const read = async (): Promise<void> => {
      const ask = { model: "cut_stream", contents: "Hi" };
      for await (const chunk of await client.models.generateContentStream(ask))
        finishes.push(chunk.candidates?.[0]?.finishReason);
    };
    await read().catch(() => undefined);
    expect(finishes.length).toBeGreaterThan(2);
    expect(new Set(finishes)).toEqual(new Set([undefined]));
  });

  test("is refused with a wrong key", async () => {
    const ask = { model, contents: "Hi" };
    await expect(clientWith("other").models.generateContent(ask)).rejects.toThrow("API key");
  });
});
