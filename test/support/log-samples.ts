import { gatewayLogSamples } from "./gateway-log-samples.ts";
import { type LogSample, lines, messages } from "./log-sample.ts";

/** Small logs of every format that is read. */
export const logSamples: readonly LogSample[] = [
  ...gatewayLogSamples,
  {
    format: "azure",
    what: "2023",
    text: "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n",
    lines: [2],
    first: {
      atMs: Date.parse("2023-11-16T18:17:03.979Z"),
      usage: { input: 4_808, output: 10, served: null },
    },
    outcome: { ok: true, attempts: [] },
  },
  {
    format: "azure",
    what: "2024",
    text: "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,2162,5\n",
    lines: [2],
    first: {
      atMs: Date.parse("2024-05-10T00:00:00.009Z"),
      facts: { tokens: 2_162, time: "2024-05-10T00:00:00.009Z" },
    },
    outcome: { cost: null },
  },
  {
    format: "burstgpt",
    what: "with sessions, one request failed",
    text: "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,1,2.5,ChatGPT,472,18,490,Conversation log\n45,,,GPT-4,100,0,100,API log\n",
    lines: [2, 3],
    first: {
      ...{ atMs: null, offsetMs: 5_000 },
      facts: { model: "ChatGPT", tokens: 472 },
      latency: { target: "ChatGPT", totalMs: 2_500, firstTokenMs: null },
    },
    outcome: { ok: true, durationMs: 2_500 },
  },
  {
    format: "mooncake",
    what: "JSON lines",
    text: lines({ timestamp: 27_482, input_length: 6_955, output_length: 52, hash_ids: [46, 47] }),
    lines: [1],
    first: {
      ...{ atMs: null, offsetMs: 27_482, facts: { tokens: 6_955 } },
      usage: { input: 6_955, output: 52, served: null },
    },
    outcome: { ok: true },
  },
  {
    format: "mooncake",
    what: "objects over several lines, as its page shows them",
    text: [1_000, 2_000]
      .map((timestamp) =>
        JSON.stringify({ timestamp, input_length: 9, output_length: 2, hash_ids: [] }, null, 4),
      )
      .join("\n"),
    lines: [1, 7],
    first: { offsetMs: 1_000, facts: { tokens: 9 } },
    outcome: { ok: true },
  },
  {
    format: "messages",
    what: "a bare body, told by its blocks",
    text: lines({
      ...{ model: "claude", max_tokens: 64, system: "Be brief." },
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
    }),
    lines: [1],
    first: { id: "line 1", facts: null },
    outcome: { ok: null },
  },
  {
    format: "responses",
    what: "bare, and as a line of a batch",
    text: lines(
      { model: "gpt-6-luna", instructions: "Be brief.", input: "Hi" },
      {
        ...{ custom_id: "b-1", method: "POST", url: "/v1/responses" },
        body: { model: "gpt-6-luna", input: [{ role: "user", content: "Hi" }] },
      },
      { model: "text-embedding-4", input: "Hi" },
      { url: "/v1/embeddings", body: { model: "m", input: "Hi" } },
    ),
    lines: [1, 2],
    skipped: [3, 4],
    first: { facts: null },
    outcome: { ok: null },
  },
  {
    format: "chat",
    what: "in an envelope",
    text: lines({
      id: "c-1",
      time: "2026-11-23T10:00:00Z",
      body: { model: "auto", messages },
      usage: { prompt_tokens: 9 },
    }),
    lines: [1],
    first: { id: "c-1", usage: { input: 9, output: null, served: null } },
    outcome: { ok: null },
  },
  {
    format: "records",
    what: "a decision record that fell back",
    text: lines({
      ...{ v: 1, time: "2026-11-23T10:00:00.000Z", id: "r-1", facts: { tokens: 5 }, seed: 7 },
      attempts: [
        {
          target: "gpt",
          outcome: "rate_limited",
          status: 429,
          startMs: 0,
          endMs: 5,
          costPicodollars: 0,
        },
        {
          ...{ target: "claude", outcome: "ok", startMs: 6, firstTokenMs: 200, endMs: 900 },
          ...{ usage: { input: 5, output: 40 }, costPicodollars: 7 },
        },
      ],
      ...{ outcome: "ok", status: 200, durationMs: 901, cache: "miss", tags: ["a"] },
    }),
    lines: [1],
    first: { id: "r-1", seed: 7, latency: null },
    outcome: {
      ...{
        ok: true,
        status: 200,
        cause: null,
        cacheHit: false,
        cost: 7,
        durationMs: 901,
        tags: ["a"],
      },
      attempts: [
        {
          ...{ target: "gpt", outcome: "rate_limited", status: 429, startMs: 0 },
          ...{
            firstTokenMs: null,
            endMs: 5,
            outputTokens: null,
            inputTokens: null,
            code: null,
            retryAfterMs: null,
          },
        },
        {
          ...{ target: "claude", outcome: "ok", status: null, startMs: 6 },
          ...{
            firstTokenMs: 200,
            endMs: 900,
            outputTokens: 40,
            inputTokens: 5,
            code: null,
            retryAfterMs: null,
          },
        },
      ],
    },
  },
];
