import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import { StartError } from "../../src/gateway/start-error.ts";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { chunk, eventStream, logInto, startTestGateway } from "../support/gateway.ts";

const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');
const done = "data: [DONE]\n\n";

test("a graceful stop lets streams end, and takes no new connection meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  const held: Behaviour = {
    headers: eventStream,
    body: [chunk("begun"), chunk(" and done"), finish, done],
    hold: (piece) => (piece === 1 ? gate.promise : undefined),
  };
  await using box = await startTestGateway({ script: () => held });
  const streams = await Promise.all(Array.from({ length: 20 }, () => box.chat({ stream: true })));
  const closed = box.gateway.close();
  await expect(fetch(`${box.gateway.url}/healthz`)).rejects.toThrow();
  gate.resolve();
  for (const stream of streams) expect(await stream.text()).toContain("[DONE]");
  await closed;
});

test("streams that outlast the drain end with an error event and no [DONE]; the rest gets 503", async () => {
  const stalls: Behaviour = { headers: eventStream, body: [chunk("begun")], after: "stall" };
  await using box = await startTestGateway({
    script: ({ body }) => (body["stream"] === true ? stalls : { neverAnswers: true }),
  });
  const stream = await box.chat({ stream: true });
  const waiting = box.chat();
  while (box.upstream.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const closed = box.gateway.close(50);
  const text = await stream.text();
  expect(text).toMatch(/begun[\s\S]*"code":"shutting_down"/);
  expect(text).not.toContain("[DONE]");
  expect((await waiting).status).toBe(503);
  await closed;
  expect(await Promise.all(box.upstream.calls.map(({ left }) => left))).toEqual([true, true]);
});

test("a connection that nothing was asked over does not hold a stop up", async () => {
  await using box = await startTestGateway({ server: "drain: 60m" });
  await (await box.chat()).text();
  const unused = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  await once(unused, "connect");
  const closed = once(unused, "close");
  unused.resume();
  await box.gateway.close();
  await closed;
});

async function startIn(files: Readonly<Record<string, string>>, options = {}): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-start-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const configurationFile = join(folder, "signalbox.yaml");
  const gateway = await startGateway({
    configurationFile,
    variables: {},
    logger: logInto([]),
    ...options,
  }).catch((error: unknown) => error);
  if (!(gateway instanceof Error)) await (gateway as { kill(): Promise<void> }).kill();
  return gateway;
}

const free = "server: { port: 0 }\n";
const local =
  'providers: { home: { kind: vllm, url: "http://127.0.0.1:9" } }\ntargets: { a: { provider: home, model: m } }\n';

test.each<[string, Record<string, string>, RegExp]>([
  ["no configuration", {}, /cannot read .*signalbox\.yaml: there is no such file/],
  [
    "a default policy that is not there",
    { "signalbox.yaml": free + local },
    /no default policy `default`/,
  ],
  [
    "an error in the default policy",
    { "signalbox.yaml": free + local, "default.policy": "otherwise nobody\n" },
    /error\[P\d{4}\][\s\S]*default\.policy:1:11/,
  ],
  [
    "a host beyond loopback without client keys",
    {
      "signalbox.yaml": `server: { port: 0, host: 0.0.0.0 }\n${local}`,
      "default.policy": "otherwise a\n",
    },
    /loopback only, not on 0\.0\.0\.0/,
  ],
  [
    "a provider without its key",
    {
      "signalbox.yaml": `${free}providers: { o: { kind: openai, key: "\${NO_SUCH_KEY}" } }\ntargets: { a: { provider: o, model: gpt-x } }\n`,
      "default.policy": "otherwise a\n",
    },
    /provider `o` has no key: NO_SUCH_KEY is not set/,
  ],
])("%s is told at the start, and nothing is served", async (_name, files, said) => {
  const error = await startIn(files);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toMatch(said);
});

test("a taken port is told in one line", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  const files = { "signalbox.yaml": local, "default.policy": "otherwise a\n" };
  const error = await startIn(files, { port });
  expect((error as StartError).message).toBe(
    `cannot listen on 127.0.0.1:${port}: something else listens there already`,
  );
  server.close();
});

test("with stand-ins, what has no key or does not answer is played and said to be; never beyond loopback", async () => {
  const files = {
    "signalbox.yaml": `${free}providers:\n  o: { kind: openai, key: "\${NO_SUCH_KEY}" }\n  home: { kind: vllm, url: "http://127.0.0.1:9" }\ntargets:\n  a: { provider: o, model: gpt-x }\n  b: { provider: home, model: m }\n`,
    "default.policy": "otherwise a fallback b\n",
  };
  const folder = mkdtempSync(join(tmpdir(), "signalbox-start-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const gateway = await startGateway({
    configurationFile: join(folder, "signalbox.yaml"),
    variables: {},
    standIns: true,
    logger: logInto([]),
  });
  expect(gateway.targets()).toEqual([
    { name: "a", state: "stand-in" },
    { name: "b", state: "stand-in" },
  ]);
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "default", messages: [{ role: "user", content: "hi" }] }),
  });
  expect(response.headers.get("x-signalbox-stand-in")).toBe("true");
  expect(await response.text()).toContain("stand-in");
  await gateway.kill();
  const error = await startIn(files, { standIns: true, host: "0.0.0.0" });
  expect((error as StartError).message).toMatch(/stand-ins are refused on 0\.0\.0\.0/);
});

test("a policy with errors that is not the default is not served, and readiness says why", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise a\n", broken: "otherwise nobody\n" },
  });
  const ready = await (await fetch(`${box.gateway.url}/readyz`)).json();
  expect(ready).toMatchObject({
    ready: true,
    policies: [
      { name: "main" },
      { name: "broken", hash: null, lastError: expect.stringMatching(/nobody/) },
    ],
  });
  const response = await box.chat({ model: "broken" });
  expect(response.headers.get("x-signalbox-policy")).toMatch(/^main@/);
});
