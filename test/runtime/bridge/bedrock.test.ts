import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { awsFrame } from "../../support/aws-event-stream.ts";
import {
  type BridgeBench,
  bridgedProvider,
  createBridgeBench,
  isInstalled,
} from "../../support/bridge-bench.ts";
import { planOver } from "../../support/plans.ts";
import { chat } from "../providers/support.ts";

const name = "@ai-sdk/amazon-bedrock";
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: readonly (Uint8Array | string)[];
  /** Whether the connection is reset behind the pieces. */
  readonly cut?: boolean;
}

/** An upstream on loopback, and a bench whose provider is signed for with keys of its own. */
async function stage(answer: Answer): Promise<{ seen: Seen[]; bench: BridgeBench }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Seen["body"];
    seen.push({ path: request.url ?? "", headers: request.headers, body });
    response.writeHead(answer.status ?? 200, {
      "content-type": "application/vnd.amazon.eventstream",
      ...answer.headers,
    });
    for (const piece of answer.pieces)
      await new Promise<unknown>((resolve) => response.write(piece, resolve));
    if (answer.cut === true) response.socket?.resetAndDestroy();
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = {
    region: "eu-central-1",
    accessKeyId: "AKIATESTTESTTEST",
    secretAccessKey: "very-secret-of-the-test",
  };
  const sdk = { package: name, options, secrets: ["very-secret-of-the-test"] } as const;
  const bench = await createBridgeBench(bridgedProvider(name, url, { key: null, sdk }));
  open.push(bench, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return { seen, bench };
}

const model = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const start = awsFrame("messageStart", { role: "assistant" });
const text = (said: string) =>
  awsFrame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: said } });
const stop = (at = 0) => awsFrame("contentBlockStop", { contentBlockIndex: at });
const end = (stopReason = "end_turn") => awsFrame("messageStop", { stopReason });
const metadata = awsFrame("metadata", {
  usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14, cacheReadInputTokens: 6 },
  metrics: { latencyMs: 1 },
});

describe.skipIf(!isInstalled(name))("through @ai-sdk/amazon-bedrock", () => {
  test("a stream of frames is signed for, read and written on the client's wire", async () => {
    const pieces = [start, text("hel"), text("lo"), stop(), end(), metadata];
    const whole = Buffer.concat(pieces);
    // Cut anywhere: frames do not end where pieces of a connection do.
    const cuts = [whole.subarray(0, 50), whole.subarray(50, 333), whole.subarray(333)];
    const { bench, seen } = await stage({ pieces: cuts });
    const { sink, result } = bench.send(planOver([model]), true);
    const { outcome, attempts } = await result;
    expect(outcome).toBe("ok");
    expect(sink.text()).toContain('"content":"hel"');
    expect(sink.text()).toMatch(/"finish_reason":"stop"[^\n]*\n\ndata: \[DONE\]\n\n$/);
    expect(attempts[0]?.usage).toMatchObject({
      inputTokens: 16,
      cachedReadTokens: 6,
      outputTokens: 4,
      estimated: false,
    });
    expect(decodeURIComponent(seen[0]?.path ?? "")).toBe(`/model/${model}/converse-stream`);
    expect(seen[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIATEST/);
    expect(seen[0]?.headers["accept-encoding"]).toBe("identity");
    expect(bench.bugs).toEqual([]);
  });

  test("signed thinking comes out with its signature, and goes back with it to the same model alone", async () => {
    const thinking = (delta: object) =>
      awsFrame("contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: delta } });
    const { bench, seen } = await stage({
      pieces: [
        ...[start, thinking({ text: "hm" }), thinking({ signature: "sig==" }), stop()],
        awsFrame("contentBlockDelta", { contentBlockIndex: 1, delta: { text: "so" } }),
        ...[stop(1), end(), metadata],
      ],
    });
    const { sink, result } = bench.send(planOver([model]), true);
    expect((await result).outcome).toBe("ok");
    const detail = { type: "reasoning.text", text: "hm", signature: "sig==", model };
    expect(sink.text()).toContain(JSON.stringify([detail]));
    const earlier = { role: "assistant", content: "so", reasoning_details: [detail] };
    const again = chat({
      messages: [{ role: "user", content: "a" }, earlier, { role: "user", content: "b" }],
    });
    await bench.send(planOver([model]), true, again).result;
    await bench.send(planOver(["other.model"]), true, again).result;
    const signed = { reasoningContent: { reasoningText: { text: "hm", signature: "sig==" } } };
    const contents = seen
      .slice(1)
      .map(({ body }) => (body["messages"] as { content: unknown[] }[])[1]?.content);
    expect(contents).toEqual([[signed, { text: "so" }], [{ text: "so" }]]);
  });

  test("a budget to think is asked for within the client's limit", async () => {
    const { bench, seen } = await stage({ pieces: [start, text("x"), stop(), end(), metadata] });
    const thinking = { type: "enabled", budget_tokens: 30_000 };
    const request = chat({ max_tokens: 5000, thinking } as object);
    await bench.send(planOver([model]), true, request).result;
    expect(seen[0]?.body).toMatchObject({
      inferenceConfig: { maxTokens: 5000 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2500 } },
    });
  });

  test("a cache mark becomes a cache point behind its message", async () => {
    const { bench, seen } = await stage({ pieces: [start, text("x"), stop(), end(), metadata] });
    const content = [{ type: "text" as const, text: "long", cache_control: { type: "ephemeral" } }];
    const request = chat({ messages: [{ role: "user", content }] });
    await bench.send(planOver([model]), true, request).result;
    expect(seen[0]?.body["messages"]).toEqual([
      { role: "user", content: [{ text: "long" }, { cachePoint: { type: "default" } }] },
    ]);
  });

  test.each<[string, Answer, object]>([
    [
      "throttling",
      { status: 429, pieces: ['{"message":"Too many requests"}'] },
      { cause: "rate_limited", status: 429 },
    ],
    [
      "an exception in the stream",
      { pieces: [start, awsFrame("throttlingException", { message: "slow" }, "exception")] },
      { cause: "overloaded", status: 429 },
    ],
    [
      "a server's exception in the stream",
      { pieces: [start, awsFrame("internalServerException", { message: "x" }, "exception")] },
      { cause: "server_error", status: 500 },
    ],
    ["a cut", { pieces: [start], cut: true }, { cause: "cut_stream" }],
    ["an end without a reason", { pieces: [start, text("x")] }, { cause: "cut_stream" }],
    ["403", { status: 403, pieces: ['{"message":"no access"}'] }, { cause: "auth", status: 403 }],
    [
      "a prompt that is too long",
      { status: 400, pieces: ['{"message":"Input is too long for requested model."}'] },
      { cause: "context_exceeded" },
    ],
  ])("%s is classified", async (_, answer, expected) => {
    const { bench } = await stage(answer);
    const { failure } = await bench.send(planOver([model]), true).result;
    expect(failure).toMatchObject(expected);
    expect(bench.bugs).toEqual([]);
  });

  test("half a frame at the end is a cut stream, whatever the package calls it", async () => {
    const { bench } = await stage({ pieces: [start, text("x").subarray(0, 30)] });
    const { failure } = await bench.send(planOver([model]), true).result;
    expect(failure?.cause).toBe("cut_stream");
    expect(bench.bugs).toEqual([]);
  });
});
