import { describe, expect, test } from "vitest";
import type { ChatBody } from "../../../../src/protocol/chat-request.ts";
import { sentTo } from "../sent-to.ts";
import { chat, user } from "../support.ts";

const asked = (...messages: object[]) =>
  chat({ messages } as unknown as Pick<ChatBody, "messages">);
const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };

describe("a system message", () => {
  test.each(["system", "developer"])("with an image is refused, or loses it: %s", (role) => {
    const content = [{ type: "text", text: "Look." }, image];
    const request = asked({ role, content }, user);
    expect(sentTo("anthropic", request).refused?.param).toBe("messages[0].content[1]");
    const { body, dropped } = sentTo("anthropic", request, { drops: true });
    expect(body["system"]).toBe("Look.");
    expect(dropped).toEqual(["messages[0].content[1]"]);
  });

  test("that is alone is what the user says", () => {
    expect(sentTo("anthropic", asked({ role: "system", content: "Hi" })).body).toMatchObject({
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
    });
  });

  test("that is alone and blank leaves a message that the wire takes", () => {
    const { body } = sentTo("anthropic", asked({ role: "system", content: " " }));
    expect(body["messages"]).toEqual([
      { role: "user", content: [{ type: "text", text: expect.stringMatching(/\S/) as string }] },
    ]);
    expect(body).not.toHaveProperty("system");
  });
});
