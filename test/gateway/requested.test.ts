import OpenAI from "openai";
import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

const messages = [{ role: "user" as const, content: "hello" }];
const keys = `keys:
  all: { key: "\${KEY_ALL}" }
  some: { key: "\${KEY_SOME}", models: [up/gpt-4.1] }
`;
const variables = { UP_KEY: "sk-upstream-secret", KEY_ALL: "sk-all", KEY_SOME: "sk-some" };

test("a client reaches a catalog model of a configured provider by its name, where the policy says requested", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise requested\n", fixed: "otherwise a\n" },
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
  });
  const { data, response } = await box.client.chat.completions
    .create({ model: "up/gpt-4.1", messages })
    .withResponse();
  expect(data.choices[0]?.message.content).toContain("gpt-4.1");
  expect(response.headers.get("x-signalbox-target")).toBe("up/gpt-4.1");
  expect(box.upstream.calls.at(-1)?.body["model"]).toBe("gpt-4.1");
  const listed = await box.client.models.list();
  expect(listed.data.map(({ id }) => id)).toEqual(["fixed", "main", "a", "b", "c", "lost"]);
});

test("provider and model of a configured target mean that target", async () => {
  await using box = await startTestGateway({ policies: { main: "otherwise requested\n" } });
  const { response } = await box.client.chat.completions
    .create({ model: "up/model-b", messages })
    .withResponse();
  expect(response.headers.get("x-signalbox-target")).toBe("b");
});

test.each(["up/no-such-model", "nobody/gpt-4.1", "/gpt-4.1", "up/", "up", "up/x/gpt-4.1"])(
  "%s is not found",
  async (model) => {
    await using box = await startTestGateway({ policies: { main: "otherwise requested\n" } });
    const asked = box.client.chat.completions.create({ model, messages });
    await expect(asked).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  },
);

test("a key's list of models holds for models of the catalog too", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise requested fallback a\n" },
    yaml: keys,
    options: { variables },
  });
  const ask = (apiKey: string, model: string) =>
    new OpenAI({ baseURL: `${box.gateway.url}/v1`, apiKey, maxRetries: 0 }).chat.completions
      .create({ model, messages })
      .withResponse();
  for (const [apiKey, model] of [
    ["sk-all", "up/gpt-4.1-mini"],
    ["sk-some", "up/gpt-4.1"],
  ] as const) {
    const { response } = await ask(apiKey, model);
    expect(response.headers.get("x-signalbox-target")).toBe(model);
  }
  await expect(ask("sk-some", "up/gpt-4.1-mini")).rejects.toMatchObject({ status: 404 });
});
