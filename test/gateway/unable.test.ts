import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

const setup = (policy: string) => ({
  policies: { main: policy },
  yaml: `  blind: { provider: up, model: model-blind, supports: [tools], price: { input: $1/M, output: $2/M } }
  seeing: { provider: up, model: model-seeing, supports: [tools, images], price: { input: $1/M, output: $2/M } }`,
});
const shown = {
  model: "main",
  messages: [
    {
      role: "user" as const,
      content: [
        { type: "text" as const, text: "What is this?" },
        { type: "image_url" as const, image_url: { url: "https://example.com/a.png" } },
      ],
    },
  ],
};

test("an image goes past a model that is known not to see, to one that does", async () => {
  await using box = await startTestGateway(setup("otherwise blind fallback seeing\n"));
  const { response } = await box.client.chat.completions.create(shown).withResponse();
  expect(response.headers.get("x-signalbox-target")).toBe("seeing");
  expect(box.upstream.calls.map(({ body }) => body["model"])).toEqual(["model-seeing"]);
});

test("where no model sees, the client is told which part could not be sent, and nothing is", async () => {
  await using box = await startTestGateway(setup("otherwise blind\n"));
  await expect(box.client.chat.completions.create(shown)).rejects.toMatchObject({
    status: 400,
    code: "unsupported_parameter",
    param: "messages[0].content[1]",
  });
  expect(box.upstream.calls).toEqual([]);
});

test("where nobody knows whether a model sees, the provider is asked", async () => {
  await using box = await startTestGateway(setup("otherwise a\n"));
  const { choices } = await box.client.chat.completions.create(shown);
  expect(choices[0]?.message.content).toContain("You showed me 1");
});
