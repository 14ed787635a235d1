import type { Provider } from "../../../configuration/configuration.ts";
import type { Conversation, Part } from "../../../protocol/conversation.ts";

/** Letters of a prompt below which no model of this wire caches anything: some 4096 tokens (wire-formats §2.3). */
const leastLetters = 16_384;

/**
 * A conversation with a mark for the provider's cache, which this wire wants to be asked for: only a session that has gone on for a
 * turn and is long enough, since a prompt that is never sent again costs a quarter more by it. The client's own marks stand.
 */
export function markSession(
  conversation: Conversation,
  { promptCache }: Pick<Provider, "promptCache">,
): Conversation {
  if (promptCache === "off" || isMarked(conversation)) return conversation;
  if (!conversation.turns.some(({ role }) => role === "assistant")) return conversation;
  return lettersOf(conversation) < leastLetters
    ? conversation
    : { ...conversation, cache: { ttl: null } };
}

function isMarked({ cache, tools, turns }: Conversation): boolean {
  return (
    cache !== null ||
    tools.some((tool) => tool.cache !== undefined) ||
    turns.some(({ parts }) => parts.some((part) => part.cache !== undefined))
  );
}

function lettersOf({ tools, turns }: Conversation): number {
  let letters = 0;
  for (const tool of tools)
    if (tool.kind === "function")
      letters += (tool.description?.length ?? 0) + JSON.stringify(tool.parameters ?? {}).length;
  for (const { parts } of turns) for (const part of parts) letters += lettersIn(part);
  return letters;
}

function lettersIn(part: Part): number {
  switch (part.kind) {
    case "text":
    case "refusal":
      return part.text.length;
    case "call":
      return part.args.length;
    case "result":
      return part.parts.reduce((sum, inner) => sum + lettersIn(inner), 0);
    default:
      return 0;
  }
}
