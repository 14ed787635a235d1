import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hello, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { completion } from "./stage.ts";

let box: TestGateway;
beforeAll(async () => {
  box = await startTestGateway();
});
afterAll(() => box[Symbol.asyncDispose]());

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${box.gateway.url}/v1/chat/completions`, { method: "POST", body, headers });

/** Sends raw bytes and returns what comes back until the gateway closes or the text holds. */
function raw(bytes: string, holds: (text: string) => boolean = () => false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (piece) => {
    received += piece.toString("latin1");
    if (holds(received)) socket.destroy();
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve(received));
  socket.write(bytes, "latin1");
  return promise;
}

const asked = (): number => box.upstream.calls.length;
const withBody = (rest: string): string =>
  `{"model":"main","messages":[{"role":"user","content":"hi"}],${rest}}`;

test.each([
  ["depth", () => withBody(`"x":${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
  ["keys", () => withBody(Array.from({ length: 200_000 }, (_, at) => `"k${at}":1`).join(","))],
  [
    "messages",
    () =>
      `{"model":"main","messages":[${'{"role":"user","content":""},'.repeat(20_000)}{"role":"user","content":""}]}`,
  ],
])(
  "row 100: JSON with too much %s is 400, and another request is answered beside it",
  async (_what, bodyOf) => {
    const before = asked();
    const [told, beside] = await Promise.all([post(bodyOf()), box.chat()]);
    expect(told.status).toBe(400);
    expect(await told.json()).toMatchObject({ error: { type: "invalid_request_error" } });
    expect(beside.status).toBe(200);
    expect(asked() - before).toBe(1);
  },
);

test("row 101: keys that reach for the prototype change no object, wherever they stand", async () => {
  const evil = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
  for (const body of [
    withBody(evil),
    `{"model":"main","messages":[{"role":"user","content":"hi",${evil}}]}`,
    withBody(`"metadata":{${evil}}`),
    withBody(`"tools":[{"type":"function","function":{"name":"f","parameters":{${evil}}}}]`),
  ]) {
    expect((await post(body)).status).toBeLessThan(500);
  }
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

const wrong = ["null", "[]", "{}", '"x"', "-1", "1e400", "1e9", "true", "0.5"];

test.each([
  ["messages", ["null", "[]", "{}", '"x"', "-1", "true"]],
  ["model", ["null", "[]", "{}", "-1", "true"]],
  ["stream", ["[]", "{}", '"x"', "-1"]],
  ["max_tokens", wrong],
  ["n", wrong],
  ["temperature", wrong],
  ["tools", wrong],
  ["stop", wrong],
  ["response_format", wrong],
  ["stream_options", wrong],
])(
  "row 102: a wrong `%s` is 400 with the field, or the provider's to judge, and never 500",
  async (field, values) => {
    for (const value of values) {
      const told = await post(withBody(`${JSON.stringify(field)}:${value}`));
      const text = await told.text();
      expect([field, value, told.status, text]).toEqual([
        field,
        value,
        expect.any(Number),
        expect.not.stringContaining("internal_error"),
      ]);
      expect([200, 400]).toContain(told.status);
      if (told.status === 400)
        expect(JSON.parse(text)).toMatchObject({
          error: { param: expect.stringContaining(field) },
        });
    }
  },
);

test("row 103: text reaches the provider as it was sent, whatever letters it has", async () => {
  for (const content of [
    "\u0000 nul",
    "\u202e right to left",
    "🚂 four bytes",
    "\ud83d half a letter",
    "e\u0301",
  ]) {
    const answer = await box.chat({ messages: [{ role: "user", content }] });
    expect(answer.status).toBe(200);
    expect(box.upstream.calls.at(-1)?.body["messages"]).toMatchObject([{ content }]);
  }
  const broken = Buffer.from(JSON.stringify(hello).replace("hello", "h?llo"));
  broken[broken.indexOf("?")] = 0xff;
  const told = await post(new Uint8Array(broken));
  expect(told.status).toBe(400);
});

test.each([
  ["one letter a hundred thousand times", "a".repeat(100_000)],
  ["fifty thousand blanks", " ".repeat(50_000)],
  ["no word in it", "机器学习🚂".repeat(10_000)],
])("row 104: a prompt of %s is answered, and others beside it", async (_what, content) => {
  await using counting = await startTestGateway({
    policies: { main: "if tokens > 1000000 then a else b\n" },
  });
  const answers = await Promise.all([
    counting.chat({ messages: [{ role: "user", content }] }),
    counting.chat(),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
});

const get = (...lines: string[]): string =>
  ["GET /v1/models HTTP/1.1", "host: localhost", ...lines, "connection: close", "", ""].join(
    "\r\n",
  );

test.each([
  ["a NUL in a header", get("x-a: a\u0000b"), 400],
  ["a bare carriage return in a header", get("x-a: a\rb"), 400],
  ["a header of twenty thousand bytes", get(`x-a: ${"x".repeat(20_000)}`), 431],
  ["a header without a name", get(": x"), 400],
])("row 106: %s is refused, and the connection ends", async (_what, request, status) => {
  expect(Number((await raw(request)).split(" ")[1])).toBe(status);
});

test("row 106: no twin of a key's header is a key", async () => {
  await using keyed = await startTestGateway({
    yaml: `keys:\n  alice: { key: "\${ALICE}" }\n`,
    options: { variables: { UP_KEY: "u", ALICE: "sk-alice-0123456789" } },
  });
  const right = "sk-alice-0123456789";
  expect((await keyed.chat({}, { authorization: `Bearer ${right}` })).status).toBe(200);
  for (const name of ["x_api_key", "authorization_", "proxy-authorization", "x-authorization"])
    expect((await keyed.chat({}, { [name]: `Bearer ${right}` })).status).toBe(401);
});

test.each(["websocket", "h2c"])(
  "row 112: an upgrade to %s is passed over, and the request answered",
  async (protocol) => {
    const answer = await raw(
      [
        "GET /healthz HTTP/1.1",
        "host: localhost",
        `upgrade: ${protocol}`,
        "connection: upgrade, close",
        "",
        "",
      ].join("\r\n"),
      (text) => text.includes('{"ok":true}'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"ok":true\}/);
  },
);

test("row 113: fields that nobody knows reach a provider of the client's own wire", async () => {
  const answer = await box.chat({
    stream_options: { include_usage: true },
    stream: true,
    brand_new: { deep: [1, null] },
  });
  const text = await answer.text();
  expect(text).toMatch(/"usage":\{/);
  expect(box.upstream.calls.at(-1)?.body["brand_new"]).toEqual({ deep: [1, null] });
});

test("row 73: a wall clock that jumps neither ends a stream nor a rest", async () => {
  let jumpMs = 0;
  let rests = true;
  const gate = Promise.withResolvers<void>();
  await using jumping = await startTestGateway({
    policies: {
      main: "otherwise a fallback b with retry 0\n",
      other: "otherwise c with retry 0\n",
    },
    options: { clock: { now: () => Date.now() + jumpMs, monotonic: () => performance.now() } },
    script: ({ body }) => {
      if (body["model"] === "model-a" && rests)
        return { status: 429, headers: { "retry-after": "200" }, body: "{}" };
      return body["model"] === "model-c"
        ? { body: completion("late"), holdHead: gate.promise }
        : null;
    },
  });
  expect((await jumping.chat()).headers.get("x-signalbox-target")).toBe("b");
  rests = false;
  const late = jumping.chat({ model: "other" });
  for (const hours of [1, -1]) {
    jumpMs = hours * 3_600_000;
    const answer = await jumping.chat();
    expect([answer.status, answer.headers.get("x-signalbox-attempts")]).toEqual([200, "1"]);
    expect(answer.headers.get("x-signalbox-target")).toBe("b");
  }
  gate.resolve();
  expect((await late).status).toBe(200);
});
