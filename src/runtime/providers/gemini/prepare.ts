import type { Target } from "../../../catalog/target.ts";
import type { Conversation, Fields, Part } from "../../../protocol/conversation.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, tellDetail, tellReasoning, tellSetting } from "../carrier.ts";
import { overrideConversation } from "../override-conversation.ts";
import type { ThinkingRoom } from "../thinking-budget.ts";
import { toContents } from "./contents.ts";
import { foreignSettings } from "./foreign-settings.ts";
import { readableSchema } from "./json-schema.ts";
import { type ModelTraits, traitsOf } from "./model-traits.ts";
import { thinkingConfig } from "./thinking.ts";
import { toolFields } from "./tools.ts";

type Loose = Record<string, unknown>;

/** The wire takes no more (wire-formats §3.2). */
const mostStops = 5;

/** The `generateContent` body of a conversation as JSON text; what the wire cannot carry is told to the carrier and left out. */
export function prepareGemini(
  conversation: Conversation,
  target: Target,
  overrides: Overrides,
  carrier: Carrier,
): string {
  const asked = overrideConversation(conversation, target, overrides);
  const traits = traitsOf(target.model);
  const { system, contents } = toContents(asked.turns, { model: target.model, traits, carrier });
  const foreign = foreignSettings(asked, carrier);
  const ceiling = maxTokens(asked, target);
  const halves = ceiling !== null && ceiling < (conversation.maxTokens ?? Number.POSITIVE_INFINITY);
  const context = { target, traits, carrier, room: { limit: ceiling, halves } };
  const config = { ...generationConfig(asked, context), ...foreign.generation };
  const tier = tiers.get(asked.tier);
  return JSON.stringify({
    contents,
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    ...toolFields(asked, traits, carrier),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
    ...foreign.request,
  });
}

const tiers: ReadonlyMap<string | null, string> = new Map([
  ["default", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
  ["fast", "priority"],
]);

interface ConfigContext {
  readonly target: Target;
  readonly traits: ModelTraits;
  readonly carrier: Carrier;
  readonly room: ThinkingRoom;
}

function generationConfig(asked: Conversation, context: ConfigContext): Fields {
  const { target, traits, carrier, room } = context;
  const out: Loose = { ...samplingOf(asked, context), ...formatOf(asked, context) };
  if (room.limit !== null) out["maxOutputTokens"] = room.limit;
  const stops = asked.stops.filter((stop) => stop !== "");
  if (stops.length > mostStops) carrier.cannot("stop", `more than ${mostStops} stop sequences`);
  if (stops.length > 0) out["stopSequences"] = stops.slice(0, mostStops);
  if (asked.choices > 1) out["candidateCount"] = asked.choices;
  const isDeaf = target.rejectsEffort || traits.thinking.by === "nothing";
  if (isDeaf) tellReasoning(carrier, asked.reasoning);
  const thinking = isDeaf ? null : thinkingConfig(asked.reasoning, traits.thinking, room);
  if (thinking !== null && Object.keys(thinking).length > 0) out["thinkingConfig"] = thinking;
  const counted = asked.reasoning.budgetTokens ?? 0;
  if ((thinking?.thinkingBudget ?? counted) < counted) carrier.leavesOut("thinking.budget_tokens");
  const resolution = mediaResolution(asked, carrier);
  if (resolution !== null) out["mediaResolution"] = resolution;
  return out;
}

/** What the client or the plan allows, held to what the model can; null when nobody says. */
function maxTokens(asked: Conversation, target: Target): number | null {
  if (asked.maxTokens === null) return null;
  return Math.min(asked.maxTokens, target.maxOutputTokens ?? Number.POSITIVE_INFINITY);
}

function samplingOf({ sampling }: Conversation, { target, traits, carrier }: ConfigContext): Loose {
  const out: Loose = {};
  const put = (name: string, value: number | null): void => {
    if (value !== null) out[name] = value;
  };
  put("seed", sampling.seed);
  const { temperature, topP, topK } = sampling;
  if (target.rejectsSampling)
    for (const [name, value] of Object.entries({ temperature, top_p: topP, top_k: topK }))
      tellSetting(carrier, name, value);
  else {
    put("temperature", temperature);
    put("topP", topP);
    put("topK", topK);
  }
  for (const [name, param] of penalties) {
    if (traits.takesPenalties) put(name, sampling[name]);
    else tellSetting(carrier, param, sampling[name]);
  }
  if (sampling.topLogprobs !== null) {
    out["responseLogprobs"] = true;
    if (sampling.topLogprobs > 0) out["logprobs"] = sampling.topLogprobs;
  }
  return out;
}

const penalties = [
  ["presencePenalty", "presence_penalty"],
  ["frequencyPenalty", "frequency_penalty"],
] as const;

function formatOf({ format, tools }: Conversation, { traits, carrier }: ConfigContext): Loose {
  if (format.kind === "text") return {};
  if (tools.length > 0 && !traits.takesJsonWithTools) {
    carrier.cannot("response_format", "a JSON answer together with tools");
    return {};
  }
  const json = { responseMimeType: "application/json" };
  return format.kind === "schema"
    ? { ...json, responseJsonSchema: readableSchema(format.schema) }
    : json;
}

const resolutions: ReadonlyMap<string | null, string> = new Map([
  ["low", "MEDIA_RESOLUTION_LOW"],
  ["high", "MEDIA_RESOLUTION_HIGH"],
  ["original", "MEDIA_RESOLUTION_HIGH"],
]);

/** One setting for the whole request stands for the detail of its images, so it is made only where all say the same. */
function mediaResolution({ turns }: Conversation, carrier: Carrier): string | null {
  const partsOf = (part: Part): readonly Part[] => (part.kind === "result" ? part.parts : [part]);
  const images = turns
    .flatMap(({ parts }) => parts.flatMap(partsOf))
    .filter((part) => part.kind === "image");
  const details = new Set(images.map(({ detail }) => detail));
  const [detail] = details;
  const resolution = details.size === 1 ? (resolutions.get(detail ?? null) ?? null) : null;
  if (resolution === null) for (const image of images) tellDetail(carrier, image);
  return resolution;
}
