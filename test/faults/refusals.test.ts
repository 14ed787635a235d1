import { afterAll, beforeAll, expect, test } from "vitest";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { eventStream } from "../support/gateway.ts";
import { completion, type FaultStage, patient, startFaultStage } from "./stage.ts";

/** What an upstream says before any content, and what becomes of the request. */
interface Row {
  readonly row: number;
  readonly name: string;
  readonly says: Behaviour;
  /** Whether the request goes on to the next target. */
  readonly goesOn: boolean;
  /** What the client is told where there is no next one. */
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly retryAfter?: string;
}

const secret = "sk-upstream-secret";
const refuses = (status: number, error: object, headers: Record<string, string> = {}) => ({
  ...{ status, headers, body: JSON.stringify({ error: { message: `no ${secret}`, ...error } }) },
});
const upstreamError = { status: 502, type: "upstream_error" };
const bad = { ...upstreamError, code: "upstream_bad_response", goesOn: true };
const invalid = { status: 400, type: "invalid_request_error" };

const rows: readonly Row[] = [
  {
    ...{ row: 10, name: "a fault of the server", says: refuses(500, {}), goesOn: true },
    ...{ ...upstreamError, code: "upstream_error" },
  },
  {
    ...{ row: 10, name: "a bad gateway", says: refuses(502, {}), goesOn: true },
    ...{ ...upstreamError, code: "upstream_error" },
  },
  {
    row: 10,
    name: "an unavailable server that says when to come back",
    says: refuses(503, {}, { "retry-after": "17" }),
    goesOn: true,
    ...{ status: 503, type: "overloaded_error", code: "upstream_overloaded", retryAfter: "17" },
  },
  {
    ...{ row: 10, name: "a gateway's timeout", says: refuses(504, {}), goesOn: true },
    ...{ status: 504, type: "timeout_error", code: "upstream_timeout" },
  },
  {
    row: 11,
    name: "an overload by its own status",
    says: refuses(529, { type: "overloaded_error" }),
    goesOn: true,
    ...{ status: 503, type: "overloaded_error", code: "upstream_overloaded" },
  },
  {
    row: 12,
    name: "a rate limit",
    says: refuses(429, { code: "rate_limit_exceeded" }, { "retry-after": "9" }),
    goesOn: true,
    ...{ status: 429, type: "rate_limit_error", code: "rate_limit_exceeded", retryAfter: "9" },
  },
  {
    row: 15,
    name: "an account without credit",
    says: refuses(429, { code: "insufficient_quota" }),
    goesOn: false,
    ...{ status: 429, type: "insufficient_quota", code: "insufficient_quota" },
  },
  {
    ...{ row: 16, name: "a key that it does not know", says: refuses(401, {}), goesOn: false },
    ...{ ...upstreamError, code: "upstream_auth_failed" },
  },
  {
    ...{ row: 16, name: "a key that may not", says: refuses(403, {}), goesOn: false },
    ...{ ...upstreamError, code: "upstream_auth_failed" },
  },
  {
    row: 17,
    name: "a parameter that it refuses",
    says: refuses(400, { type: "invalid_request_error", param: "top_p", code: "bad_top_p" }),
    goesOn: false,
    ...{ ...invalid, code: "bad_top_p" },
  },
  {
    row: 18,
    name: "a prompt beyond its context",
    says: refuses(400, { code: "context_length_exceeded" }),
    goesOn: true,
    ...{ ...invalid, code: "context_length_exceeded" },
  },
  {
    row: 19,
    name: "a content filter",
    says: refuses(400, { code: "content_filter" }),
    goesOn: false,
    ...{ ...invalid, code: "content_filter" },
  },
  {
    row: 20,
    name: "a model that it does not have",
    says: refuses(404, { code: "model_not_found" }),
    goesOn: true,
    ...{ ...upstreamError, code: "upstream_model_missing" },
  },
  {
    ...{ row: 21, name: "a request that is too large for it", says: refuses(413, {}) },
    ...{ goesOn: false, ...invalid, status: 413, code: "invalid_request" },
  },
  {
    row: 25,
    name: "a page of HTML in place of an answer",
    says: { headers: { "content-type": "text/html" }, body: "<html>Please log in</html>" },
    ...bad,
  },
  {
    row: 26,
    name: "a whole answer that holds an error",
    says: { body: JSON.stringify({ error: { message: "busy", code: "server_is_overloaded" } }) },
    goesOn: true,
    ...{ status: 503, type: "overloaded_error", code: "upstream_overloaded" },
  },
  { row: 29, name: "JSON that is none", says: { body: '{"id": "c1", "choices": [' }, ...bad },
  {
    row: 29,
    name: "JSON with a number that is none",
    says: { body: completion("hello").replace('"created":1', '"created":NaN') },
    ...bad,
  },
  { row: 29, name: "JSON that is no object", says: { body: "[]" }, ...bad },
  {
    row: 32,
    name: "an encoding a hundred times over",
    says: {
      headers: { "content-encoding": Array.from({ length: 100 }, () => "gzip").join(", ") },
      body: completion("hello"),
    },
    ...bad,
  },
];

let stage: FaultStage;
let says: Behaviour | null = null;
beforeAll(async () => {
  stage = await startFaultStage({
    yaml: patient,
    script: ({ body }) => (body["model"] === "model-a" ? says : null),
  });
});
afterAll(() => stage[Symbol.asyncDispose]());

test.each(rows)("row $row: $name, streamed or not", async (row) => {
  says = row.says;
  const { box } = stage;
  for (const stream of [false, true]) {
    const before = box.upstream.calls.length;
    const told = await box.chat({ model: "alone", stream });
    const text = await told.text();
    expect([told.status, text]).toEqual([row.status, text]);
    const { error } = JSON.parse(text) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: row.type, code: row.code });
    expect(told.headers.get("retry-after")).toBe(row.retryAfter ?? null);
    expect(told.headers.get("content-type")).toBe("application/json");
    expect(text).not.toMatch(/sk-upstream|127\.0\.0\.1|<html>/);
    expect(box.upstream.calls.length - before).toBe(1);

    const next = await box.chat({ model: "pair", stream });
    expect(next.headers.get("x-signalbox-attempts")).toBe(row.goesOn ? "2" : "1");
    expect(next.status).toBe(row.goesOn ? 200 : row.status);
    const answer = await next.text();
    if (row.goesOn) expect(answer).toContain("model-b");
    if (row.goesOn && stream) expect(answer.match(/\[DONE\]/g)).toHaveLength(1);
  }
});

test("row 27: an overload as a stream's first event goes on, and the client sees one clean stream", async () => {
  says = {
    headers: eventStream,
    body: 'data: {"error":{"type":"overloaded_error","message":"busy"}}\n\n',
  };
  const answer = await stage.box.chat({ model: "pair", stream: true });
  const text = await answer.text();
  expect(answer.headers.get("x-signalbox-target")).toBe("b");
  expect(text).not.toContain("error");
  expect(text).toMatch(/model-b[\s\S]*data: \[DONE\]\n\n$/);
});

test("row 29: an answer behind a byte order mark is read; of keys that stand twice the last counts", async () => {
  const twice = completion("right").replace(
    '"choices":',
    '"choices":[{"index":0,"message":{"role":"assistant","content":"wrong"},"finish_reason":"stop"}],"choices":',
  );
  for (const body of [`\ufeff${completion("right")}`, twice]) {
    says = { body };
    const answer = await stage.box.client.chat.completions.create({
      model: "alone",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(answer.choices[0]?.message.content).toBe("right");
  }
});

test("row 22: a redirect is not followed, and no other host hears the key or the prompt", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    says = { status, headers: { location: `${stage.behind.url}/v1/chat/completions` }, body: "" };
    const told = await stage.box.chat({ model: "alone" });
    expect(told.status).toBe(502);
    expect(await told.json()).toMatchObject({ error: { code: "upstream_redirect" } });
  }
  expect(stage.behind.calls).toEqual([]);
});
