import type { Conversation, Dialect, Part } from "../../protocol/conversation.ts";
import type { Failure } from "../../protocol/failure.ts";

/**
 * Notes what of a request a target's wire cannot carry. What the answer would lack refuses the attempt, unless the policy says to
 * drop; mere preferences, such as a seed, are left out. Either way the client is told.
 */
export class Carrier {
  readonly #drops: boolean;
  readonly #dropped = new Set<string>();
  #failure: Failure | null = null;

  constructor(drops: boolean) {
    this.#drops = drops;
  }

  /** Something that cannot be carried; the caller leaves it out and goes on. `param` is its place in the client's body. */
  cannot(param: string, what: string): void {
    if (this.#drops) this.#dropped.add(param);
    else this.#failure ??= unsupported(param, what);
  }

  /** A preference that is left out. */
  leavesOut(param: string): void {
    this.#dropped.add(param);
  }

  /** Why the request cannot be sent; null when it can. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Places in the client's body of what is left out. */
  get dropped(): readonly string[] {
    return [...this.#dropped];
  }
}

/** A request that this wire cannot carry, as a failure that names the field; no retry mends it, another target may. */
export function unsupported(param: string, what: string): Failure {
  return {
    cause: "unavailable",
    retrySame: false,
    status: 400,
    code: "unsupported_parameter",
    param,
    message: `'${param}': ${what} cannot be sent to this provider`,
  };
}

/** Settings of one wire without which the answer would be another one than was asked for. */
const weighty: ReadonlyMap<string, string> = new Map([
  ["functions", "the old tool interface"],
  ["audio", "an answer in sound"],
  ["web_search_options", "a search of the web"],
  ["previous_response_id", "an answer kept by another provider"],
  ["conversation", "a conversation kept by another provider"],
  ["background", "an answer in the background"],
  ["prompt", "a prompt kept by another provider"],
  ["suffix", "text behind the answer"],
  ["echo", "the prompt in the answer"],
  ["best_of", "the best of several answers"],
  ["logprobs", "the likelihood of tokens"],
  ["container", "a container kept by another provider"],
  ["mcp_servers", "tools of other servers"],
  ["cachedContent", "a cache kept by another provider"],
  ["imageConfig", "an answer in pictures"],
  ["speechConfig", "an answer in sound"],
  ["responseMimeType", "an answer of this type"],
]);

/** Tells of everything that only another wire than `own` knows: parts, tools and settings. */
export function refuseForeign(conversation: Conversation, carrier: Carrier, own: Dialect): void {
  for (const { parts } of conversation.turns) refuseParts(parts, carrier, own);
  for (const tool of conversation.tools)
    if (tool.kind === "foreign" && tool.dialect !== own) {
      const path = "type" in tool.value ? `${tool.path}.type` : tool.path;
      carrier.cannot(path, `a tool of type ${tool.type}`);
    }
  for (const [name, value] of Object.entries(conversation.foreign)) {
    const what = weighty.get(name);
    if (what !== undefined && value !== false && value !== null) carrier.cannot(name, what);
    if (name === "responseModalities" && asksForMore(value))
      carrier.cannot(name, "an answer in more than text");
  }
}

function asksForMore(modalities: unknown): boolean {
  return Array.isArray(modalities) && modalities.some((one) => !/^text$/i.test(String(one)));
}

function refuseParts(parts: readonly Part[], carrier: Carrier, own: Dialect): void {
  for (const part of parts) {
    if (part.kind === "result") refuseParts(part.parts, carrier, own);
    else if (part.kind === "foreign" && part.dialect !== own)
      carrier.cannot(part.path, describe(part.type));
  }
}

/** Clients of Responses name what they were answered by id unless they are told that nothing is kept. */
function describe(type: string): string {
  return type === "item_reference"
    ? "an item_reference, which only the provider that keeps the answer can follow (with `store: false` clients send the item itself),"
    : `content of type ${type}`;
}
