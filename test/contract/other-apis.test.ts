import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtherApi, otherCells, pathAt } from "./other-apis.ts";
import { type Suite, startSuite } from "./suite.ts";

let suite: Suite;

beforeAll(async () => {
  suite = await startSuite();
});
afterAll(() => suite.close());

/** A body that asks for a provider's model. */
function bodyOf({ body, file }: OtherApi, model: string): string | FormData {
  if (file === undefined) return JSON.stringify({ model, ...body });
  const form = new FormData();
  form.set("model", model);
  form.set("file", new Blob([new Uint8Array(100)], { type: "audio/wav" }), file);
  return form;
}

test.each(otherCells)("$name", async ({ api, provider, outcome }) => {
  const from = suite.asked().length;
  const body = bodyOf(api, provider.name);
  const response = await fetch(suite.url + api.path.replace("{model}", provider.name), {
    method: "POST",
    headers: typeof body === "string" ? { "content-type": "application/json" } : {},
    body,
  });
  const text = await response.text();
  const [call, ...more] = suite.asked().slice(from);
  expect(more).toEqual([]);
  if (outcome === "refused") {
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: "unsupported_parameter", param: "endpoint" },
    });
    expect(call).toBeUndefined();
    return;
  }
  expect([response.status, text]).toEqual([200, expect.stringMatching(api.holds)]);
  if (outcome === "counted here") expect(call).toBeUndefined();
  else {
    expect(call?.path).toBe(provider.base + pathAt(api, provider));
    expect(`${call?.path} ${call?.text}`).toContain(provider.model);
  }
});
