import {
  type Conversation,
  nothingSaid,
  type Part,
  type Turn,
} from "../../../src/protocol/conversation.ts";

export const path = "here";
export const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };
export const turn = (role: Turn["role"], ...parts: Part[]): Turn => ({
  role,
  name: null,
  parts,
  path,
});
export const said = (text: string): Part => ({ kind: "text", path, text });
export const marked = (text: string): Part => ({ kind: "text", path, text, cache: { ttl: "1h" } });
export const empty: Conversation = {
  model: "m",
  turns: [turn("user", said("Hi"))],
  ...nothingSaid,
};
