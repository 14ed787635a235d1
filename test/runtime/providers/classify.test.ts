import { describe, expect, test } from "vitest";
import type { Cause } from "../../../src/protocol/cause.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { readErrorAnswer } from "../../../src/runtime/providers/read-error-answer.ts";
import { chat, head } from "./support.ts";

const bytesOf = (body: unknown): Uint8Array =>
  new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
const openai = (type: string, code: string | null, message = "m") => ({
  error: { message, type, param: null, code },
});
const anthropic = (type: string, message = "m", details?: object) => ({
  type: "error",
  error: { type, message, details },
});

type Row = readonly [
  who: string,
  status: number,
  body: unknown,
  cause: Cause,
  retrySame: boolean,
  code?: string,
];
const rows: readonly Row[] = [
  [
    "openai context",
    400,
    openai("invalid_request_error", "context_length_exceeded"),
    "context_exceeded",
    false,
    "context_length_exceeded",
  ],
  [
    "openai parameter",
    400,
    openai("invalid_request_error", "unsupported_parameter"),
    "bad_request",
    false,
    "unsupported_parameter",
  ],
  [
    "openai policy",
    400,
    openai("invalid_request_error", "content_policy_violation"),
    "content_filtered",
    false,
  ],
  ["azure filter", 400, openai("", "content_filter"), "content_filtered", false],
  ["openai key", 401, openai("invalid_request_error", "invalid_api_key"), "auth", false],
  ["openai region", 403, openai("", null), "auth", false],
  [
    "openai model",
    404,
    openai("invalid_request_error", "model_not_found"),
    "unavailable",
    false,
    "upstream_model_missing",
  ],
  [
    "openai file",
    404,
    openai("invalid_request_error", null, "No such File object"),
    "bad_request",
    false,
  ],
  ["openai lock", 409, openai("", null), "server_error", true],
  ["openai size", 413, "too large", "bad_request", false],
  ["openai rate", 429, openai("tokens", "rate_limit_exceeded"), "rate_limited", true],
  ["openai ramp", 429, openai("rate_limit_error", "slow_down"), "rate_limited", true],
  ["openai ramp, old", 503, openai("", "slow_down"), "overloaded", true],
  [
    "openai billing",
    429,
    openai("insufficient_quota", "insufficient_quota"),
    "auth",
    false,
    "insufficient_quota",
  ],
  [
    "openai spend",
    429,
    openai("insufficient_quota", "project_spend_limit_exceeded"),
    "auth",
    false,
    "insufficient_quota",
  ],
  ["openai fault", 500, openai("server_error", null), "server_error", true],
  [
    "openai overload",
    503,
    openai("service_unavailable_error", "server_is_overloaded"),
    "overloaded",
    true,
  ],
  ["a proxy's page", 502, "<html>Bad gateway</html>", "server_error", true],
  ["an empty 503", 503, "", "overloaded", true],
  ["an edge timeout", 524, "", "timeout", true],
  ["a redirect", 307, "", "unavailable", false, "upstream_redirect"],
  ["a lost address", 404, "<html>Not found</html>", "unavailable", false, "upstream_unavailable"],
  ["anthropic request", 400, anthropic("invalid_request_error"), "bad_request", false],
  [
    "anthropic context",
    400,
    anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    "context_exceeded",
    false,
  ],
  [
    "anthropic filter",
    400,
    anthropic("invalid_request_error", "Output blocked by content filtering policy"),
    "content_filtered",
    false,
  ],
  ["anthropic key", 401, anthropic("authentication_error"), "auth", false],
  ["anthropic billing", 402, anthropic("billing_error"), "auth", false, "insufficient_quota"],
  [
    "anthropic model",
    404,
    anthropic("not_found_error", "model: claude-none"),
    "unavailable",
    false,
  ],
  ["anthropic rate", 429, anthropic("rate_limit_error"), "rate_limited", true],
  [
    "anthropic rate in tokens",
    429,
    anthropic("rate_limit_error", "too many tokens per minute"),
    "rate_limited",
    true,
  ],
  [
    "anthropic spend",
    429,
    anthropic("rate_limit_error", "m", { error_code: "enforced_spend_limit_reached" }),
    "auth",
    false,
  ],
  ["anthropic fault", 500, anthropic("api_error"), "server_error", true],
  ["anthropic timeout", 504, anthropic("timeout_error"), "timeout", true],
  ["anthropic overload", 529, anthropic("overloaded_error"), "overloaded", true],
  [
    "mistral flat",
    400,
    { object: "error", message: "m", type: "invalid_request_error", param: null, code: null },
    "bad_request",
    false,
  ],
  [
    "mistral validation",
    422,
    { detail: [{ loc: ["body", "seed"], msg: "extra", type: "extra_forbidden" }] },
    "bad_request",
    false,
  ],
  [
    "mistral plain",
    429,
    { message: "Requests rate limit exceeded", request_id: "x" },
    "rate_limited",
    true,
  ],
  [
    "deepseek balance",
    402,
    openai("unknown_error", "invalid_request_error", "Insufficient Balance"),
    "auth",
    false,
  ],
  ["qwen arrears", 400, openai("Arrearage", "Arrearage"), "auth", false],
  ["qwen throttling", 429, openai("", "Throttling.RateQuota"), "rate_limited", true],
  [
    "qwen inspection",
    400,
    openai("data_inspection_failed", "data_inspection_failed"),
    "content_filtered",
    false,
  ],
  ["openrouter credits", 402, { error: { code: 402, message: "m" } }, "auth", false],
  [
    "openrouter upstream",
    502,
    { error: { code: 502, message: "m", metadata: { error_type: "provider_unavailable" } } },
    "unavailable",
    false,
  ],
  [
    "llama.cpp loading",
    503,
    { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    "overloaded",
    true,
  ],
  [
    "llama.cpp context",
    400,
    { error: { code: 400, message: "m", type: "exceed_context_size_error" } },
    "context_exceeded",
    false,
  ],
  [
    "vllm context",
    400,
    {
      error: {
        message: "This model's maximum context length is 4096 tokens.",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
    },
    "context_exceeded",
    false,
  ],
  [
    "vllm model",
    404,
    {
      error: {
        message: "The model `x` does not exist.",
        type: "NotFoundError",
        param: null,
        code: 404,
      },
    },
    "unavailable",
    false,
  ],
  [
    "ollama queue",
    503,
    { error: "server busy, please try again. maximum pending requests exceeded" },
    "overloaded",
    true,
  ],
  [
    "gemini, in a list",
    429,
    [{ error: { code: 429, message: "m", status: "RESOURCE_EXHAUSTED" } }],
    "rate_limited",
    true,
  ],
];

describe("an error answer", () => {
  test.each(rows.map((row) => [row[0], row[1], row] as const))("%s (%i)", (_who, status, row) => {
    const [, , body, cause, retrySame, code] = row;
    const failure = readErrorAnswer(head({}, status), bytesOf(body));
    expect(failure).toMatchObject({ cause, retrySame, status });
    if (code !== undefined) expect(failure.code).toBe(code);
  });

  test("names the parameter and passes the provider's words about the client's own request", () => {
    const body = {
      error: { message: "bad 'n'", type: "invalid_request_error", param: "n", code: "x" },
    };
    expect(readErrorAnswer(head({}, 400), bytesOf(body))).toMatchObject({
      param: "n",
      message: "bad 'n'",
      code: "x",
    });
  });

  test.each([400, 401, 429, 500, 503])("never shows an address or a key (%i)", (status) => {
    const message = "see https://internal.example/x?key=1 with sk-abcdefgh1234";
    const failure = readErrorAnswer(head({}, status), bytesOf(openai("t", null, message)));
    expect(failure.message).not.toMatch(/internal|sk-abc/);
    expect(failure.message).not.toBe("");
  });

  test("holds the provider's code and parameter to what a client may be shown", () => {
    const long = `x https://internal.example/y\n${"z".repeat(100_000)}`;
    const error = { message: "m", type: "invalid_request_error", param: long, code: long };
    const { code = "", param = "" } = readErrorAnswer(head({}, 400), bytesOf({ error }));
    for (const told of [code, param]) {
      expect(told.length).toBeLessThanOrEqual(500);
      expect(told).not.toMatch(/internal|\n/);
    }
  });

  test("carries the wait the provider asked for, and its word that asking again is useless", () => {
    const failure = readErrorAnswer(
      head({ "retry-after": "3", "x-should-retry": "false" }, 429),
      bytesOf("{}"),
    );
    expect(failure).toMatchObject({ retryAfterMs: 3000, retrySame: false });
  });
});

test.each([
  [429, { code: null }, true],
  [400, { code: null }, true],
  [429, { code: "insufficient_quota" }, false],
] as const)(
  "a provider's word that asking again helps stands above its status %i, but not above a lack of credit",
  (status, error, retrySame) => {
    const told = head({ "x-should-retry": "true" }, status);
    expect(readErrorAnswer(told, bytesOf({ error })).retrySame).toBe(retrySame);
  },
);

describe("an error inside a 200", () => {
  test.each<[string, unknown, Cause]>([
    ["wrapped", { error: { message: "m", code: 502 } }, "server_error"],
    ["with a status inside", { error: { message: "m", code: 429 } }, "rate_limited"],
    ["overload", { error: { type: "overloaded_error", message: "m" } }, "overloaded"],
    ["in a list", [{ error: { message: "m", code: 503 } }], "overloaded"],
    [
      "the request's fault",
      { error: { type: "invalid_request_error", message: "m" } },
      "bad_request",
    ],
    ["text only", { error: "it broke" }, "server_error"],
    ["HTML", "<html></html>", "server_error"],
    ["cut JSON", '{"id":"x","choices":[{"message":{"content":"a', "server_error"],
    ["NaN literals", '{"choices":[{"message":{"content":"a"},"p":NaN}]}', "server_error"],
    ["another shape", { hello: "world" }, "server_error"],
    ["no choices", { choices: [] }, "server_error"],
    ["an empty body", "", "server_error"],
    [
      "a failed finish",
      { choices: [{ message: { content: "" }, finish_reason: "insufficient_system_resource" }] },
      "overloaded",
    ],
  ])("%s is a failure", (_name, body, cause) => {
    for (const kind of ["openai", "anthropic"] as const) {
      if (kind === "anthropic" && cause === "overloaded" && JSON.stringify(body).includes("finish"))
        continue;
      const answer = adapterFor(kind).readBody(head(), bytesOf(body), chat());
      expect(answer).toMatchObject({ ok: false, failure: { cause } });
    }
  });
});
