import { expect, test } from "vitest";
import { read } from "../../support/read-requests.ts";

const observation = {
  ...{ id: "o-1", type: "GENERATION", startTime: "2026-11-23T10:00:00.000Z" },
  ...{ endTime: "2026-11-23T10:00:02.000Z", model: "gpt-6-luna" },
};

test.each([
  ["429 Too Many Requests", 429, "rate_limited"],
  ["Error code: 429 - {'error': {'message': 'slow down'}}", 429, "rate_limited"],
  ["litellm.RateLimitError: no more", null, "rate_limited"],
  ["HTTP 503", 503, "overloaded"],
  ["Overloaded", null, "overloaded"],
  ["Request timed out after 500 ms", null, "timeout"],
  ["400 This model's maximum context length is 4096 tokens", 400, "context_exceeded"],
  ["status=400", 400, "bad_request"],
  ["connect ECONNREFUSED 10.0.0.1:443", null, "network"],
  ["Rate limit reached: error 500 requests per minute", null, "rate_limited"],
  ["512 tokens were left over", null, null],
  ["the answer was 429 words too long", null, null],
  ["", null, null],
])("a failed observation tells why by its message: %s", async (statusMessage, status, cause) => {
  const row = { ...observation, traceId: "t-1", level: "ERROR", statusMessage };
  const { requests } = await read([Buffer.from(JSON.stringify(row))]);
  expect(requests[0]?.outcome()).toMatchObject({ ok: false, status, cause });
});

test.each([
  ["its level", { level: "DEFAULT" }],
  ["its usage", { usageDetails: { input: 10, output: 5 } }],
  ["its costs", { cost_details: { total: 0.1 } }],
  ["its trace", { traceId: "t-1" }],
])("an observation without most fields is told by %s", async (_, parts) => {
  const { requests } = await read([Buffer.from(JSON.stringify({ ...observation, ...parts }))]);
  expect(requests).toMatchObject([{ format: "langfuse", id: "o-1" }]);
});
