import { createHash } from "node:crypto";
import type { Conversation, Dialect, Fields } from "../../protocol/conversation.ts";
import { askedOfModel, asWritten } from "./asked-of-model.ts";
import { canonicalJson } from "./canonical-json.ts";

/** All that an answer depends on. What is not in here must not be able to change it. */
export interface KeyParts {
  /** Who may share it. */
  readonly tenant: string;
  /** What tells the model that is asked from every other one: canonical JSON, made once for a target. */
  readonly target: string;
  /** The weights behind it, where their server says; null where nobody does. */
  readonly weights: string | null;
  /** As the plan changes it. */
  readonly conversation: Conversation;
  readonly dialect: Dialect;
  readonly wireHeaders: Readonly<Record<string, string>>;
  /** The client's own body, where it holds more than the conversation does; else null. */
  readonly body: Fields | null;
  /** What the plan changes on the way up. */
  readonly overrides: object;
}

/** Of this layout; another one makes other keys, so that nothing is found that was kept under different rules. */
const layout = 2;

/** The key of an answer: 64 hexadecimal digits of SHA-256 over canonical JSON. */
export function cacheKey(parts: KeyParts): string {
  const { tenant, target, weights, conversation, overrides } = parts;
  const { asked, isForeign } = askedOfModel(conversation);
  const isOwn = isForeign || parts.body !== null || Object.keys(parts.wireHeaders).length > 0;
  const own = isOwn
    ? { dialect: parts.dialect, headers: parts.wireHeaders, body: bodyAsked(parts.body) }
    : null;
  const text = canonicalJson({ layout, tenant, weights, asked, overrides, own });
  return createHash("sha256").update(target).update("\n").update(text).digest("hex");
}

/** A body, its members as they were written, without what says how the answer is delivered, and by which name the model was asked for. */
function bodyAsked(body: Fields | null): Fields | null {
  if (body === null) return null;
  const { model: _model, stream: _stream, stream_options: _options, ...asked } = body;
  return asWritten(asked);
}
