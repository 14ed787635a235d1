import type { Target } from "../../../../src/catalog/target.ts";
import {
  type Conversation,
  nothingSaid,
  type Part,
  type Turn,
} from "../../../../src/protocol/conversation.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { Carrier } from "../../../../src/runtime/providers/carrier.ts";
import { prepareResponses } from "../../../../src/runtime/providers/responses/prepare.ts";
import { target } from "../support.ts";

export interface Setting {
  readonly target?: Partial<Target>;
  readonly overrides?: Overrides;
  readonly drops?: boolean;
}

export const turn = (role: Turn["role"], ...parts: readonly Part[]): Turn => ({
  role,
  name: null,
  parts,
  path: "turn",
});
export const text = (said: string): Part => ({ kind: "text", text: said, path: "p" });
export const user = turn("user", text("Hi"));
export const foreign = (dialect: "chat" | "responses", path: string): Part => ({
  kind: "foreign",
  dialect,
  type: "odd",
  value: { type: "odd" },
  path,
});

export const nothing: Conversation = {
  model: "m",
  turns: [user],
  ...nothingSaid,
};

export function prepare(fields: Partial<Conversation>, setting: Setting = {}) {
  const carrier = new Carrier(setting.drops ?? false);
  const to = target({ model: "gpt-x", ...setting.target });
  const json = prepareResponses({ ...nothing, ...fields }, to, setting.overrides ?? {}, carrier);
  return { body: JSON.parse(json) as Record<string, unknown>, failure: carrier.failure };
}
export const inputOf = (...turns: readonly Turn[]) => prepare({ turns }).body["input"];
export const least = {
  model: "gpt-x",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] }],
  store: false,
};
