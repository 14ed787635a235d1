import type { Fields } from "../../../protocol/conversation.ts";
import type { Carrier } from "../carrier.ts";
import { isFields } from "../error-signal.ts";
import type { ThinkingParam } from "./thinking.ts";

/**
 * Thinking within a budget is left out where what has to come back of it is lost. A budget that stands for an effort also gives way
 * to an answer that the client began: together they are refused.
 */
export function withoutLostThinking(
  thinking: Fields | null,
  { messages, param }: { readonly messages: readonly unknown[]; readonly param: ThinkingParam },
  carrier: Carrier,
): Fields | null {
  if (thinking?.["type"] !== "enabled") return thinking;
  const last = messages.at(-1);
  const isBegun = param === "reasoning_effort" && isFields(last) && last["role"] === "assistant";
  if (!isBegun && !lacksThinking(messages)) return thinking;
  carrier.leavesOut(param);
  return null;
}

/**
 * Whether results of calls are sent back without the thinking that led to the calls: another model's, or a client's that cannot
 * send it back. With a budget to think the provider refuses such a loop, so it goes on without.
 */
function lacksThinking(messages: readonly unknown[]): boolean {
  const isLoop = blocksOf(messages.at(-1)).some((block) => typeOf(block) === "tool_result");
  const asked = messages.findLast(
    (message) => isFields(message) && message["role"] === "assistant",
  );
  return isLoop && !/thinking$/.test(typeOf(blocksOf(asked)[0]));
}

function blocksOf(message: unknown): readonly unknown[] {
  const content = isFields(message) ? message["content"] : null;
  return Array.isArray(content) ? content : [];
}

function typeOf(block: unknown): string {
  return isFields(block) ? String(block["type"]) : "";
}
