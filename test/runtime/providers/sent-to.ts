import type { Target } from "../../../src/catalog/target.ts";
import type { Provider, ProviderKind } from "../../../src/configuration/configuration.ts";
import type { Failure } from "../../../src/protocol/failure.ts";
import type { ModelRequest } from "../../../src/protocol/model-request.ts";
import type { Overrides } from "../../../src/runtime/providers/adapter.ts";
import { adapterOf } from "../../../src/runtime/providers/adapters.ts";
import { readCompletions } from "../../../src/surface/completions/read-completions.ts";
import { readGenerateRequest } from "../../../src/surface/generate/read-generate-request.ts";
import { readMessagesRequest } from "../../../src/surface/messages/read-messages-request.ts";
import { readResponsesRequest } from "../../../src/surface/responses/read-responses-request.ts";
import { provider, target } from "./support.ts";

const limits = { maxDepth: 64, maxKeys: 50_000, maxMessages: 2048 };
const bytesOf = (body: object) => new TextEncoder().encode(JSON.stringify(body));

interface Read {
  readonly ok: boolean;
  readonly request?: ModelRequest;
}

function requestOf(read: Read): ModelRequest {
  if (read.request === undefined) throw new Error(JSON.stringify(read));
  return read.request;
}

/** A request of each wire as the gateway reads it: the least there is, with these fields. */
export function messages(fields: object): ModelRequest {
  const least = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
  return requestOf(
    readMessagesRequest(bytesOf({ ...least, ...fields }), limits, { counting: false }),
  );
}

export function responses(fields: object): ModelRequest {
  return requestOf(readResponsesRequest(bytesOf({ model: "m", input: "Hi", ...fields }), limits));
}

export function completions(fields: object): ModelRequest {
  return requestOf(readCompletions(bytesOf({ model: "m", prompt: "Hi", ...fields }), limits));
}

export function generate(fields: object): ModelRequest {
  const least = { contents: [{ role: "user", parts: [{ text: "Hi" }] }] };
  const asked = { model: "m", stream: false, counting: false, listed: false };
  return requestOf(readGenerateRequest(bytesOf({ ...least, ...fields }), limits, asked));
}

export interface To {
  readonly drops?: boolean;
  /** What the policy sets. */
  readonly set?: NonNullable<Overrides["set"]>;
  /** The plan's limit on the answer, in tokens. */
  readonly ceiling?: number;
  readonly target?: Partial<Target>;
  readonly provider?: Partial<Provider>;
}

export interface Sent {
  readonly refused: Failure | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** The same as it went out. */
  readonly text: string;
  /** Whether it is the client's bytes around what changes. */
  readonly spliced: boolean;
  readonly dropped: readonly string[];
}

/** What a provider of a kind is sent, what of the request is left out, and the field that refuses it. */
export function sentTo(kind: ProviderKind, request: ModelRequest, to: To = {}): Sent {
  const of = provider(kind, to.provider);
  const overrides = {
    ...(to.set === undefined ? {} : { set: to.set }),
    ...(to.ceiling === undefined ? {} : { maxTokens: to.ceiling }),
    ...(to.drops === true ? { dropUnsupported: true } : {}),
  };
  const prepared = adapterOf(of).prepare(request, target(to.target), of, overrides);
  if (!prepared.ok) {
    const nothing = { body: {}, text: "", spliced: false, dropped: [] };
    return { refused: prepared.failure, ...nothing };
  }
  const { body, dropped = [] } = prepared.request;
  const spliced = typeof body !== "string";
  const text = spliced ? new TextDecoder().decode(body) : body;
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return { refused: null, body: parsed, text, spliced, dropped };
}
