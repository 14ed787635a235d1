import { expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const inside = "http://169.254.169.254/latest/meta-data";
const chat = (url: string) => ({
  model: "main",
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
});
const ask = (box: TestGateway, path: string, body: object) =>
  fetch(box.gateway.url + path, { method: "POST", body: JSON.stringify(body) });

test("a server at home is sent no address inside, on any wire, and the client is told where it stands", async () => {
  await using box = await startTestGateway({ policies: { main: "otherwise a\n" } });
  const wires: [string, object, string][] = [
    ["/v1/chat/completions", chat(inside), "messages[0].content[0].image_url.url"],
    [
      "/v1/responses",
      {
        model: "main",
        input: [{ role: "user", content: [{ type: "input_image", image_url: inside }] }],
      },
      "input[0].content[0].image_url",
    ],
    [
      "/v1/messages",
      {
        ...{ model: "main", max_tokens: 5 },
        messages: [
          { role: "user", content: [{ type: "image", source: { type: "url", url: inside } }] },
        ],
      },
      "messages[0].content[0].source.url",
    ],
    [
      "/v1/images/generations",
      { model: "main", prompt: "x", image_urls: [inside] },
      "image_urls[0]",
    ],
  ];
  for (const [path, body, place] of wires) {
    const answer = await ask(box, path, body);
    const text = await answer.text();
    expect([path, answer.status, text.includes(place)]).toEqual([path, 400, true]);
  }
  expect(box.upstream.calls).toHaveLength(0);
  expect((await ask(box, "/v1/chat/completions", chat("https://example.com/a.png"))).status).toBe(
    200,
  );
});

test.each([
  ["any", inside, 200],
  ["none", "https://example.com/a.png", 400],
  ["none", "data:image/png;base64,AAAA", 200],
])("the operator may say otherwise: %s, %s", async (rule, url, status) => {
  await using box = await startTestGateway({
    server: `media-urls: ${rule}`,
    policies: { main: "otherwise a\n" },
  });
  expect((await ask(box, "/v1/chat/completions", chat(url))).status).toBe(status);
});
