import {
  type Conversation,
  type Fields,
  noReasoningWish,
  type OutputFormat,
  type ReasoningWish,
  type Sampling,
  type Tool,
  type ToolChoice,
} from "../../protocol/conversation.ts";
import { isFields, numberOf, textOf } from "../fields.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { turnsOf } from "./to-turns.ts";

/** Fields that the conversation has a place for; all others stay in `foreign`. */
const known: ReadonlySet<string> = new Set([
  "contents",
  "generationConfig",
  "model",
  "serviceTier",
  "systemInstruction",
  "toolConfig",
  "tools",
]);
const knownConfig: ReadonlySet<string> = new Set([
  "candidateCount",
  "frequencyPenalty",
  "logprobs",
  "maxOutputTokens",
  "presencePenalty",
  "responseJsonSchema",
  "responseLogprobs",
  "responseMimeType",
  "responseSchema",
  "seed",
  "stopSequences",
  "temperature",
  "thinkingConfig",
  "topK",
  "topP",
]);

/** What a body alone does not tell: the API has it in the path. */
export interface AskedFor {
  readonly model: string;
  readonly stream: boolean;
}

/** The conversation that a checked body in its canonical spelling holds. */
export function toConversation(body: Fields, { model, stream }: AskedFor): Conversation {
  const config = isFields(body["generationConfig"]) ? body["generationConfig"] : {};
  const { stopSequences: stops } = config;
  return {
    model,
    turns: turnsOf(body),
    tools: toolsOf(body["tools"]),
    toolChoice: choiceOf(body["toolConfig"]),
    parallelCalls: null,
    format: formatOf(config),
    verbosity: null,
    reasoning: wishOf(config["thinkingConfig"]),
    sampling: samplingOf(config),
    maxTokens: numberOf(config["maxOutputTokens"]),
    stops: Array.isArray(stops) ? stops.map(String) : [],
    choices: numberOf(config["candidateCount"]) ?? 1,
    user: null,
    metadata: null,
    tier: tierOf(body["serviceTier"]),
    cacheKey: null,
    cache: null,
    prediction: null,
    stream,
    foreign: foreignOf(body, config),
  };
}

function toolsOf(tools: unknown): readonly Tool[] {
  if (!Array.isArray(tools)) return [];
  return (tools as readonly unknown[]).filter(isFields).flatMap((tool, at) =>
    Object.entries(tool).flatMap(([type, value]): readonly Tool[] => {
      const path = `tools[${at}].${type}`;
      if (value === null) return [];
      if (type === "functionDeclarations" && Array.isArray(value))
        return value.filter(isFields).map((one, index) => functionOf(one, `${path}[${index}]`));
      // A name that the client made up must not stand in a header.
      const place = /^\w{1,64}$/.test(type) ? path : `tools[${at}]`;
      const own = { path: place, dialect: "generate", type, value: { [type]: value } } as const;
      return [{ kind: "foreign", ...own }];
    }),
  );
}

function functionOf(declared: Fields, path: string): Tool {
  const { name, description, parameters, parametersJsonSchema, ...rest } = declared;
  const schema = isFields(parameters) ? jsonSchemaOf(parameters) : null;
  return {
    kind: "function",
    path,
    name: String(name),
    description: textOf(description),
    parameters: isFields(parametersJsonSchema) ? parametersJsonSchema : schema,
    strict: null,
    ...(Object.keys(rest).length === 0 ? {} : { foreign: rest }),
  };
}

function choiceOf(config: unknown): ToolChoice | null {
  const calling = isFields(config) ? config["functionCallingConfig"] : null;
  if (!isFields(calling)) return null;
  const { mode, allowedFunctionNames: allowed } = calling;
  const names = Array.isArray(allowed) ? allowed.map(String) : [];
  const [name] = names;
  switch (String(mode).toUpperCase()) {
    case "NONE":
      return { kind: "none" };
    case "ANY":
      if (name === undefined) return { kind: "required" };
      return names.length === 1
        ? { kind: "named", name, custom: false }
        : { kind: "allowed", mustCall: true, names };
    case "AUTO":
    case "VALIDATED":
      return names.length === 0 ? { kind: "auto" } : { kind: "allowed", mustCall: false, names };
    default:
      return null;
  }
}

function formatOf(config: Fields): OutputFormat {
  const { responseJsonSchema: json, responseSchema: own, responseMimeType: type } = config;
  if (isOtherType(type)) return { kind: "text" };
  const converted = isFields(own) ? jsonSchemaOf(own) : null;
  const schema = isFields(json) ? json : converted;
  if (schema !== null) {
    const name = /^[\w-]{1,64}$/.exec(textOf(schema["title"]) ?? "")?.[0] ?? null;
    return { kind: "schema", name, description: null, schema, strict: null };
  }
  return { kind: type === "application/json" ? "object" : "text" };
}

/** Whether an answer of a type is asked for that other wires have no word for. */
function isOtherType(type: unknown): boolean {
  return typeof type === "string" && !/^(?:|text\/plain|application\/json)$/.test(type);
}

/** A budget of 0 is off, one of -1 leaves it to the model. */
function wishOf(config: unknown): ReasoningWish {
  if (!isFields(config)) return noReasoningWish;
  const { thinkingLevel: level, thinkingBudget: budget, includeThoughts: shown } = config;
  const tokens = numberOf(budget);
  const effort = textOf(level)?.toLowerCase() ?? null;
  return {
    effort: effort === "thinking_level_unspecified" ? null : effort,
    budgetTokens: tokens !== null && tokens > 0 ? tokens : null,
    enabled: tokens === null ? null : tokens !== 0,
    summary: typeof shown === "boolean" ? (summaries.get(shown) ?? null) : null,
  };
}

const summaries: ReadonlyMap<boolean, string> = new Map([
  [true, "auto"],
  [false, "omitted"],
]);

function samplingOf(config: Fields): Sampling {
  const likely = config["responseLogprobs"] === true ? (numberOf(config["logprobs"]) ?? 0) : null;
  return {
    temperature: numberOf(config["temperature"]),
    topP: numberOf(config["topP"]),
    topK: numberOf(config["topK"]),
    minP: null,
    presencePenalty: numberOf(config["presencePenalty"]),
    frequencyPenalty: numberOf(config["frequencyPenalty"]),
    seed: numberOf(config["seed"]),
    logitBias: null,
    topLogprobs: likely,
  };
}

/** `standard` is what OpenAI calls `default`. */
function tierOf(tier: unknown): string | null {
  const word = textOf(tier)?.toLowerCase() ?? null;
  if (word === "unspecified") return null;
  return word === "standard" ? "default" : word;
}

/** Settings of this wire alone, by name; those of `generationConfig` stand beside the others. */
function foreignOf(body: Fields, config: Fields): Fields {
  const { functionCallingConfig: _choice, ...toolConfig } = isFields(body["toolConfig"])
    ? body["toolConfig"]
    : {};
  const entries = [
    ...Object.entries(body).filter(([name]) => !known.has(name)),
    ...(Object.keys(toolConfig).length === 0 ? [] : [["toolConfig", toolConfig] as const]),
    ...Object.entries(config).filter(
      ([name, value]) =>
        !knownConfig.has(name) || (name === "responseMimeType" && isOtherType(value)),
    ),
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}
