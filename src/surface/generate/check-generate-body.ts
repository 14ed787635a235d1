import { type ApiProblem, invalidRequest } from "../../protocol/api-error.ts";
import { mostChoices } from "../../protocol/chat-request.ts";
import type { Fields } from "../../protocol/conversation.ts";
import {
  type Check,
  flag,
  listOf,
  maybe,
  numberIn,
  object,
  oneOf,
  shape,
  text,
  unfit,
  wholeIn,
} from "../checks.ts";
import { isFields } from "../fields.ts";

const most = 2 ** 31 - 1;

const blob = shape({ mimeType: text, data: text });
const file = shape({ fileUri: text, mimeType: maybe(text) });

const functionResponse = shape({
  name: text,
  id: maybe(text),
  response: maybe(object),
  parts: maybe(listOf(shape({ inlineData: maybe(blob), fileData: maybe(file) }))),
});

const partFields = shape({
  text: maybe(text),
  thought: maybe(flag),
  thoughtSignature: maybe(text),
  inlineData: maybe(blob),
  fileData: maybe(file),
  functionCall: maybe(shape({ name: text, id: maybe(text), args: maybe(object) })),
  functionResponse: maybe(functionResponse),
});

/** What kinds a part knows beyond these is for the provider to say; one that holds nothing at all is refused. */
const part: Check = (value, path) =>
  isFields(value) && Object.values(value).every((field) => field === null || field === undefined)
    ? unfit(path, "a part that holds text, data, a call or the like", value, "invalid_value")
    : partFields(value, path);

const parts: Check = (value, path) =>
  Array.isArray(value) && value.length === 0
    ? invalidRequest(path, `'${path}' must hold at least one part`, "empty_array")
    : listOf(part)(value, path);

const content = shape({ role: maybe(oneOf("user", "model", "function")), parts });

const declaration = shape({
  name: text,
  description: maybe(text),
  parameters: maybe(object),
  parametersJsonSchema: maybe(object),
});

const thinkingConfig = shape({
  includeThoughts: maybe(flag),
  thinkingBudget: maybe(wholeIn(-1, most)),
  thinkingLevel: maybe(text),
});

const generationConfig = shape({
  temperature: maybe(numberIn(0, 2)),
  topP: maybe(numberIn(0, 1)),
  topK: maybe(numberIn(0, most)),
  candidateCount: maybe(wholeIn(1, mostChoices)),
  maxOutputTokens: maybe(wholeIn(1, most)),
  stopSequences: maybe(listOf(text)),
  presencePenalty: maybe(numberIn(-2, 2)),
  frequencyPenalty: maybe(numberIn(-2, 2)),
  seed: maybe(wholeIn(-(2 ** 31), most)),
  responseMimeType: maybe(text),
  responseSchema: maybe(object),
  responseJsonSchema: maybe(object),
  responseLogprobs: maybe(flag),
  logprobs: maybe(wholeIn(0, 100)),
  responseModalities: maybe(listOf(text)),
  thinkingConfig: maybe(thinkingConfig),
});

const settings = shape({
  systemInstruction: maybe(shape({ parts })),
  tools: maybe(listOf(shape({ functionDeclarations: maybe(listOf(declaration)) }))),
  toolConfig: maybe(
    shape({
      functionCallingConfig: maybe(
        shape({ mode: maybe(text), allowedFunctionNames: maybe(listOf(text)) }),
      ),
    }),
  ),
  generationConfig: maybe(generationConfig),
  safetySettings: maybe(listOf(object)),
  serviceTier: maybe(text),
  cachedContent: maybe(text),
  labels: maybe(object),
});

/**
 * The first field of a `generateContent` body in its canonical spelling that is not as the API has it, named as a problem; null
 * when all fit. Unknown fields pass.
 */
export function checkGenerateBody(body: Fields, maxContents: number): ApiProblem | null {
  return contents(body["contents"], maxContents) ?? settings(body, "");
}

function contents(value: unknown, most: number): ApiProblem | null {
  if (Array.isArray(value) && value.length === 0)
    return invalidRequest("contents", "'contents' must hold at least one content", "empty_array");
  if (Array.isArray(value) && value.length > most)
    return invalidRequest(
      "contents",
      `'contents' holds ${value.length} contents; at most ${most} are taken`,
      "array_above_max_length",
    );
  return listOf(content)(value, "contents");
}
