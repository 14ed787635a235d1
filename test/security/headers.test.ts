import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  chunk,
  eventStream,
  hello,
  startTestGateway,
  type TestGateway,
} from "../support/gateway.ts";

const clientKey = "sk-client-canary-0123456789";
const providerKey = "sk-provider-canary-0123456789";

interface Seen {
  readonly raw: string[];
  readonly url: string;
  readonly body: string;
}
const seen: Seen[] = [];
let server: Server;
let box: TestGateway;
/** Whatever else an answer's head says; a name in capitals is one that clients must not see. */
const told: Readonly<Record<string, string>> = {
  "set-cookie": "session=CANARY",
  server: "CANARY/1.0",
  "x-goog-api-key": providerKey,
  authorization: `Bearer ${providerKey}`,
  location: "http://169.254.169.254/CANARY",
  "x-upstream-host": "CANARY.internal",
  "openai-organization": "CANARY",
  "access-control-allow-origin": "*",
  via: "1.1 CANARY",
  "x-signalbox-target": "CANARY",
  "x-long": "CANARY".repeat(500),
};
const whole = JSON.stringify({
  ...{ id: "c1", object: "chat.completion", created: 1, model: "m" },
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      seen.push({ raw: request.rawHeaders, url: request.url ?? "", body });
      const { stream, model } = JSON.parse(body) as { stream?: boolean; model: string };
      if (model === "refused") {
        response.writeHead(401, { ...told, "content-type": "application/json" });
        response.end(JSON.stringify({ error: { message: `bad key ${providerKey}`, code: null } }));
      } else if (stream === true) {
        response.writeHead(200, { ...told, ...eventStream });
        response.end(`${chunk("hi")}${finish}data: [DONE]\n\n`);
      } else {
        response.writeHead(200, { ...told, "content-type": "application/json" });
        response.end(whole);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  box = await startTestGateway({
    policies: { main: "otherwise requested\n" },
    providers: () =>
      `  own: { kind: openai-compatible, url: "${url}/v1", key: "\${OWN}", headers: { x-org: team } }`,
    targets: "  t: { provider: own, model: t }\n  r: { provider: own, model: refused }",
    yaml: `keys:\n  alice: { key: "\${CLIENT}" }\n`,
    options: { variables: { UP_KEY: "u", OWN: providerKey, CLIENT: clientKey } },
  });
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  server.close();
});

/** What comes back for raw header lines, as bytes. */
function ask(body: object, ...lines: readonly string[]): Promise<string> {
  const text = JSON.stringify({ ...hello, model: "t", ...body });
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve(received));
  const head = [
    "POST /v1/chat/completions?secret=CANARY HTTP/1.1",
    "host: CANARY.example",
    `authorization: Bearer ${clientKey}`,
    `content-length: ${Buffer.byteLength(text)}`,
    ...lines,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
  return promise;
}

const hostile = [
  "connection: close, x-nominated",
  "x-nominated: CANARY",
  "cookie: session=CANARY",
  `x-api-key: ${clientKey}`,
  "x-forwarded-for: CANARY",
  "x-forwarded-host: CANARY",
  "x-real-ip: 10.0.0.1",
  "forwarded: for=CANARY",
  "proxy-authorization: Basic CANARY",
  "te: trailers",
  "keep-alive: timeout=CANARY",
  "upgrade: CANARY",
  "x-original-url: /CANARY",
  "x-http-method-override: DELETE",
  "openai-organization: CANARY",
  "anthropic-beta: CANARY",
  "user-agent: CANARY",
  "x-stainless-lang: CANARY",
  "referer: http://CANARY",
  "origin: http://CANARY",
  "accept-encoding: gzip, CANARY",
];

test.each([false, true])(
  "nothing of a client's head reaches the provider, nor its key (stream: %s)",
  async (stream) => {
    seen.length = 0;
    const answer = await ask({ stream }, ...hostile);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    const [sent] = seen;
    const names = (sent?.raw ?? []).filter((_, at) => at % 2 === 0);
    expect(names.map((name) => name.toLowerCase()).toSorted()).toEqual([
      ...["accept-encoding", "authorization", "connection", "content-length", "content-type"],
      ...["host", "user-agent", "x-org"],
    ]);
    expect(sent?.raw).toContain(`Bearer ${providerKey}`);
    expect(sent?.url).toBe("/v1/chat/completions");
    const all = JSON.stringify(seen);
    expect(all).not.toContain("CANARY");
    expect(all).not.toContain(clientKey);
  },
);

test.each([
  ["a whole answer", { model: "t" }, 200],
  ["a stream", { model: "t", stream: true }, 200],
  ["a refusal", { model: "r" }, 502],
])(
  "nothing of a provider's head reaches the client, nor its key: %s",
  async (_name, body, status) => {
    const answer = await ask(body, "connection: close");
    const [head = ""] = answer.split("\r\n\r\n");
    const [line, ...fields] = head.split("\r\n");
    expect(line).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const names = fields.map((field) => field.split(":")[0]?.toLowerCase() ?? "");
    const allowed =
      /^(?:connection|content-type|content-length|transfer-encoding|date|cache-control|x-accel-buffering|retry-after|x-request-id|x-signalbox-(?:policy|rule|target|attempts))$/;
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(answer).not.toContain("CANARY");
    expect(answer).not.toContain(providerKey);
  },
);

const forged = 'm"\r\ndata: {"forged":true}\r\n\r\nset-cookie: x=1\n\u2028\u0000\u001b[31m';

test("a model's name makes no line of a head, of an event or of a log", async () => {
  for (const body of [{ model: forged }, { model: forged, stream: true }]) {
    const answer = await ask(body, "connection: close");
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer.split("\r\n\r\n")).toHaveLength(2);
    expect(answer).not.toMatch(/^data:/m);
    expect(answer).not.toMatch(/^set-cookie/im);
  }
  for (const line of box.logged) expect(line.trim().split("\n")).toHaveLength(1);
});

test("what a user calls itself makes no event of a stream", async () => {
  const answer = await ask(
    { stream: true, user: forged, metadata: { [forged]: forged } },
    "connection: close",
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(answer).not.toContain("forged");
  expect(answer.match(/^data: /gm)).toHaveLength(3);
});
