import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { expect, test } from "vitest";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";

const targets = "  g: { provider: google, model: gemini-2.5-flash }";
const setup = (more: Partial<TestSetup> = {}): TestSetup => ({
  policies: { main: "otherwise g\n" },
  yaml: targets,
  providers: (url) => `  google: { kind: gemini, url: "${url}" }`,
  ...more,
});

const clientOf = (box: TestGateway, apiKey = "none"): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: box.gateway.url } });

const hello = { model: "main", contents: "Hello there" };

test("policies and targets are listed in the shapes of all three clients", async () => {
  await using box = await startTestGateway(setup());
  const { models } = clientOf(box);
  const names: (string | undefined)[] = [];
  for await (const one of await models.list({ config: { pageSize: 2 } })) names.push(one.name);
  expect(names).toEqual(["main", "a", "b", "c", "g", "lost"].map((id) => `models/${id}`));
  expect(await models.get({ model: "a" })).toMatchObject({
    name: "models/a",
    inputTokenLimit: 128_000,
    supportedActions: ["generateContent", "countTokens"],
  });
  const anthropic = new Anthropic({ baseURL: box.gateway.url, apiKey: "none", maxRetries: 0 });
  const ids: string[] = [];
  for await (const { id, type } of anthropic.models.list({ limit: 3 })) ids.push(`${type} ${id}`);
  expect(ids).toHaveLength(names.length);
  expect(ids[0]).toBe("model main");
  expect(await anthropic.models.retrieve("g")).toMatchObject({ type: "model", display_name: "g" });
  await expect(anthropic.models.retrieve("x")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  const beta = await fetch(`${box.gateway.url}/v1beta/models?pageSize=3&pageToken=4`);
  expect(await beta.json()).toMatchObject({
    models: [{ name: "models/g" }, { name: "models/lost" }],
  });
  const listed = await box.client.models.list();
  expect(listed.data.map(({ id }) => `models/${id}`)).toEqual(names);
});

test("a key is taken from Google's header or from the address, and never logged", async () => {
  const keys = `keys:\n  some: { key: "\${SOME}" }`;
  const lines: string[] = [];
  await using box = await startTestGateway(
    setup({
      yaml: `${targets}\n${keys}`,
      options: { variables: { UP_KEY: "sk-up", SOME: "client-secret" } },
    }),
  );
  const answer = await clientOf(box, "client-secret").models.generateContent(hello);
  expect(answer.text).toContain("stand-in");
  await expect(clientOf(box, "wrong").models.generateContent(hello)).rejects.toMatchObject({
    status: 401,
  });
  const get = (query: string): Promise<Response> =>
    fetch(`${box.gateway.url}/v1beta/models?${query}`);
  expect((await get("key=client-secret")).status).toBe(200);
  const refused = await get("key=wrong-secret");
  expect(await refused.json()).toMatchObject({ error: { code: 401, status: "UNAUTHENTICATED" } });
  lines.push(...box.logged, ...box.upstream.calls.map((call) => JSON.stringify(call)));
  expect(lines.join("\n")).not.toMatch(/client-secret|wrong-secret/);
});
