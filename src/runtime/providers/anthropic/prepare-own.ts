import type { Target } from "../../../catalog/target.ts";
import type { Fields } from "../../../protocol/conversation.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, tellSetting } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { isSameModel } from "../same-model.ts";
import { spliceModel } from "../splice-model.ts";
import { notCounted } from "./count.ts";
import { changeThinking, thinkingIn } from "./own-thinking.ts";
import { samplingOf } from "./sampling.ts";
import type { SignatureMemory } from "./signature-memory.ts";
import { takenStops } from "./stops.ts";
import { isThinking } from "./thinking.ts";

type Loose = Record<string, unknown>;

interface Surroundings {
  readonly overrides: Overrides;
  readonly carrier: Carrier;
  readonly memory: SignatureMemory;
}

/**
 * The client's own Messages body for this target: spliced where only the model changes. What the target's model refuses is left
 * out, and so is thinking that nobody signed, or that another model did.
 */
export function prepareOwn(
  request: ModelRequest,
  target: Target,
  around: Surroundings,
): Uint8Array | string {
  const changes = changesOf(request, target, around);
  const spliced = changes === null ? spliceModel(request, target.model, "") : null;
  return spliced ?? JSON.stringify({ ...request.native, ...changes, model: target.model });
}

/** Fields to be sent otherwise; undefined leaves one out. Null when all can stay. */
function changesOf(request: ModelRequest, target: Target, around: Surroundings): Loose | null {
  const { overrides, carrier, memory } = around;
  const { native } = request;
  const { maxTokens = Number.POSITIVE_INFINITY, set = {} } = overrides;
  const changes: Loose = {};
  const asked = native["max_tokens"];
  const ceiling = Math.min(maxTokens, target.maxOutputTokens ?? maxTokens);
  if (typeof asked === "number" && asked > ceiling) changes["max_tokens"] = ceiling;
  const effort = applySettings(native, changes, { set, carrier });
  // Under a plan's tier nothing dearer may be asked for; this wire has no flex.
  if (overrides.tier !== undefined)
    for (const name of ["service_tier", "speed"])
      if (native[name] !== undefined) changes[name] = undefined;
  const messages = withoutForeignThoughts(native["messages"], (proof) => {
    const model = memory.modelOf(proof);
    return model === null || isSameModel(model, target.model);
  });
  if (messages !== null) changes["messages"] = messages;
  if (target.rejectsPrefill === true) leaveOutPrefill(native, changes, carrier);
  const thinks = changeThinking(native, changes, { set: effort, target, carrier });
  fitToThinking(native, changes, { target, set, thinks: isThinking(thinks), carrier });
  if (request.counting === true) for (const name of notCounted) delete changes[name];
  return Object.keys(changes).length === 0 ? null : changes;
}

interface ThinkingFit {
  readonly target: Target;
  readonly set: Settings;
  readonly thinks: boolean;
  readonly carrier: Carrier;
}

/** Forced calls and sampling as a model takes them that thinks, or does not. */
function fitToThinking(
  native: Fields,
  changes: Loose,
  { target, set, thinks, carrier }: ThinkingFit,
): void {
  // A client that thinks has seen to what goes with it; one that the plan makes think has not.
  const begins = thinks && !isThinking(thinkingIn(native));
  if (target.rejectsForcedTools || begins)
    loosenChoice(changes["tool_choice"] ?? native["tool_choice"], changes, carrier);
  const isSet = set["temperature"] !== undefined || set["top_p"] !== undefined;
  if (!target.rejectsSampling && !begins && !isSet) return;
  changeSampling(native, changes, { set, isRefused: target.rejectsSampling || thinks, carrier });
}

/** An answer that the client began; one that the provider paused, to be gone on with, ends with more than words. */
function leaveOutPrefill(native: Fields, changes: Loose, carrier: Carrier): void {
  const messages = changes["messages"] ?? native["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : null;
  if (!Array.isArray(messages) || !isFields(last) || last["role"] !== "assistant") return;
  const { content } = last;
  const isWords = (block: unknown): boolean =>
    isFields(block) && /^(?:text|(?:redacted_)?thinking)$/.test(String(block["type"]));
  if (Array.isArray(content) && !content.every(isWords)) return;
  carrier.cannot(`messages[${messages.length - 1}]`, "an answer that the client began");
  changes["messages"] = messages.slice(0, -1);
}

const knobs = ["temperature", "top_p", "top_k"] as const;

interface SamplingChange {
  readonly set: Settings;
  readonly isRefused: boolean;
  readonly carrier: Carrier;
}

/** Puts what the plan sets of sampling beside what the client said of it, as the wire takes both together. */
function changeSampling(
  native: Fields,
  changes: Loose,
  { set, isRefused, carrier }: SamplingChange,
): void {
  const number = (name: string): number | null => {
    const value = set[name] ?? native[name];
    return typeof value === "number" ? value : null;
  };
  const asked = { temperature: number("temperature"), topP: number("top_p") };
  const taken = samplingOf({ ...asked, topK: number("top_k") }, { isRefused, set }, carrier);
  for (const name of knobs) if (taken[name] !== native[name]) changes[name] = taken[name];
}

function loosenChoice(choice: unknown, changes: Loose, carrier: Carrier): void {
  if (!isFields(choice) || !/^(?:any|tool)$/.test(String(choice["type"]))) return;
  const { name: _name, ...rest } = choice;
  changes["tool_choice"] = { ...rest, type: "auto" };
  carrier.leavesOut("tool_choice");
}

/** What a policy may set that this wire has a place for. */
const placed: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "stop",
  "user",
  "parallel_tool_calls",
  "reasoning_effort",
]);

/** Puts what a policy sets, but for sampling, in place of what the client said; returns the effort that it sets, null for none. */
function applySettings(
  native: Fields,
  changes: Loose,
  { set, carrier }: { readonly set: Settings; readonly carrier: Carrier },
): string | null {
  const { stop, user, parallel_tool_calls: parallel } = set;
  for (const [name, value] of Object.entries(set))
    if (!placed.has(name)) tellSetting(carrier, name, value);
  if (typeof stop === "string") {
    const taken = takenStops([stop], set, carrier);
    changes["stop_sequences"] = taken.length === 0 ? undefined : taken;
  }
  if (typeof user === "string" && user !== "") {
    const metadata = isFields(native["metadata"]) ? native["metadata"] : {};
    changes["metadata"] = { ...metadata, user_id: user };
  }
  const choice = typeof parallel === "boolean" ? choiceOf(native, parallel) : null;
  if (choice !== null) changes["tool_choice"] = choice;
  const effort = set["reasoning_effort"];
  return typeof effort === "string" ? effort : null;
}

type Settings = NonNullable<Overrides["set"]>;

/** The choice of tools with or without several calls at once; null where there is nothing to say. */
function choiceOf({ tools, tool_choice: said }: Fields, parallel: boolean): Fields | null {
  if (!Array.isArray(tools) || tools.length === 0) return null;
  const choice = isFields(said) ? said : null;
  if (choice?.["type"] === "none" || (choice === null && parallel)) return null;
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: !parallel };
}

/** Where each kind of thinking carries its proof. */
const proofFields: ReadonlyMap<unknown, string> = new Map([
  ["thinking", "signature"],
  ["redacted_thinking", "data"],
]);

/** The messages without thinking that the target's model would refuse; null where there is none. */
function withoutForeignThoughts(
  messages: unknown,
  accepts: (proof: string) => boolean,
): readonly unknown[] | null {
  if (!Array.isArray(messages)) return null;
  let changed = false;
  const kept = messages.flatMap((message: unknown) => {
    const blocks: unknown = isFields(message) ? message["content"] : null;
    if (!isFields(message) || !Array.isArray(blocks)) return [message];
    const content = blocks.filter((block) => {
      const field = isFields(block) ? proofFields.get(block["type"]) : undefined;
      if (!isFields(block) || field === undefined) return true;
      const proof = block[field];
      return typeof proof === "string" && proof !== "" && accepts(proof);
    });
    if (content.length === blocks.length) return [message];
    changed = true;
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return changed ? kept : null;
}
