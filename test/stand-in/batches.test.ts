import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";

const hourMs = 3_600_000;

let clock: HandClock;
let standIn: StandIn;
beforeEach(async () => {
  clock = createHandClock(Date.parse("2026-11-27T12:00:00Z"));
  standIn = await startStandIn({
    key: "sk-test",
    batches: {
      now: () => clock.now(),
      delayMs: hourMs,
      line: (body) => {
        const text = JSON.stringify(body);
        if (text.includes("too much")) return "rate_limited";
        return text.includes("too late") ? "expire" : null;
      },
    },
  });
});
afterEach(() => standIn.close());

const line = (id: string, content: string): string =>
  JSON.stringify({
    custom_id: id,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "gpt-x", messages: [{ role: "user", content }] },
  });

describe("the openai client against the stand-in's batches", () => {
  const clientOf = (): OpenAI =>
    new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: "sk-test", maxRetries: 0 });

  async function order(client: OpenAI, lines: readonly string[]): Promise<OpenAI.Batch> {
    const file = await client.files.create({
      file: await toFile(Buffer.from(lines.join("\n")), "in.jsonl"),
      purpose: "batch",
    });
    return await client.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      metadata: { mine: "yes" },
    });
  }

  test("uploads, orders, waits and fetches; lines come in no order", async () => {
    const client = clientOf();
    const made = await order(client, [line("a", "one"), line("b", "two")]);
    expect(made).toMatchObject({ status: "in_progress", metadata: { mine: "yes" } });
    clock.pass(hourMs);
    const done = await client.batches.retrieve(made.id);
    expect(done).toMatchObject({
      status: "completed",
      request_counts: { total: 2, completed: 2, failed: 0 },
    });
    const text = await (await client.files.content(done.output_file_id ?? "")).text();
    const rows = text
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row));
    expect(rows.map(({ custom_id }) => custom_id)).toEqual(["b", "a"]);
    expect(rows[0].response.body.choices[0].message.content).toContain("stand-in for gpt-x");
  });

  test("finds lines that failed or expired in the error file", async () => {
    const client = clientOf();
    const made = await order(client, [
      line("a", "one"),
      line("b", "too much"),
      line("c", "too late"),
    ]);
    clock.pass(hourMs);
    const done = await client.batches.retrieve(made.id);
    expect(done.status).toBe("expired");
    const text = await (await client.files.content(done.error_file_id ?? "")).text();
    const rows = text
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row));
    expect(rows).toMatchObject([
      { custom_id: "c", response: null, error: { code: "batch_expired" } },
      { custom_id: "b", response: { status_code: 429 }, error: null },
    ]);
  });

  test("cancels and lists", async () => {
    const client = clientOf();
    const made = await order(client, [line("a", "one")]);
    await client.batches.cancel(made.id);
    const listed = [];
    for await (const batch of client.batches.list({ limit: 1 })) listed.push(batch.id);
    expect(listed).toEqual([made.id]);
    expect((await client.batches.retrieve(made.id)).status).toBe("cancelled");
    expect((await client.files.list({ purpose: "batch" })).data).toHaveLength(1);
    const stranger = new OpenAI({ baseURL: `${standIn.url}/v1`, apiKey: "no", maxRetries: 0 });
    await expect(stranger.batches.list()).rejects.toMatchObject({ status: 401 });
  });
});

describe("the Anthropic client against the stand-in's batches", () => {
  const clientOf = (): Anthropic =>
    new Anthropic({ baseURL: standIn.url, apiKey: "sk-test", maxRetries: 0 });
  const request = (custom_id: string, content: string) => ({
    custom_id,
    params: { model: "claude-x", max_tokens: 50, messages: [{ role: "user" as const, content }] },
  });

  test("orders, waits and reads what each line came to", async () => {
    const client = clientOf();
    const requests = [request("a", "one"), request("b", "too much"), request("c", "too late")];
    const made = await client.messages.batches.create({ requests });
    expect(made).toMatchObject({
      processing_status: "in_progress",
      request_counts: { processing: 3, succeeded: 0 },
    });
    clock.pass(hourMs);
    const done = await client.messages.batches.retrieve(made.id);
    expect(done).toMatchObject({
      processing_status: "ended",
      request_counts: { processing: 0, succeeded: 1, errored: 1, expired: 1, canceled: 0 },
    });
    const rows: string[] = [];
    for await (const { custom_id, result } of await client.messages.batches.results(made.id))
      rows.push(`${custom_id} ${result.type}`);
    expect(rows).toEqual(["c expired", "b errored", "a succeeded"]);
  });

  test("cancels and lists", async () => {
    const client = clientOf();
    const made = await client.messages.batches.create({ requests: [request("a", "one")] });
    await client.messages.batches.cancel(made.id);
    const listed = [];
    for await (const batch of client.messages.batches.list()) listed.push(batch.id);
    expect(listed).toEqual([made.id]);
    const ended = await client.messages.batches.retrieve(made.id);
    expect(ended).toMatchObject({ processing_status: "ended", request_counts: { canceled: 1 } });
  });
});
