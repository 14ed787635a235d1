import { expect } from "vitest";
import type { StandInFailure } from "../../src/stand-in/speed.ts";
import { standInFailures } from "../../src/stand-in/speed.ts";
import { bodyOf, type Question } from "./clients.ts";
import type { Cell, SurfaceName } from "./matrix.ts";
import { failingPrompt, type Suite } from "./suite.ts";

interface Told {
  readonly status: number;
  readonly code: string;
  /** Messages' own word for it. */
  readonly type: string;
}

/** What a client is told of each failure, on whichever API. */
const told: Readonly<Record<StandInFailure, Told>> = {
  rate_limited: { status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" },
  overloaded: { status: 503, code: "upstream_overloaded", type: "overloaded_error" },
  overloaded_in_stream: { status: 503, code: "upstream_overloaded", type: "overloaded_error" },
  billing: { status: 429, code: "insufficient_quota", type: "rate_limit_error" },
  server_error: { status: 502, code: "upstream_error", type: "api_error" },
  timeout: { status: 504, code: "upstream_timeout", type: "timeout_error" },
  cut_stream: { status: 502, code: "upstream_error", type: "api_error" },
  network: { status: 502, code: "upstream_unreachable", type: "api_error" },
  context_exceeded: { status: 400, code: "context_length_exceeded", type: "invalid_request_error" },
  content_filtered: { status: 400, code: "content_filter", type: "invalid_request_error" },
  auth: { status: 502, code: "upstream_auth_failed", type: "api_error" },
  bad_request: { status: 400, code: "", type: "invalid_request_error" },
};

/** Has the provider fail in every way it can, and holds what the client reads to the table. */
export async function expectFailures(suite: Suite, cell: Cell, streamed: boolean): Promise<void> {
  for (const failure of standInFailures) {
    const { surface, provider } = cell;
    const question = { model: provider.name, prompt: failingPrompt(failure) };
    const response = await post(suite, surface.name, question, streamed);
    const text = await response.text();
    if (failure === "cut_stream" && streamed) {
      expect.soft([failure, response.status]).toEqual([failure, 200]);
      expectBroken(surface.name, text);
      continue;
    }
    const { status, code, type } = told[failure];
    expect.soft([failure, response.status, text]).toEqual([failure, status, text]);
    expect.soft(response.headers.get("content-type")).toContain("application/json");
    if (failure === "rate_limited") expect.soft(response.headers.get("retry-after")).toBe("1");
    const { error, ...envelope } = JSON.parse(text) as { error: Record<string, unknown> };
    expect.soft(error["message"]).toEqual(expect.any(String));
    expect.soft(text).not.toMatch(/sk-suite-secret|127\.0\.0\.1/);
    if (surface.name === "messages") {
      expect.soft([failure, envelope, error["type"]]).toEqual([failure, { type: "error" }, type]);
    } else if (surface.name === "generate") {
      expect.soft([failure, envelope, error["code"]]).toEqual([failure, {}, status]);
      expect.soft(error["status"]).toMatch(/^[A-Z_]+$/);
      if (code !== "")
        expect.soft(JSON.stringify(error["details"])).toContain(`"${code.toUpperCase()}"`);
    } else if (code !== "") {
      expect.soft([failure, error["code"]]).toEqual([failure, code]);
      expect.soft(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
    }
  }
}

/** A stream that breaks after its first words says so, and never ends as a whole one does. */
function expectBroken(surface: SurfaceName, text: string): void {
  expect.soft(text).toMatch(/"I"/);
  expect.soft(text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finish_?[rR]eason":"/);
  const last =
    text
      .trim()
      .split(/\r?\n\r?\n/)
      .at(-1) ?? "";
  expect.soft(last).toMatch(/"error"/);
  if (surface === "messages") expect.soft(last).toMatch(/^event: error\n/);
}

function post(
  { url }: Suite,
  surface: SurfaceName,
  question: Question,
  streamed: boolean,
): Promise<Response> {
  const { path, body } = bodyOf(surface, question, streamed);
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
  });
}
