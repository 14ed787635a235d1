import { describe, expect, test } from "vitest";
import { type Provider, providerKinds } from "../../../src/configuration/configuration.ts";
import { kindDefaults } from "../../../src/configuration/provider-kinds.ts";
import { isFailure, oneLine } from "../../../src/runtime/providers/batch-wire.ts";
import { batchWireOf } from "../../../src/runtime/providers/batch-wires.ts";

test("the configuration and the wires agree on who has a batch API", () => {
  for (const kind of providerKinds)
    expect(kindDefaults[kind].batches === true, kind).toBe(batchWireOf(kind) !== null);
});

const provider = (kind: Provider["kind"], url: string): Provider => ({
  name: "p",
  kind,
  url,
  key: { kind: "value", value: "sk-secret", from: "KEY" },
  headers: { "x-mine": "yes" },
  api: "chat",
  promptCache: "auto",
  connections: 1,
});
const order = { id: "sbx_1", path: "/v1/chat/completions", lines: 2, begunAtMs: 1_000_000_000 };
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe("the batch API with files", () => {
  const wire = batchWireOf("openai")!;
  const at = provider("openai", "https://api.example.com/proxy/v1");

  test("names the endpoint as the API does, below whatever base path", () => {
    const prepared = { path: "/proxy/v1/chat/completions", headers: [], body: '{"model":\n"m"}' };
    expect(JSON.parse(wire.line("a-1", prepared, at))).toEqual({
      custom_id: "a-1",
      method: "POST",
      url: "/v1/chat/completions",
      body: { model: "m" },
    });
    expect(wire.line("a-1", prepared, at)).not.toContain("\n");
  });

  test("uploads lines as a form that a parser reads back, with the provider's own headers", async () => {
    const request = wire.upload!.send(order, at, ['{"a":1}', '{"b":2}']);
    if (isFailure(request)) throw new Error(request.message);
    expect(request.path).toBe("/proxy/v1/files");
    const headers = new Headers();
    for (let n = 0; n < request.headers.length; n += 2)
      headers.append(request.headers[n]!, request.headers[n + 1]!);
    expect(headers.get("authorization")).toBe("Bearer sk-secret");
    expect(headers.get("x-mine")).toBe("yes");
    const form = await new Response(request.body as string, { headers }).formData();
    expect(form.get("purpose")).toBe("batch");
    expect(form.get("expires_after[seconds]")).toBe("604800");
    const file = form.get("file") as File;
    expect(file.name).toBe("sbx_1.jsonl");
    expect(await file.text()).toBe('{"a":1}\n{"b":2}\n');
  });

  test.each([
    ["validating", "running", "lost"],
    ["in_progress", "running", "lost"],
    ["finalizing", "running", "lost"],
    ["cancelling", "running", "lost"],
    ["completed", "ended", "lost"],
    ["expired", "ended", "expired"],
    ["cancelled", "ended", "cancelled"],
    ["failed", "failed", "lost"],
    ["something new", "running", "lost"],
  ])("reads a batch that is %s", (status, state, unanswered) => {
    const batch = wire.read(bytes({ id: "b", status, output_file_id: "o", error_file_id: null }));
    expect(batch).toMatchObject({ id: "b", state, unanswered });
    expect(batch?.results).toEqual(state === "ended" ? ["o"] : []);
  });

  test("tells why a batch was not taken, as a failure that another target can mend", () => {
    const message = "Enqueued token limit reached for gpt in organization sk-abcdefgh";
    const errors = { data: [{ code: "token_limit_exceeded", message, line: null, param: null }] };
    expect(wire.read(bytes({ id: "b", status: "failed", errors }))?.failure).toMatchObject({
      cause: "unavailable",
      message: "Enqueued token limit reached for gpt in organization [key]",
    });
  });

  test("looks for what it made by its name, page by page, no further back than it can be", () => {
    const page = (id: string, metadata: unknown, created: number, more: boolean) =>
      bytes({
        data: [{ id, status: "in_progress", metadata, created_at: created }],
        has_more: more,
      });
    const now = order.begunAtMs / 1000;
    const ours = { signalbox_job: "sbx_1" };
    expect(wire.find(order, page("b", ours, now, true))).toMatchObject({ kind: "found" });
    expect(wire.find(order, page("b", null, now, true))).toEqual({ kind: "next", after: "b" });
    expect(wire.find(order, page("b", null, now, false))).toEqual({ kind: "none" });
    expect(wire.find(order, page("b", null, now - 301, true))).toEqual({ kind: "none" });
    expect(wire.find(order, bytes("nonsense"))).toBeNull();
  });

  test.each([
    [
      { custom_id: "a", response: { status_code: 200, body: { x: 1 } }, error: null },
      { kind: "answer", status: 200 },
    ],
    [
      { custom_id: "a", response: { status_code: 429, body: {} } },
      { kind: "answer", status: 429 },
    ],
    [{ custom_id: "a", response: null, error: { code: "batch_expired" } }, { kind: "expired" }],
    [{ custom_id: "a", response: null, error: { code: "batch_cancelled" } }, { kind: "cancelled" }],
    [
      { custom_id: "a", response: null, error: { code: "odd" } },
      { kind: "answer", status: 500 },
    ],
    [{ custom_id: "a" }, null],
    [{ response: null }, null],
    ["text", null],
  ])("reads the result %j", (line, result) => {
    const read = wire.readResult(JSON.stringify(line));
    if (result === null) expect(read).toBeNull();
    else expect(read).toMatchObject({ customId: "a", ...result });
  });
});

describe("the batch API without files", () => {
  const wire = batchWireOf("anthropic")!;
  const at = provider("anthropic", "https://api.example.com");

  test("sends lines with the order, and fetches results from the provider's own address alone", () => {
    const prepared = { path: "/v1/messages", headers: [], body: '{"model":"m"}' };
    const line = wire.line("a-1", prepared, at);
    const request = wire.create(order, at, { lines: [line, line] });
    if (isFailure(request)) throw new Error(request.message);
    expect(request.path).toBe("/v1/messages/batches");
    expect(JSON.parse(request.body as string)).toEqual({
      requests: [
        { custom_id: "a-1", params: { model: "m" } },
        { custom_id: "a-1", params: { model: "m" } },
      ],
    });
    const batch = wire.read(
      bytes({ id: "msgbatch_1", processing_status: "ended", results_url: "https://evil.example/" }),
    );
    expect(batch?.results).toEqual(["msgbatch_1"]);
    expect(wire.results(at, "msgbatch_1")).toMatchObject({
      method: "GET",
      path: "/v1/messages/batches/msgbatch_1/results",
    });
  });

  test("may have made any batch of as many lines since it was begun", () => {
    const item = (id: string, processing: number, atMs: number) => ({
      id,
      processing_status: "in_progress",
      created_at: new Date(atMs).toISOString(),
      request_counts: { processing, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    });
    const now = order.begunAtMs;
    const page = (items: unknown[], more = false) =>
      bytes({ data: items, has_more: more, last_id: "last" });
    expect(wire.find(order, page([item("x", 3, now), item("y", 2, now)], true))).toMatchObject({
      kind: "perhaps",
      among: [{ id: "y" }],
      after: "last",
    });
    expect(wire.find(order, page([item("y", 2, now - 400_000)], true))).toEqual({ kind: "none" });
    expect(wire.find(order, page([item("x", 3, now)], true))).toEqual({
      kind: "next",
      after: "last",
    });
  });

  test.each([
    [
      { type: "succeeded", message: { id: "m" } },
      { kind: "answer", status: 200 },
    ],
    [
      { type: "errored", error: { type: "error", error: { type: "overloaded_error" } } },
      { kind: "answer", status: 529 },
    ],
    [
      { type: "errored", error: { type: "error", error: { type: "invalid_request_error" } } },
      { kind: "answer", status: 400 },
    ],
    [
      { type: "errored", error: { type: "error", error: { type: "new_error" } } },
      { kind: "answer", status: 500 },
    ],
    [{ type: "expired" }, { kind: "expired" }],
    [{ type: "canceled" }, { kind: "cancelled" }],
  ])("reads the result %j", (result, read) => {
    expect(wire.readResult(JSON.stringify({ custom_id: "a", result }))).toMatchObject({
      customId: "a",
      ...read,
    });
  });
});

test("bodies are put on one line, and left as they are where they stand on one", () => {
  expect(oneLine('{"a" : 1.0}')).toBe('{"a" : 1.0}');
  expect(oneLine(Buffer.from('{\r\n"a": "x\\ny"\n}'))).toBe('{"a":"x\\ny"}');
});
