import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CrampedGateway, startCrampedGateway } from "../support/full-disk.ts";

let cramped: CrampedGateway;
let fileId = "";

beforeAll(async () => {
  cramped = await startCrampedGateway(
    { policy: 'if prompt contains "later" then gpt with batch within 24h otherwise home' },
    2_000_000,
  );
  const made = await upload(1);
  fileId = ((await made.json()) as { readonly id: string }).id;
});
afterAll(() => cramped[Symbol.asyncDispose]());

async function upload(bytes: number): Promise<Response> {
  const form = new FormData();
  form.set("purpose", "batch");
  form.set("file", new Blob([new Uint8Array(bytes).fill(0x61)]), "lines.jsonl");
  return await fetch(`${cramped.url}/v1/files`, { method: "POST", body: form });
}

async function post(path: string, body: unknown): Promise<Response> {
  return await fetch(`${cramped.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function chat(content: string): Promise<Response> {
  return await post("/v1/chat/completions", {
    model: "main",
    messages: [{ role: "user", content }],
  });
}

/** Asks until the store takes no more, a hundred times at most; what is answered then. */
async function untilFull(ask: () => Promise<Response>): Promise<Response> {
  for (let times = 0; ; times += 1) {
    const response = await ask();
    if (response.status >= 500 || times === 100) return response;
    await response.arrayBuffer();
  }
}

describe("a store whose disk is full", () => {
  test.each([
    ["in the middle of an upload", () => upload(3_000_000)],
    ["in the middle of an upload, once more", () => upload(3_000_000)],
    ["at the end of an upload", () => upload(1)],
    [
      "when a batch is ordered",
      () =>
        post("/v1/batches", {
          input_file_id: fileId,
          endpoint: "/v1/chat/completions",
          completion_window: "24h",
        }),
    ],
    ["when a request would wait", () => chat("later")],
  ])("is told as such, and the gateway goes on: %s", async (_, ask) => {
    const response = await untilFull(ask);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: "store_unusable" } });
    expect(response.headers.get("retry-after")).not.toBeNull();
    expect((await chat("now")).status).toBe(200);
    expect(cramped.ended()).toBeNull();
  });

  test("can still be read", async () => {
    const response = await fetch(`${cramped.url}/v1/files/${fileId}/content`);
    expect(await response.text()).toBe("a");
  });
});
