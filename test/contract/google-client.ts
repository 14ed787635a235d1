import {
  type GenerateContentParameters,
  GoogleGenAI,
  type Part,
  ThinkingLevel,
} from "@google/genai";
import type { Ask, Got, Question } from "./clients.ts";
import { image, schema, tools } from "./questions.ts";

/** Google's own client of a gateway. */
export function googleClient(gateway: string): Ask {
  const { models } = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: gateway } });
  return async (question, streamed) => {
    const asked = parametersOf(question);
    if (!streamed) return gotOf([await models.generateContent(asked)]);
    const chunks: Chunk[] = [];
    for await (const chunk of await models.generateContentStream(asked)) chunks.push(chunk);
    return gotOf(chunks);
  };
}

/** The body that the client sends, for one that has no library. */
export function generateBody(question: Question): object {
  const { contents, config = {} } = parametersOf(question);
  const { tools: declared, ...generationConfig } = config;
  return { contents, generationConfig, ...(declared === undefined ? {} : { tools: declared }) };
}

function parametersOf(question: Question): GenerateContentParameters {
  const { model, prompt, before, maxTokens = 2_000 } = question;
  const parts: Part[] = [{ text: prompt }];
  if (question.image === true) parts.push({ inlineData: { mimeType: "image/png", data: image } });
  const functionDeclarations = tools.map(({ parameters, ...tool }) => ({
    ...tool,
    parametersJsonSchema: parameters,
  }));
  return {
    model,
    contents: [
      { role: "user", parts },
      ...(before === undefined
        ? []
        : [
            { role: "model", parts: before.turn as Part[] },
            {
              role: "user",
              parts: (before.turn as Part[]).flatMap(({ functionCall: call }) =>
                call === undefined
                  ? []
                  : [
                      {
                        functionResponse: {
                          ...(call.id === undefined ? {} : { id: call.id }),
                          name: call.name ?? "",
                          response: { output: "rain" },
                        },
                      },
                    ],
              ),
            },
          ]),
    ],
    config: {
      maxOutputTokens: maxTokens,
      ...(question.tools === true ? { tools: [{ functionDeclarations }] } : {}),
      ...(question.schema === true
        ? { responseMimeType: "application/json", responseJsonSchema: schema }
        : {}),
      ...(question.thinks === true
        ? { thinkingConfig: { thinkingLevel: ThinkingLevel.MEDIUM, includeThoughts: true } }
        : {}),
    },
  };
}

interface Chunk {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly Part[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly thoughtsTokenCount?: number;
    readonly cachedContentTokenCount?: number;
  };
}

function gotOf(chunks: readonly Chunk[]): Got {
  const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const calls = parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []));
  const texts = (thought: boolean): string =>
    parts.map((part) => ((part.thought === true) === thought ? (part.text ?? "") : "")).join("");
  const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata;
  const reason = chunks.at(-1)?.candidates?.[0]?.finishReason;
  const finish = reason === "MAX_TOKENS" ? "length" : "stop";
  const thoughts = usage?.thoughtsTokenCount ?? 0;
  return {
    text: texts(false),
    thoughts: texts(true),
    calls: calls.map(({ id, name, args }) => ({
      id: id ?? name ?? "",
      name: name ?? "",
      args,
    })),
    // On this wire an answer of calls stops like any other.
    finish: calls.length > 0 && reason === "STOP" ? "calls" : finish,
    usage: {
      input: usage?.promptTokenCount ?? -1,
      output: (usage?.candidatesTokenCount ?? -1) + thoughts,
      cached: usage?.cachedContentTokenCount ?? 0,
      reasoning: thoughts,
    },
    turn: parts,
  };
}
