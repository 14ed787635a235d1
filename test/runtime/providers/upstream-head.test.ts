import { expect, test } from "vitest";
import type { ProviderKind } from "../../../src/configuration/configuration.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import { chat, provider, target } from "./support.ts";

function headersOf(kind: ProviderKind, headers: Readonly<Record<string, string>> = {}): string[] {
  const made = adapterFor(kind).prepare(chat(), target(), provider(kind, { headers }), {});
  if (!made.ok) throw new Error(made.failure.message);
  return [...made.request.headers];
}

test.each<ProviderKind>(["openai", "vllm", "anthropic"])(
  "a request to %s asks for an answer that is not compressed",
  (kind) => {
    const headers = headersOf(kind);
    expect(headers[headers.indexOf("accept-encoding") + 1]).toBe("identity");
  },
);

test("a header of the configuration takes the place of ours", () => {
  const headers = headersOf("openai", { "user-agent": "house", authorization: "Basic x" });
  expect(headers.filter((each) => each === "user-agent" || each === "authorization")).toHaveLength(
    2,
  );
  expect(headers[headers.indexOf("authorization") + 1]).toBe("Basic x");
});
