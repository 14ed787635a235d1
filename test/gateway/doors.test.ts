import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hello, startTestGateway, type TestGateway } from "../support/gateway.ts";

/** Sends raw bytes and returns all that comes back until the gateway closes. */
function raw(box: TestGateway, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve(received));
  socket.write(text);
  return promise;
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, ...headers, "connection: close", "", ""].join("\r\n");

let open: TestGateway;
let keyed: TestGateway;
beforeAll(async () => {
  open = await startTestGateway({
    server:
      "allowed-hosts: [gateway.test], allowed-origins: [https://app.test], body-limit: 1048576",
  });
  keyed = await startTestGateway(keyedSetup);
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await keyed[Symbol.asyncDispose]();
});

test.each<[string, string[], number]>([
  ["a loopback name", ["host: localhost:1234"], 200],
  ["a loopback address", ["host: 127.0.0.1"], 200],
  ["another loopback address", ["host: 127.8.9.10:80"], 200],
  ["a loopback address of version 6", ["host: [::1]:8787"], 200],
  ["an allowed host", ["host: gateway.test:8787"], 200],
  ["a rebound name", ["host: evil.example"], 403],
  ["a name that begins like a loopback one", ["host: 127.0.0.1.evil.example"], 403],
  ["a host with a path in it", ["host: localhost/?x=evil.example"], 403],
  ["two hosts", ["host: localhost", "host: evil.example"], 400],
  ["no host", [], 400],
  ["the gateway's own origin", ["host: localhost:1234", "origin: http://localhost:1234"], 200],
  ["an allowed origin", ["host: localhost", "origin: https://app.test"], 200],
  ["a web page of elsewhere", ["host: localhost", "origin: https://evil.example"], 403],
  ["a page without an origin of its own", ["host: localhost", "origin: null"], 403],
  ["another port of this machine", ["host: localhost:1234", "origin: http://localhost:9999"], 403],
])("without client keys, %s is let in or not", async (_name, headers, status) => {
  const answer = await raw(open, get("/v1/models", ...headers));
  expect(Number(answer.split(" ")[1])).toBe(status);
  if (status !== 200) expect(answer).toContain('{"error":{');
});

test("every request line but a plain path is refused, and unknown paths are told in the envelope", async () => {
  const box = open;
  for (const [path, status] of [
    ["http://localhost/v1/models", 400],
    ["*", 400],
    ["//v1/models", 404],
    ["/v1/chat%2fcompletions", 404],
    ["/v1/../admin/policies", 404],
    ["/v1/models?x=1", 200],
  ] as const) {
    const answer = await raw(box, get(path, "host: localhost"));
    expect([path, Number(answer.split(" ")[1])]).toEqual([path, status]);
  }
});

test.each([
  [
    "content-length and transfer-encoding together",
    ["content-length: 3", "transfer-encoding: chunked"],
  ],
  ["two content-lengths", ["content-length: 3", "content-length: 4"]],
  ["a folded header", ["x-a: 1", " folded"]],
  ["a space before the colon", ["x-a : 1"]],
])("%s is 400 and the end of the connection", async (_name, headers) => {
  const box = open;
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: localhost", ...headers, "", "{}"];
  expect(await raw(box, head.join("\r\n"))).toMatch(/^HTTP\/1.1 400 /);
});

const keys = `keys:
  alice: { key: "\${ALICE}", user: alice, models: [main, a] }
  bob: { key: "\${BOB}", policy: other }
admin: { key: "\${ADMIN}" }
`;
const keyedSetup = {
  yaml: keys,
  policies: { main: "otherwise requested fallback b on unavailable\n", other: "otherwise c\n" },
  options: {
    variables: {
      UP_KEY: "u",
      ALICE: "sk-alice-0123456789",
      BOB: "sk-bob-0123456789",
      ADMIN: "sk-admin-0123456789",
    },
  },
};

test("with client keys only a bearer of one gets in, and errors tell all wrong keys the same", async () => {
  const box = keyed;
  const answers: unknown[] = [];
  for (const authorization of [
    "",
    "Bearer ",
    "Bearer sk-alice",
    "Bearer sk-alice-0123456789x",
    "sk-alice-0123456789",
  ]) {
    const response = await box.chat({}, authorization === "" ? {} : { authorization });
    expect(response.status).toBe(401);
    answers.push(await response.json());
  }
  expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
  const response = await box.chat({ model: "a" }, { authorization: "Bearer sk-alice-0123456789" });
  expect(response.headers.get("x-signalbox-target")).toBe("a");
});

test("a key names its policy and what it may ask for; the rest is told like what is not there", async () => {
  const box = keyed;
  const alice = { authorization: "Bearer sk-alice-0123456789" };
  const bob = { authorization: "Bearer sk-bob-0123456789" };
  for (const model of ["b", "other"]) {
    const response = await box.chat({ model }, alice);
    expect([model, response.status]).toEqual([model, 404]);
  }
  const own = await box.chat({ model: "whatever" }, bob);
  expect(own.headers.get("x-signalbox-policy")).toMatch(/^other@/);
  const list = await fetch(`${box.gateway.url}/v1/models`, { headers: alice });
  const { data } = (await list.json()) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toEqual(["main", "a"]);
});

test("admin routes want the admin key, whoever asks", async () => {
  const box = keyed;
  const ask = (key?: string) =>
    fetch(`${box.gateway.url}/admin/policies`, {
      headers: key === undefined ? {} : { "x-signalbox-admin-key": key },
    });
  expect((await ask()).status).toBe(401);
  expect((await ask("sk-alice-0123456789")).status).toBe(401);
  const granted = await ask("sk-admin-0123456789");
  expect(granted.status).toBe(200);
  expect(await granted.json()).toMatchObject({
    ready: true,
    policies: [{ name: "main" }, { name: "other" }],
  });
});

test("what a client may send is bounded, and refused by name", async () => {
  const box = open;
  const asked = box.upstream.calls.length;
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${box.gateway.url}/v1/chat/completions`, { method: "POST", body, headers });
  const cases: [string, string, number, string | null][] = [
    ["not JSON", "{", 400, null],
    ["too deep", `{"model":"m","messages":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, 400, null],
    ["no messages", JSON.stringify({ model: "m" }), 400, "messages"],
    ["messages of a wrong type", JSON.stringify({ ...hello, messages: "hi" }), 400, "messages"],
    ["a model of a wrong type", JSON.stringify({ ...hello, model: 7 }), 400, "model"],
    ["stream of a wrong type", JSON.stringify({ ...hello, stream: "yes" }), 400, "stream"],
  ];
  for (const [name, body, status, param] of cases) {
    const response = await post(body);
    expect([name, response.status]).toEqual([name, status]);
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", param },
    });
    expect(response.headers.get("x-request-id")).not.toBeNull();
  }
  expect((await post("x", { "content-encoding": "gzip" })).status).toBe(415);
  const method = await fetch(`${box.gateway.url}/v1/chat/completions`);
  expect([method.status, method.headers.get("allow")]).toEqual([405, "POST"]);
  expect(box.upstream.calls).toHaveLength(asked);
});

test.each(["announced", "chunked"])(
  "a body over the limit is 413 and read by nobody (%s)",
  async (kind) => {
    const box = open;
    const asked = box.upstream.calls.length;
    const over = 1_048_577;
    const head = ["POST /v1/chat/completions HTTP/1.1", "host: localhost", "connection: close"];
    if (kind === "announced") {
      expect(await raw(box, [...head, `content-length: ${over}`, "", ""].join("\r\n"))).toMatch(
        /^HTTP\/1.1 413 /,
      );
    } else {
      const piece = `${(1 << 20).toString(16)}\r\n${" ".repeat(1 << 20)}\r\n`;
      const text = `${[...head, "transfer-encoding: chunked", "", ""].join("\r\n")}${piece.repeat(3)}`;
      expect(await raw(box, text)).toMatch(/^HTTP\/1.1 413 /);
    }
    expect(box.upstream.calls).toHaveLength(asked);
  },
);

test("a sane request id of the client is kept, any other replaced", async () => {
  const box = open;
  for (const [said, kept] of [
    ["trace-1:a.b", true],
    ["has space", false],
    ["x".repeat(200), false],
  ] as const) {
    const response = await box.chat({}, { "x-request-id": said });
    expect(response.headers.get("x-request-id") === said).toBe(kept);
  }
});

test("health, readiness and metrics answer, metrics with the active hash", async () => {
  await using box = await startTestGateway();
  await (await box.chat()).text();
  expect(await (await fetch(`${box.gateway.url}/healthz`)).json()).toEqual({ ok: true });
  const ready = (await (await fetch(`${box.gateway.url}/readyz`)).json()) as {
    policies: { name: string; hash: string }[];
  };
  expect(ready).toMatchObject({
    ready: true,
    targets: [{ name: "a", state: "ready" }, {}, {}, {}],
  });
  const text = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(text).toContain(
    `signalbox_policy_info{policy="main",hash="${ready.policies[0]?.hash}"} 1`,
  );
  expect(text).toContain('signalbox_requests_total{policy="main",outcome="ok"} 1');
  expect(text).toContain('signalbox_request_duration_seconds_bucket{le="+Inf",policy="main"} 1');
  expect(text).not.toMatch(/^(?!signalbox_|#|$)/m);
});

test("a web page of an allowed origin may ask first and read the answer", async () => {
  const headers = { origin: "https://app.test", "access-control-request-method": "POST" };
  const url = `${open.gateway.url}/v1/chat/completions`;
  const preflight = await fetch(url, { method: "OPTIONS", headers });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.test");
  const answer = await open.chat({}, { origin: "https://app.test" });
  expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.test");
  const exposed = answer.headers.get("access-control-expose-headers")?.split(", ");
  expect(exposed).toEqual(expect.arrayContaining(["x-request-id", "x-signalbox-dropped"]));
});
