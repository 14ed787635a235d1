import { beyond, type ChatBody } from "../protocol/chat-request.ts";
import { mediaOf } from "./media.ts";

/** Under this name a record holds what of the prompt its provider keeps, so that its size is not known. No fact can have it. */
export const keptKey = "body.kept";

/** Settings that name what a provider keeps and puts before the prompt. */
const keptSettings = ["previous_response_id", "conversation", "prompt", "cachedContent"] as const;

/** Settings that let a provider put what it finds, or what its tools give, into the prompt. */
const toolSettings = [
  "web_search_options",
  "search_parameters",
  "enable_search",
  "plugins",
  "mcp_servers",
] as const;

/**
 * Tools that the client runs, so that their results are sent and counted, and searches among tools, which bring nothing that was
 * not sent; the dated ones are Anthropic's.
 */
const ofClient =
  /^(?:function|custom|local_shell|apply_patch|computer|computer_use_preview|computerUse|tool_search|tool_search_tool_\w+|(?:bash|text_editor|memory|computer|computer_toolset)_\d{8})$/;

/** Parts whose words only a provider can read. */
const hiddenParts: ReadonlySet<unknown> = new Set(["item_reference", "web_search_tool_result"]);

/**
 * What hides the size of the prompt: the name of a setting, a part or a tool that stands for what only a provider knows, such as
 * `previous_response_id` or `web_search`; null where all that is billed can be counted before it is sent.
 */
export function keptState(body: ChatBody): string | null {
  const settings = body[beyond]?.settings;
  if (settings !== undefined)
    for (const name of keptSettings) if (isSaid(settings[name])) return name;
  const tool = toolOfProvider(body, settings);
  if (tool !== null) return tool;
  for (const { content } of body.messages) {
    if (typeof content !== "object" || content === null) continue;
    for (const part of content) {
      const type = part[beyond]?.value?.["type"];
      if (hiddenParts.has(type)) return String(type);
    }
  }
  return mediaOf(body).kept;
}

type Settings = Readonly<Record<string, unknown>>;

/** A tool that the provider runs itself: what it brings is billed as prompt, and is as long as it likes. */
function toolOfProvider(body: ChatBody, settings: Settings | undefined): string | null {
  for (const name of toolSettings)
    if (isOn(body[name]) || (settings !== undefined && isOn(settings[name]))) return name;
  for (const tool of body.tools ?? []) {
    const ofProvider = typeOfProvider(tool);
    // The name is the client's word: a long one must not stand in records and errors.
    if (ofProvider !== null)
      return /^[\w.-]{1,64}$/.test(ofProvider) ? ofProvider : "a tool of the provider's";
  }
  return null;
}

/** The type of a tool that the provider runs, or of such a one within it; null for the client's own. */
function typeOfProvider(tool: { readonly type: string }): string | null {
  const { type } = tool;
  if (ofClient.test(type)) return null;
  const { value } = tool as { readonly value?: unknown };
  const { environment, tools } = isSettings(value) ? value : (tool as Settings);
  // Without an environment it is not said whose shell it is.
  if (type === "shell")
    return isSettings(environment) && environment["type"] === "local" ? null : type;
  if (type !== "namespace" || !Array.isArray(tools)) return type;
  for (const inner of tools as readonly unknown[]) {
    const within = isSettings(inner) ? String(inner["type"]) : type;
    if (!ofClient.test(within)) return within;
  }
  return null;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function isOn(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isSettings(value) ? value["mode"] !== "off" : value === true;
}
