import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { refusal, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { patient, until } from "./stage.ts";

const messages = [{ role: "user" as const, content: "hi" }];

const asks: Readonly<
  Record<string, (url: string, stream: boolean, tries: number) => Promise<unknown>>
> = {
  openai: (url, stream, maxRetries) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries }).chat.completions.create({
      ...{ model: "main", messages, stream },
    }),
  anthropic: (url, stream, maxRetries) =>
    new Anthropic({ baseURL: url, apiKey: "none", maxRetries }).messages.create({
      ...{ model: "main", messages, stream, max_tokens: 10 },
    }),
};

const failing = (status: number, headers: Record<string, string> = {}) =>
  startTestGateway({
    policies: { main: "otherwise a fallback b with retry 1\n" },
    yaml: patient,
    script: () => refusal(status, headers),
  });

test.each(Object.keys(asks).flatMap((sdk) => [false, true].map((stream) => ({ sdk, stream }))))(
  "row 70: what was tried to the end is not tried again by clients that retry by themselves ($sdk, streamed: $stream)",
  async ({ sdk, stream }) => {
    await using box = await failing(500);
    await expect(asks[sdk]?.(box.gateway.url, stream, 3)).rejects.toMatchObject({ status: 502 });
    expect(box.upstream.calls).toHaveLength(4);
  },
);

test("row 70: clients are left to ask again where a time is told", async () => {
  await using box = await failing(503, { "retry-after": "1" });
  const response = await box.chat();
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(response.headers.get("x-should-retry")).toBeNull();
});

const keyed = (box: TestGateway, key: string, authorization?: string): Promise<Response> =>
  box.chat(
    {},
    {
      "idempotency-key": key,
      ...(authorization === undefined ? {} : { authorization: `Bearer ${authorization}` }),
    },
  );

test("row 114: a second request under a key that is being answered is refused, and nobody is asked for it", async () => {
  const gate = Promise.withResolvers<void>();
  await using box = await startTestGateway({
    script: ({ number }) => (number === 0 ? { holdHead: gate.promise, ...refusal(400) } : null),
    yaml: `keys: { one: { key: "\${ONE}" }, two: { key: "\${TWO}" } }\n`,
    options: {
      variables: { UP_KEY: "u", ONE: "sk-first-0123456789", TWO: "sk-second-0123456789" },
    },
  });
  const first = keyed(box, "k", "sk-first-0123456789");
  await until(() => box.upstream.calls.length === 1);
  const second = await keyed(box, "k", "sk-first-0123456789");
  expect(second.status).toBe(409);
  expect(await second.json()).toMatchObject({ error: { code: "idempotency_key_in_use" } });
  expect(box.upstream.calls).toHaveLength(1);
  // Another key, and another caller's same key, are other requests.
  expect((await keyed(box, "l", "sk-first-0123456789")).status).toBe(200);
  expect((await keyed(box, "k", "sk-second-0123456789")).status).toBe(200);
  gate.resolve();
  expect((await first).status).toBe(400);
  expect((await keyed(box, "k", "sk-first-0123456789")).status).toBe(200);
});

test("row 114: a client that left has given its key back", async () => {
  await using box = await startTestGateway({
    script: ({ number }) => (number === 0 ? { neverAnswers: true } : null),
  });
  const leaving = new AbortController();
  const first = fetch(`${box.gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "k" },
    body: JSON.stringify({ model: "main", messages }),
    signal: leaving.signal,
  });
  await until(() => box.upstream.calls.length === 1);
  leaving.abort();
  await expect(first).rejects.toThrow();
  let status = 409;
  while (status === 409) status = (await keyed(box, "k")).status;
  expect(status).toBe(200);
});
