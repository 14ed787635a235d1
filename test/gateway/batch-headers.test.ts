import { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { type BatchBench, line, minute, startBatchBench } from "../support/batch-bench.ts";

const asked = { model: "main", max_tokens: 9, messages: [{ role: "user", content: "hello" }] };

async function post(
  { gateway }: BatchBench,
  path: string,
  { body, headers = {} }: { body: unknown; headers?: Readonly<Record<string, string>> },
): Promise<{ readonly id: string }> {
  const response = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as { readonly id: string };
}

/** What the batches that the provider was asked for bore as `anthropic-beta`, and how many requests each held. */
function batchesAt({ upstream }: BatchBench): readonly (readonly [unknown, number])[] {
  return upstream.calls
    .filter(({ method, path }) => method === "POST" && path === "/v1/messages/batches")
    .map(({ headers, body }) => [
      headers["anthropic-beta"],
      (body["requests"] as readonly unknown[]).length,
    ]);
}

const beta = (names: string) => ({ "anthropic-beta": names });

describe("the features that a request of Messages rests on", () => {
  test("go with the batch that it waits in, also after a restart, and keep it from others", async () => {
    await using bench = await startBatchBench({ policy: "otherwise claude with batch within 24h" });
    const ids: string[] = [];
    for (const headers of [{}, beta("one-2026, two-2026"), beta("three"), beta("three")])
      ids.push((await post(bench, "/v1/messages", { body: asked, headers })).id);
    await bench.restart();
    for (const id of ids) await bench.finish(id);
    expect(new Set(batchesAt(bench))).toEqual(
      new Set([
        [undefined, 1],
        ["one-2026,two-2026", 1],
        ["three", 2],
      ]),
    );
  });

  test("go with each of a plan's targets that is asked at once", async () => {
    await using bench = await startBatchBench({
      policy: "otherwise gpt fallback claude with batch within 24h",
      batches: { refuse: () => "no room" },
    });
    const { id } = await post(bench, "/v1/messages", { body: asked, headers: beta("one-2026") });
    expect(await bench.finish(id)).toMatchObject({ request_counts: { completed: 1 } });
    const [call] = bench.upstream.calls.filter(({ path }) => path === "/v1/messages");
    expect(call?.headers["anthropic-beta"]).toBe("one-2026");
  });

  test.each([
    ["/v1/messages", "one-2026"],
    ["/v1/chat/completions", undefined],
  ])(
    "are those of the order for lines of a client's own batch, where they are read: %s",
    async (endpoint, sent) => {
      await using bench = await startBatchBench({ policy: "otherwise claude" });
      const rows = [line("one", { max_tokens: 9 }, endpoint)];
      const file = await bench.client.files.create({
        file: await toFile(Buffer.from(rows.join("\n")), "requests.jsonl"),
        purpose: "batch",
      });
      const body = { input_file_id: file.id, endpoint, completion_window: "24h" };
      const { id } = await post(bench, "/v1/batches", { body, headers: beta("one-2026") });
      await bench.pass(minute);
      await bench.finish(id);
      expect(batchesAt(bench)).toEqual([[sent, 1]]);
    },
  );
});
