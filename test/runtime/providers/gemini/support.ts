import {
  type Conversation,
  nothingSaid,
  type Part,
  type Reasoning,
  type Turn,
} from "../../../../src/protocol/conversation.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { Carrier } from "../../../../src/runtime/providers/carrier.ts";
import { prepareGemini } from "../../../../src/runtime/providers/gemini/prepare.ts";
import { target } from "../support.ts";

export const text = (said: string): Part => ({ kind: "text", text: said, path: "p.text" });
export const turn = (role: Turn["role"], ...parts: readonly Part[]): Turn => ({
  role,
  name: null,
  parts,
  path: "p",
});
export const call = (
  id: string,
  name: string,
  args = "{}",
  signature: string | null = null,
): Part => ({
  kind: "call",
  id,
  name,
  args,
  custom: false,
  signature,
  path: "p.call",
});
export const result = (callId: string, said: string, isError = false): Part => ({
  kind: "result",
  callId,
  parts: [{ kind: "text", text: said, path: "p.result.text" }],
  isError,
  path: "p.result",
});
export const thought = (fields: Partial<Reasoning>): Part => ({
  kind: "reasoning",
  path: "p.reasoning",
  reasoning: {
    text: "",
    summary: true,
    signature: null,
    encrypted: null,
    id: null,
    model: null,
    ...fields,
  },
});

export function conversation(fields: Partial<Conversation> = {}): Conversation {
  return {
    model: "auto",
    turns: [turn("user", text("Hi"))],
    ...nothingSaid,
    ...fields,
  };
}

/** The body of a conversation as parsed, the field that kept it from being sent, and those left out. */
export function prepared(
  fields: Partial<Conversation>,
  model = "gemini-3.8-flash",
  { drops = false, ...overrides }: Overrides & { readonly drops?: boolean } = {},
): {
  readonly body: Record<string, unknown>;
  readonly refused: string | undefined;
  readonly dropped: readonly string[];
} {
  const carrier = new Carrier(drops);
  const body = prepareGemini(conversation(fields), target({ model }), overrides, carrier);
  return {
    body: JSON.parse(body) as Record<string, unknown>,
    refused: carrier.failure?.param,
    dropped: carrier.dropped,
  };
}
