import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/**
 * The provider of the gateway benches, run as a process of its own: it answers at once, so that what is measured is the
 * gateway. `/ok/…` answers, `/fail/…` refuses with 503. A streamed request gets `x-bench-chunks` chunks.
 */
const replyText = "A reply of about six hundred bytes. ".repeat(9);

const reply = Buffer.from(
  JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 1_763_900_000,
    model: "bench-model",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: replyText, refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 190, completion_tokens: 80, total_tokens: 270 },
  }),
);

const refusal = Buffer.from(
  JSON.stringify({
    error: {
      message: "overloaded",
      type: "service_unavailable_error",
      code: "server_is_overloaded",
      param: null,
    },
  }),
);

function chunk(delta: object, finish: string | null): Buffer {
  return Buffer.from(
    `data: ${JSON.stringify({
      id: "chatcmpl-bench",
      object: "chat.completion.chunk",
      created: 1_763_900_000,
      model: "bench-model",
      system_fingerprint: "fp_bench",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
    })}\n\n`,
  );
}

const first = chunk({ role: "assistant", content: "" }, null);
const text = chunk({ content: " twelve bytes" }, null);
const last = chunk({}, "stop");
const usage = Buffer.from(
  'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1763900000,"model":"bench-model","choices":[],"usage":{"prompt_tokens":190,"completion_tokens":64,"total_tokens":254}}\n\n',
);
const done = Buffer.from("data: [DONE]\n\n");

function stream(response: ServerResponse, chunks: number, paceMs: number): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.write(first);
  let sent = 0;
  const step = (): void => {
    if (response.destroyed) return;
    response.write(text);
    sent += 1;
    if (sent === chunks) {
      response.write(last);
      response.write(usage);
      response.end(done);
      return;
    }
    if (paceMs > 0) setTimeout(step, paceMs);
    else setImmediate(step);
  };
  step();
}

function answer(request: IncomingMessage, response: ServerResponse, streamed: boolean): void {
  if (request.url?.startsWith("/fail") === true) {
    response.writeHead(503, {
      "content-type": "application/json",
      "content-length": refusal.length,
    });
    response.end(refusal);
    return;
  }
  if (streamed) {
    const chunks = Number(request.headers["x-bench-chunks"] ?? process.env["BENCH_CHUNKS"] ?? 64);
    stream(response, chunks, Number(process.env["BENCH_PACE_MS"] ?? 0));
    return;
  }
  response.writeHead(200, { "content-type": "application/json", "content-length": reply.length });
  response.end(reply);
}

const server = createServer((request, response) => {
  let streamed = false;
  request.on("data", (bytes: Buffer) => {
    streamed ||= bytes.includes('"stream":true');
  });
  request.on("end", () => answer(request, response, streamed));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` });
});
process.on("disconnect", () => process.exit(0));
