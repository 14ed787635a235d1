import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";

/**
 * The floor of the gateway benches, run as a process of its own: bare node:http and undici's `dispatch`. A request that is
 * not streamed is parsed and re-serialised on the way up and on the way down; a stream's bytes pass through.
 */
const pool = new Pool(process.env["BENCH_UPSTREAM"] ?? "", { connections: 256 });

function relay(body: string, streamed: boolean, response: ServerResponse): void {
  const parts: Buffer[] = [];
  pool.dispatch(
    {
      path: "/ok/v1/chat/completions",
      method: "POST",
      headers: ["content-type", "application/json", "authorization", "Bearer bench"],
      body,
    },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        response.writeHead(status, { "content-type": String(headers["content-type"]) });
      },
      onResponseData(_controller, bytes) {
        if (streamed) response.write(bytes);
        else parts.push(bytes);
      },
      onResponseEnd() {
        if (streamed) response.end();
        else response.end(JSON.stringify(JSON.parse(Buffer.concat(parts).toString("utf8"))));
      },
      onResponseError(_controller, error) {
        response.destroy(error);
      },
    },
  );
}

const server = createServer((request: IncomingMessage, response) => {
  const parts: Buffer[] = [];
  request.on("data", (bytes: Buffer) => parts.push(bytes));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as {
      stream?: boolean;
      model: string;
    };
    body.model = "bench-model";
    relay(JSON.stringify(body), body.stream === true, response);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` });
});
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit(0));
