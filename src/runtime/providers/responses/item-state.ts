import type { Fields } from "../../../protocol/conversation.ts";

/** What of one item of the output has been told already, so that its whole form adds only what is missing. */
export interface ItemState {
  readonly id: string | null;
  /** Number among the calls; -1 for an item that is no call, or not yet. */
  call: number;
  /** Whether any of a call's arguments or of a block's thinking was told. */
  told: boolean;
  /** Index of the part of thinking last told. */
  thinkingPart: number;
  readonly parts: Map<number, PartState>;
}

export interface PartState {
  told: boolean;
  citations: number;
  done: boolean;
}

/** State of an item of which nothing was told. */
export function newItem(item: Fields): ItemState {
  const id = typeof item["id"] === "string" && item["id"] !== "" ? item["id"] : null;
  return { id, call: -1, told: false, thinkingPart: -1, parts: new Map() };
}

/** State of a part; made when it is first met. */
export function partOf(state: ItemState, index: number): PartState {
  let part = state.parts.get(index);
  if (part === undefined) {
    part = { told: false, citations: 0, done: false };
    state.parts.set(index, part);
  }
  return part;
}
