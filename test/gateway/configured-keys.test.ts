import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hello } from "../support/gateway.ts";
import { chatWith, type KeyDesk, startKeyDesk } from "../support/key-desk.ts";

const secrets = { good: "sb-good", old: "sb-old", off: "sb-off", narrow: "sb-narrow" };
const hash = (secret: string): string =>
  `sha256:${createHash("sha256").update(secret).digest("hex")}`;

let desk: KeyDesk;
beforeAll(async () => {
  desk = await startKeyDesk({
    policies: { main: "otherwise requested fallback a\n", other: "otherwise c\n" },
    yaml: `keys:
  good: { hash: "${hash(secrets.good)}", expires: 2026-11-23 }
  old: { hash: "${hash(secrets.old)}", expires: 2026-11-22 }
  off: { hash: "${hash(secrets.off)}", disabled: true, expires: 2027-01-01 }
  narrow: { hash: "${hash(secrets.narrow)}", models: [other, b] }
`,
  });
});
afterAll(() => desk[Symbol.asyncDispose]());

const paths = [
  "POST /v1/chat/completions",
  "POST /v1/completions",
  "POST /v1/responses",
  "POST /v1/embeddings",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "POST /v1beta/models/main:generateContent",
  "POST /v1beta/models/main:streamGenerateContent",
  "GET /v1/models",
  "GET /v1/models/main",
  "GET /v1beta/models",
  "GET /v1/files",
  "GET /v1/batches",
  "POST /v1/batches",
] as const;

/** What an error says in the envelope of each API. */
function told(body: Record<string, unknown>): unknown {
  const { type, code, status, message } = (body["error"] ?? {}) as Record<string, unknown>;
  if (body["type"] === "error") return ["anthropic", type, message];
  return status === undefined ? ["openai", type, code, message] : ["google", status, code, message];
}

const sayings = [
  ["unknown", "sb-guessed", "invalid_api_key", "the API key is missing or not known here"],
  ["missing", null, "invalid_api_key", "the API key is missing or not known here"],
  ["expired", secrets.old, "expired_api_key", "this API key has expired"],
  ["disabled", secrets.off, "disabled_api_key", "this API key is disabled at the moment"],
] as const;

describe.each(sayings)("a key that is %s", (_name, secret, code, message) => {
  test.each(paths)("is refused in the envelope of %s", async (line) => {
    const [method = "", path = ""] = line.split(" ");
    const header = path.startsWith("/v1beta") ? "x-goog-api-key" : "x-api-key";
    const response = await fetch(desk.gateway.url + path, {
      method,
      headers: secret === null ? {} : { [header]: secret },
      ...(method === "POST" ? { body: JSON.stringify(hello) } : {}),
    });
    expect(response.status).toBe(401);
    const said = told((await response.json()) as Record<string, unknown>);
    if (path.startsWith("/v1beta"))
      expect(said).toEqual(["google", "UNAUTHENTICATED", 401, message]);
    else if (path.startsWith("/v1/messages"))
      expect(said).toEqual(["anthropic", "authentication_error", message]);
    else expect(said).toEqual(["openai", "authentication_error", code, message]);
  });
});

test("a key is known by its hash alone, to the end of its last day", async () => {
  expect(await chatWith(desk.gateway.url, secrets.good)).toBe("200 main");
  desk.clock.pass(14 * 3_600_000 - 1);
  expect(await chatWith(desk.gateway.url, secrets.good)).toBe("200 main");
  desk.clock.pass(1);
  expect(await chatWith(desk.gateway.url, secrets.good)).toBe("401 expired_api_key");
});

describe("what a key may name holds for", () => {
  const bearer = { authorization: `Bearer ${secrets.narrow}` };
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(desk.gateway.url + path, { headers: { ...bearer, ...headers } });
    return { status: response.status, body: await response.text() };
  };

  test.each([
    ["/v1/models", {}],
    ["/v1/models", { "anthropic-version": "2023-06-01" }],
    ["/v1beta/models", {}],
  ])("the list at %s for %j", async (path, headers) => {
    const { body } = await get(path, headers as Record<string, string>);
    expect([...body.matchAll(/"(?:id|baseModelId)":"([^"]+)"/g)].map(([, id]) => id)).toEqual([
      "other",
      "b",
    ]);
  });

  test.each([
    ["/v1/models/main", 404],
    ["/v1/models/a", 404],
    ["/v1/models/b", 200],
    ["/v1beta/models/main", 404],
    ["/v1beta/models/other", 200],
  ])("%s, which is %s", async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  test.each([
    ["main", 404],
    ["a", 404],
    ["up/model-a", 404],
    ["up/gpt-4.1", 404],
    ["anything", 404],
    ["b", 200],
    ["up/model-b", 200],
    ["other", 200],
  ])("requests, and their explanations, for %s", async (model, status) => {
    const asked = await Promise.all([
      desk.chat({ model }, bearer),
      desk.chat(
        { model },
        {
          ...bearer,
          "x-signalbox-explain": "true",
          "x-signalbox-admin-key": "sk-admin-0123456789",
        },
      ),
      fetch(`${desk.gateway.url}/v1beta/models/${model}:generateContent`, {
        method: "POST",
        headers: bearer,
        body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "hi" }] }] }),
      }),
    ]);
    await Promise.all(asked.map((each) => each.text()));
    expect(asked.map((each) => each.status)).toEqual([status, status, status]);
  });
});
