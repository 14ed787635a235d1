import { expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { ProviderKind } from "../../../../src/configuration/configuration.ts";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target } from "../support.ts";

interface Given {
  readonly kind?: ProviderKind;
  readonly body?: Partial<ChatBody>;
  readonly target?: Partial<Target>;
  readonly overrides?: Overrides;
}

/** The tier that is sent, and whether the client's bytes were kept around it. */
function sent(given: Given): [tier: unknown, spliced: boolean] {
  const kind = given.kind ?? "openai";
  const request = chat(given.body);
  const made = adapterFor(kind).prepare(
    request,
    target(given.target),
    provider(kind),
    given.overrides ?? {},
  );
  if (!made.ok) throw new Error(made.failure.message);
  const { body } = made.request;
  const parsed = JSON.parse(Buffer.from(body).toString("utf8")) as Readonly<
    Record<string, unknown>
  >;
  return [parsed["service_tier"], typeof body !== "string"];
}

const band = { abovePromptTokens: 0, input: 1, output: 1, cachedRead: 1, cachedWrite: 1 };
const priced = (tiers: object) => ({
  prices: [{ effectiveFrom: Number.NEGATIVE_INFINITY, bands: [band], batchShare: null, tiers }],
});
const flex = priced({ flex: 0.5 });
const overrides: Overrides = { tier: "flex" };
const asked = { service_tier: "priority" };

test.each<[string, Given, unknown, boolean]>([
  ["asked for", { target: flex, overrides }, "flex", true],
  ["in place of the client's", { target: flex, overrides, body: asked }, "flex", false],
  ["not of a target without it", { target: priced({}), overrides }, undefined, true],
  ["nor the client's there", { target: priced({}), overrides, body: asked }, undefined, false],
  ["not where the field is refused", { kind: "qwen", target: flex, overrides }, undefined, true],
  ["the client's, where the plan has none", { body: asked }, "priority", true],
])("the tier of a plan is %s", (_, given, tier, spliced) => {
  expect(sent(given)).toEqual([tier, spliced]);
});
