import { hasFlex } from "../../../catalog/cost.ts";
import type { Target } from "../../../catalog/target.ts";
import type { ChatBody } from "../../../protocol/chat-request.ts";
import type { ModelRequest } from "../../../protocol/model-request.ts";
import type { Overrides } from "../adapter.ts";
import { type Carrier, isKnownNotToThink, tellReasoning, tellSetting } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import { spliceModel } from "../splice-model.ts";
import { budgetWithin, type ThinkingRoom } from "../thinking-budget.ts";
import type { Differences } from "./differences.ts";
import { messagesDiffer, rewriteMessages } from "./rewrite-messages.ts";

type Loose = Record<string, unknown>;

/** Fields that models without sampling answer 400 to. */
const samplingFields: ReadonlySet<string> = new Set([
  "temperature",
  "top_p",
  "top_k",
  "presence_penalty",
  "frequency_penalty",
  "logprobs",
  "top_logprobs",
  "logit_bias",
]);

const asksUsage = ',"stream_options":{"include_usage":true}';

/** What a chat provider is asked from: a request, or what is left of one that was translated. */
export type ChatAsked = Pick<ModelRequest, "dialect" | "bytes" | "modelSpan" | "body">;

/**
 * The body for one target. Where only the model changes (and fields are added), the client's bytes are spliced and not
 * serialised again, which saves most of the work on long prompts.
 */
export function prepareBody(
  row: Differences,
  request: ChatAsked,
  target: Target,
  overrides: Overrides,
): Uint8Array | string {
  const { body, modelSpan } = request;
  const isOwn = request.dialect === "chat" && modelSpan !== null;
  const added = isOwn ? additions(row, body, target, overrides) : null;
  const spliced = added === null ? null : spliceModel(request, target.model, added);
  return spliced ?? rewriteBody(row, body, target, overrides);
}

/**
 * The body of an API that is relayed: the client's own, but for the model, and for completions what the plan bounds and sets, since
 * a ceiling on cost rests on it.
 */
export function bodyForRelay(
  row: Differences,
  { relayed, native, dialect }: ModelRequest,
  target: Target,
  overrides: Overrides,
): Uint8Array | string {
  const changes: Loose = {};
  if (dialect === "completions") {
    const asked = native["max_tokens"];
    const most = Math.min(
      overrides.maxTokens ?? Number.POSITIVE_INFINITY,
      typeof asked === "number" ? (target.maxOutputTokens ?? asked) : Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(most) && !(typeof asked === "number" && asked <= most))
      changes["max_tokens"] = most;
    for (const [name, value] of settingsOf(row, target, overrides)) changes[name] = value;
  }
  return Object.keys(changes).length === 0 && relayed !== undefined
    ? relayed.withModel(target.model)
    : JSON.stringify({ ...native, ...changes, model: target.model });
}

/** Tells of an effort that the plan sets in vain, and of a budget to think that is brought down. */
export function noteThinking(
  row: Differences,
  body: ChatBody,
  { target, overrides, carrier }: ThinkingContext,
): void {
  const effort = overrides.set?.["reasoning_effort"];
  if (effort === undefined) {
    if (fillsLimit(row, body, target, overrides)) carrier.leavesOut("thinking_budget");
  } else if (typeof effort === "string" && setsIdleEffort(target, overrides))
    tellReasoning(carrier, { effort, budgetTokens: null, enabled: null });
}

interface ThinkingContext {
  readonly target: Target;
  readonly overrides: Overrides;
  readonly carrier: Carrier;
}

/** Whether the plan sets an effort where there is nothing to be told of one: many hosts refuse it for models that do not think. */
function setsIdleEffort(target: Target, { set }: Overrides): boolean {
  if (set?.["reasoning_effort"] === undefined) return false;
  return target.rejectsEffort || isKnownNotToThink(target);
}

/** Tells of what the provider, or this model of it, does not take. */
export function noteStripped(
  row: Differences,
  body: ChatBody,
  target: Target,
  carrier: Carrier,
): void {
  for (const name in body) {
    const refuses = target.rejectsSampling && samplingFields.has(name);
    if (refuses || row.strip.has(name)) tellSetting(carrier, name, body[name]);
  }
}

/** JSON members to put behind the model when nothing in the body has to change; null when something has to. */
function additions(
  row: Differences,
  body: ChatBody,
  target: Target,
  overrides: Overrides,
): string | null {
  const settings = settingsOf(row, target, overrides);
  const set = namesOf(settings, overrides);
  for (const name in body) {
    if (row.strip.has(name) || row.rename.has(name)) return null;
    if (target.rejectsSampling && samplingFields.has(name)) return null;
    if (set.has(name) || (set.has("reasoning_effort") && wishesToThink.has(name))) return null;
    if (overrides.tier !== undefined && name === "service_tier") return null;
  }
  if (body.metadata !== undefined && dropsMetadata(row, body)) return null;
  if (asksInOtherWords(row, body, target, overrides)) return null;
  if (messagesDiffer(body.messages, row)) return null;
  const limit = addedLimit(row, body, target, ceilingOn(body, target, overrides));
  const usage = addedUsage(row, body);
  if (limit === null || usage === null) return null;
  return limit + usage + membersOf(settings);
}

/** Whether a schema or an effort has to be told in the provider's own words, or a budget to think brought down. */
function asksInOtherWords(
  row: Differences,
  body: ChatBody,
  target: Target,
  overrides: Overrides,
): boolean {
  if (fillsLimit(row, body, target, overrides)) return true;
  const { set } = overrides;
  if (row.jsonSchema === "as-object" && body.response_format?.type === "json_schema") return true;
  const effort = set?.["reasoning_effort"] ?? body.reasoning_effort ?? null;
  if (row.thinking === "effort-or-type") return effort === "none";
  return row.thinking === "enable_thinking" && effort !== null;
}

/** The limit that a body goes up with, and whether it is less than its client asked for. */
function roomOf(body: ChatBody, target: Target, overrides: Overrides): ThinkingRoom {
  const ceiling = ceilingOn(body, target, overrides) ?? Number.POSITIVE_INFINITY;
  const asked = body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY;
  const limit = Math.min(asked, ceiling);
  return { limit: Number.isFinite(limit) ? limit : null, halves: ceiling < asked };
}

/** Whether the client's own budget to think, in the provider's word, leaves the answer too little of its limit. */
function fillsLimit(
  row: Differences,
  body: ChatBody,
  target: Target,
  overrides: Overrides,
): boolean {
  const { thinking_budget: counted } = body;
  if (row.thinking !== "enable_thinking" || typeof counted !== "number") return false;
  return budgetWithin(counted, roomOf(body, target, overrides)) < counted;
}

function addedUsage(row: Differences, body: ChatBody): string | null {
  if (body.stream !== true) return body.stream_options === undefined ? "" : null;
  if (row.streamUsage === "always") return "";
  if (body.stream_options === undefined) return asksUsage;
  return body.stream_options?.include_usage === true ? "" : null;
}

/**
 * The ceiling on the answer that the request has to name: the plan's, and the target's own maximum where the client asks for
 * more. Some servers would write on beyond it, and estimates of cost rest on it.
 */
function ceilingOn(body: ChatBody, target: Target, { maxTokens }: Overrides): number | undefined {
  const asked = body.max_completion_tokens ?? body.max_tokens ?? 0;
  const most = target.maxOutputTokens;
  return most === null || asked <= most ? maxTokens : Math.min(most, maxTokens ?? most);
}

function addedLimit(
  row: Differences,
  body: ChatBody,
  target: Target,
  ceiling: number | undefined,
): string | null {
  const name = limitName(row, body, target);
  const other = name === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  if (body[other] !== undefined) return null;
  const asked = body[name];
  if (asked === undefined) return ceiling === undefined ? "" : `,"${name}":${ceiling}`;
  if (ceiling === undefined || (typeof asked === "number" && asked <= ceiling)) return "";
  return null;
}

/** The field that bounds the answer at this provider; where both are known, the one the client used. */
function limitName(
  row: Differences,
  body: ChatBody,
  target: Target,
): "max_tokens" | "max_completion_tokens" {
  if (row.maxTokens === "max_tokens") return "max_tokens";
  if (row.maxTokens === "newer-for-reasoning" && target.rejectsSampling)
    return "max_completion_tokens";
  if (body.max_completion_tokens !== undefined) return "max_completion_tokens";
  return row.maxTokens === "both" || body.max_tokens !== undefined
    ? "max_tokens"
    : "max_completion_tokens";
}

type Settings = readonly (readonly [name: string, value: unknown])[];

/** The plan's settings that this target takes, under the names its provider uses. */
function settingsOf(row: Differences, target: Target, overrides: Overrides): Settings {
  const { set, tier } = overrides;
  if (set === undefined && tier === undefined) return [];
  const isIdle = setsIdleEffort(target, overrides);
  const asked = tier !== undefined && hasFlex(target) ? { service_tier: tier } : {};
  return Object.entries({ ...set, ...asked })
    .filter(([name]) => !row.strip.has(name))
    .filter(([name]) => !(target.rejectsSampling && samplingFields.has(name)))
    .filter(([name]) => !(name === "reasoning_effort" && isIdle))
    .map(([name, value]) => [row.rename.get(name) ?? name, value]);
}

/** What the plan says in place of the client; an effort that is set in vain takes the place of the client's all the same. */
function namesOf(settings: Settings, { set }: Overrides): ReadonlySet<string> {
  const names = settings.map(([name]) => name);
  return new Set(set?.["reasoning_effort"] === undefined ? names : [...names, "reasoning_effort"]);
}

function membersOf(settings: Settings): string {
  return settings
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join("");
}

/** OpenAI takes `metadata` only together with `store`; what clients send for policies must not turn into a 400. */
function dropsMetadata(row: Differences, body: ChatBody): boolean {
  return row.metadata === "with-store" && body["store"] !== true;
}

function rewriteBody(
  row: Differences,
  body: ChatBody,
  target: Target,
  overrides: Overrides,
): string {
  const out: Loose = {
    ...body,
    model: target.model,
    messages: rewriteMessages(body.messages, row),
  };
  for (const [from, to] of row.rename) {
    if (!(from in out)) continue;
    out[to] = out[from];
    delete out[from];
  }
  for (const name of row.strip) delete out[name];
  if (dropsMetadata(row, body)) delete out["metadata"];
  if (target.rejectsSampling) for (const name of samplingFields) delete out[name];
  if (overrides.tier !== undefined) delete out["service_tier"];
  rewriteLimit(out, row, body, {
    target,
    ceiling: ceilingOn(body, target, overrides),
  });
  if (row.jsonSchema === "as-object") loosenSchema(out, body);
  if (body.stream !== true || row.streamUsage === "always") delete out["stream_options"];
  else out["stream_options"] = { ...body.stream_options, include_usage: true };
  if (setsIdleEffort(target, overrides)) dropEffort(out);
  putSettings(out, settingsOf(row, target, overrides));
  if (row.thinking === "enable_thinking") switchThinking(out, roomOf(body, target, overrides));
  else if (row.thinking === "effort-or-type") turnOffByType(out);
  return JSON.stringify(out);
}

/**
 * Ways in which clients ask for thinking beside an effort, of which none may stand beside one that the plan sets. Of objects that
 * say other things too, these fields alone.
 */
const wishesToThink: ReadonlyMap<string, readonly string[] | null> = new Map([
  ["enable_thinking", null],
  ["think", null],
  ["thinking", null],
  ["thinking_budget", null],
  ["thinking_token_budget", null],
  ["reasoning", ["effort", "max_tokens", "enabled"]],
  ["chat_template_kwargs", ["enable_thinking", "thinking", "thinking_budget", "reasoning_effort"]],
]);

function putSettings(out: Loose, settings: Settings): void {
  for (const [name, value] of settings) {
    if (name === "reasoning_effort") dropWishes(out);
    out[name] = value;
  }
}

function dropEffort(out: Loose): void {
  delete out["reasoning_effort"];
  dropWishes(out);
}

function dropWishes(out: Loose): void {
  for (const [name, fields] of wishesToThink) {
    const said = out[name];
    delete out[name];
    if (fields === null || !isFields(said)) continue;
    const others = Object.entries(said).filter(([field]) => !fields.includes(field));
    if (others.length > 0) out[name] = Object.fromEntries(others);
  }
}

/** Tokens that stand for each effort (wire-formats §6.4). */
const thinkingBudgets: ReadonlyMap<unknown, number> = new Map([
  ["minimal", 512],
  ["low", 2048],
  ["medium", 8192],
  ["high", 24_576],
]);

/** Such a host knows efforts, but none for not thinking at all. */
function turnOffByType(out: Loose): void {
  if (out["reasoning_effort"] !== "none") return;
  delete out["reasoning_effort"];
  out["thinking"] = { type: "disabled" };
}

/** An effort as a switch and a budget, where the client did not turn them itself. No budget fills the limit of the answer. */
function switchThinking(out: Loose, room: ThinkingRoom): void {
  const { reasoning_effort: effort, thinking_budget: counted, ...rest } = out;
  delete out["reasoning_effort"];
  if (typeof counted === "number") out["thinking_budget"] = budgetWithin(counted, room);
  if (typeof effort !== "string" || "enable_thinking" in rest) return;
  out["enable_thinking"] = effort !== "none";
  if (effort === "none" || counted !== undefined) return;
  const most = thinkingBudgets.get(effort) ?? Number.POSITIVE_INFINITY;
  const budget = budgetWithin(most, { ...room, halves: true });
  if (Number.isFinite(budget)) out["thinking_budget"] = Math.max(1, budget);
}

function rewriteLimit(
  out: Loose,
  row: Differences,
  body: ChatBody,
  { target, ceiling }: { readonly target: Target; readonly ceiling: number | undefined },
): void {
  const asked = body.max_completion_tokens ?? body.max_tokens ?? null;
  const name = limitName(row, body, target);
  delete out["max_tokens"];
  delete out["max_completion_tokens"];
  const limit = Math.min(asked ?? Number.POSITIVE_INFINITY, ceiling ?? Number.POSITIVE_INFINITY);
  if (Number.isFinite(limit)) out[name] = limit;
}

/** For providers that promise JSON but no schema: the schema goes into the prompt, which must say JSON anyway. */
function loosenSchema(out: Loose, body: ChatBody): void {
  if (body.response_format?.type !== "json_schema") return;
  const schema = JSON.stringify(body.response_format.json_schema?.schema ?? {});
  out["response_format"] = { type: "json_object" };
  out["messages"] = [
    {
      role: "system",
      content: `Answer with one JSON object that fits this JSON Schema: ${schema}`,
    },
    ...(out["messages"] as readonly unknown[]),
  ];
}
