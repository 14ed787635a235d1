import { asJson, asList, type Json } from "./wire.ts";

const requestFields = new Set([
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "safetySettings",
  "generationConfig",
  "cachedContent",
  "serviceTier",
  "labels",
  "store",
  "continuationToken",
]);
const configFields = new Set([
  "temperature",
  "topP",
  "topK",
  "candidateCount",
  "maxOutputTokens",
  "stopSequences",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "responseLogprobs",
  "logprobs",
  "responseModalities",
  "thinkingConfig",
  "mediaResolution",
  "speechConfig",
  "imageConfig",
]);
/** What a part may hold one of. */
const partData = new Set([
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
]);
const partMarks = new Set(["thought", "thoughtSignature", "videoMetadata", "mediaResolution"]);

/** Whether a model is of the third generation or later: it signs its calls, and wants them back signed. */
export function isThirdGeneration(model: string): boolean {
  return /^(?:models\/)?gemini-(?!(?:1|2|pro)(?:[.-]|$))/.test(model);
}

/** Why the provider would refuse a body: its own rules, as far as a gateway is likely to break them; null when it would take it. */
export function geminiProblem(body: Json, model: string): string | null {
  return (
    unknownName(body, requestFields, "") ??
    unknownName(asJson(body["generationConfig"]), configFields, " at 'generation_config'") ??
    contentsProblem(asList(body["contents"]).map(asJson), model) ??
    configProblem(asJson(body["generationConfig"]), model) ??
    toolsProblem(body)
  );
}

function unknownName(value: Json, known: ReadonlySet<string>, place: string): string | null {
  const name = Object.keys(value).find((one) => !known.has(one));
  if (name === undefined) return null;
  return `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
}

function contentsProblem(contents: readonly Json[], model: string): string | null {
  if (contents.length === 0) return "* GenerateContentRequest.contents: contents is not specified";
  for (const [at, content] of contents.entries()) {
    if (content["role"] !== "user" && content["role"] !== "model")
      return "Please use a valid role: user, model.";
    const parts = asList(content["parts"]).map(asJson);
    const place = `* GenerateContentRequest.contents[${at}].parts`;
    if (parts.length === 0) return `${place}: contents.parts must not be empty.`;
    const problem =
      partsProblem(parts, place) ??
      pairProblem(parts, asList(contents[at - 1]?.["parts"]).map(asJson)) ??
      signatureProblem(parts, model);
    if (problem !== null) return problem;
    if (content["role"] === "user" && has(parts, "functionCall"))
      return "Please ensure that function call turn comes from the model.";
  }
  return has(asList(contents.at(-1)?.["parts"]).map(asJson), "functionCall")
    ? "Please ensure that a function call turn is answered by a function response turn."
    : null;
}

function has(parts: readonly Json[], name: string): boolean {
  return parts.some((part) => part[name] !== undefined);
}

function partsProblem(parts: readonly Json[], place: string): string | null {
  for (const [at, part] of parts.entries()) {
    const names = Object.keys(part);
    const unknown = names.find((name) => !partData.has(name) && !partMarks.has(name));
    if (unknown !== undefined)
      return `Invalid JSON payload received. Unknown name "${unknown}" at 'contents.parts[${at}]': Cannot find field.`;
    const data = names.filter((name) => partData.has(name));
    if (data.length !== 1 || (part["text"] === "" && part["thoughtSignature"] === undefined))
      return `${place}[${at}].data: required oneof field 'data' must have one initialized field`;
  }
  return null;
}

/** Each call is answered in the very next turn, each answer stands behind its call, under its name. */
function pairProblem(parts: readonly Json[], before: readonly Json[]): string | null {
  const names = (list: readonly Json[], kind: string): readonly string[] =>
    list.flatMap((part) => (part[kind] === undefined ? [] : [String(asJson(part[kind])["name"])]));
  const calls = names(before, "functionCall").toSorted();
  const responses = names(parts, "functionResponse").toSorted();
  if (responses.length > 0 && calls.length === 0)
    return "Please ensure that function response turn comes immediately after a function call turn.";
  if (calls.length !== responses.length)
    return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
  return calls.join() === responses.join()
    ? null
    : "Please ensure that each function response bears the name of its function call.";
}

function signatureProblem(parts: readonly Json[], model: string): string | null {
  const call = parts.find((part) => part["functionCall"] !== undefined);
  if (call === undefined || !isThirdGeneration(model)) return null;
  const signature = call["thoughtSignature"];
  if (typeof signature === "string" && /^[\w+/-]+={0,2}$/.test(signature)) return null;
  return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly: function call \`default_api:${asJson(call["functionCall"])["name"]}\`.`;
}

function configProblem(config: Json, model: string): string | null {
  const thinking = asJson(config["thinkingConfig"]);
  if (asList(config["stopSequences"]).length > 5)
    return "The number of stop sequences must not exceed 5.";
  if (thinking["thinkingBudget"] !== undefined && thinking["thinkingLevel"] !== undefined)
    return "You can only set only one of thinking budget and thinking level.";
  if (thinking["thinkingBudget"] !== undefined && /^gemini-4/.test(model))
    return "Thinking budget is not supported for this model.";
  if (thinking["thinkingLevel"] !== undefined && !isThirdGeneration(model))
    return "Thinking level is not supported for this model.";
  const penalised = config["presencePenalty"] ?? config["frequencyPenalty"];
  if (penalised !== undefined && /^gemini-2\.5/.test(model))
    return `Penalty is not enabled for models/${model}`;
  if (config["responseJsonSchema"] !== undefined && config["responseSchema"] !== undefined)
    return "Only one of response_schema and response_json_schema may be set.";
  const schema = config["responseJsonSchema"] ?? config["responseSchema"];
  return schema !== undefined && config["responseMimeType"] !== "application/json"
    ? "response_mime_type must be application/json when a response schema is set."
    : null;
}

function toolsProblem(body: Json): string | null {
  const declared = asList(body["tools"])
    .flatMap((tool) => asList(asJson(tool)["functionDeclarations"]))
    .map(asJson);
  for (const [at, { name, parameters, parametersJsonSchema }] of declared.entries()) {
    if (!/^[A-Za-z_][\w.:-]{0,127}$/.test(String(name)))
      return `* GenerateContentRequest.tools[0].function_declarations[${at}].name: Invalid function name. Must start with a letter or an underscore.`;
    if (parameters !== undefined && parametersJsonSchema !== undefined)
      return "parameters and parameters_json_schema are mutually exclusive.";
  }
  const { mode, allowedFunctionNames } = asJson(
    asJson(body["toolConfig"])["functionCallingConfig"],
  );
  const allowed = asList(allowedFunctionNames);
  if (allowed.length > 0 && mode !== "ANY" && mode !== "VALIDATED")
    return "Please set allowed_function_names only when function calling mode is ANY.";
  const unknown = allowed.find((name) => !declared.some((one) => one["name"] === name));
  return unknown === undefined
    ? null
    : `allowed_function_names holds ${String(unknown)}, which no function declaration names.`;
}
