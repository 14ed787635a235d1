import type { ChatBody } from "../protocol/chat-request.ts";
import { keptState } from "./kept-state.ts";

/**
 * Whether a conversation may go to another model now: not between a call of a tool and its result's answer, and not while it rests on
 * what one provider keeps.
 */
export function isSafePoint(body: ChatBody): boolean {
  const last = body.messages.at(-1);
  return last?.role !== "tool" && keptState(body) === null;
}
