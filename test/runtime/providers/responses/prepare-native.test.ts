import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/catalog/target.ts";
import type { Overrides } from "../../../../src/runtime/providers/adapter.ts";
import { Carrier } from "../../../../src/runtime/providers/carrier.ts";
import { prepareNativeResponses } from "../../../../src/runtime/providers/responses/prepare-native.ts";
import { readResponsesRequest } from "../../../../src/surface/responses/read-responses-request.ts";
import { bytesOf, limits } from "../../../surface/responses/support.ts";
import { target } from "../support.ts";

function prepared(
  json: string,
  fields: Partial<Target> = {},
  overrides: Overrides = {},
  carrier = new Carrier(false),
): string {
  const read = readResponsesRequest(bytesOf(json), limits);
  if (!read.ok) throw new Error(read.problem.message);
  const to = target({ model: "gpt-x", ...fields });
  const body = prepareNativeResponses(read.request, to, { overrides, carrier });
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

describe("a client's body of the same wire", () => {
  test("goes on byte for byte, but for the model", () => {
    const odd = '{ "input":"Hé 🚂", "model" : "auto",  "store":true, "conversation":"c", "x":1.0 }';
    expect(prepared(odd)).toBe(odd.replace('"auto"', '"gpt-x"'));
  });

  test("is written anew where a key comes twice, as the last one says", () => {
    const twice = '{"model":"a","input":"Hi","input":"Ho"}';
    expect(JSON.parse(prepared(twice))).toEqual({ model: "gpt-x", input: "Ho" });
  });

  test.each<[string, object, object, Partial<Target>?, Overrides?]>([
    [
      "the plan's limit",
      { max_output_tokens: 50 },
      { max_output_tokens: 20 },
      {},
      { maxTokens: 20 },
    ],
    [
      "a limit below the plan's",
      { max_output_tokens: 10 },
      { max_output_tokens: 10 },
      {},
      { maxTokens: 20 },
    ],
    ["the plan's limit alone", {}, { max_output_tokens: 20 }, {}, { maxTokens: 20 }],
    [
      "the model's limit",
      { max_output_tokens: 50 },
      { max_output_tokens: 30 },
      { maxOutputTokens: 30 },
    ],
    [
      "sampling that the model refuses",
      { temperature: 1, top_p: 1 },
      {},
      { rejectsSampling: true },
      { set: { temperature: 0 } },
    ],
    [
      "what the plan sets",
      {
        temperature: 1,
        reasoning: { effort: "high", summary: "auto" },
        text: { format: { type: "text" } },
      },
      {
        temperature: 0,
        reasoning: { effort: "low", summary: "auto" },
        text: { format: { type: "text" }, verbosity: "low" },
        safety_identifier: "u",
      },
      {},
      { set: { temperature: 0, reasoning_effort: "low", verbosity: "low", user: "u", seed: 1 } },
    ],
  ])("changes by %s", (_name, fields, expected, ...plan) => {
    const json = JSON.stringify({ model: "auto", input: "Hi", ...fields });
    expect(JSON.parse(prepared(json, ...plan))).toEqual({
      model: "gpt-x",
      input: "Hi",
      ...expected,
    });
  });

  test.each<[string, object, object]>([
    ["goes", { reasoning: { effort: "low" } }, {}],
    [
      "goes without what else was said",
      { reasoning: { effort: "low", summary: "auto" } },
      { reasoning: { summary: "auto" } },
    ],
    ["was none", { reasoning: { summary: "auto" } }, { reasoning: { summary: "auto" } }],
  ])("an effort %s where the plan sets another for a model without", (_name, fields, left) => {
    const carrier = new Carrier(false);
    const json = JSON.stringify({ model: "auto", input: "Hi", ...fields });
    const set = { set: { reasoning_effort: "high" } };
    const sent = JSON.parse(prepared(json, { rejectsEffort: true }, set, carrier)) as object;
    expect(sent).toEqual({ model: "gpt-x", input: "Hi", ...left });
    expect(carrier.dropped).toEqual(["reasoning_effort"]);
  });

  test("sampling that the model refuses is told where the client asked for it", () => {
    const carrier = new Carrier(true);
    const include = ["message.output_text.logprobs", "reasoning.encrypted_content"];
    const asked = { temperature: 0.2, top_p: 1, top_logprobs: 3, include };
    const json = JSON.stringify({ model: "auto", input: "Hi", ...asked });
    const sent = JSON.parse(prepared(json, { rejectsSampling: true }, {}, carrier)) as object;
    const left = { model: "gpt-x", input: "Hi", include: ["reasoning.encrypted_content"] };
    expect(sent).toEqual(left);
    expect(carrier.dropped).toEqual(["temperature", "top_logprobs", "include"]);
    const strict = new Carrier(false);
    prepared(json, { rejectsSampling: true }, {}, strict);
    expect(strict.failure?.param).toBe("top_logprobs");
  });
});
