import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { chunk, configurationText, eventStream } from "../support/gateway.ts";

let folder: string;
let upstream: StandIn;
const gate = Promise.withResolvers<void>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-descriptors-"));
  const finish = chunk("").replace('"finish_reason":null', '"finish_reason":"stop"');
  upstream = await startStandIn({
    script: ({ body }) =>
      body["stream"] === true
        ? {
            headers: eventStream,
            body: [chunk("begun"), chunk(" and done"), finish, "data: [DONE]\n\n"],
            hold: (piece) => (piece === 1 ? gate.promise : undefined),
          }
        : null,
  });
});
afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (url: string, stream = false): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ model: "main", stream, messages: [{ role: "user", content: "hi" }] }),
  });

/** Connects and tells whether the gateway kept the connection, once it has answered or closed it. */
async function held(port: number): Promise<Socket | null> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const told = Promise.withResolvers<boolean>();
  socket.on("data", () => told.resolve(true)).on("close", () => told.resolve(false));
  socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
  return (await told.promise) ? socket : null;
}

test("row 149: without file descriptors new requests are refused and streams go on, and it recovers", async () => {
  writeFileSync(join(folder, "signalbox.yaml"), configurationText(upstream.url, {}));
  writeFileSync(join(folder, "main.policy"), "otherwise a with retry 0\n");
  const child = spawn(
    "/bin/sh",
    [
      ...["-c", 'ulimit -n 96; exec "$0" "$@"', process.execPath],
      ...["bin/signalbox.mjs", "serve", "--json", "--port", "0"],
      ...["--config", join(folder, "signalbox.yaml")],
    ],
    { env: { ...process.env, UP_KEY: "k" }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { listening: url } = JSON.parse(line) as { listening: string };
  const port = Number(new URL(url).port);
  const stream = await ask(url, true);
  const reader = stream.body?.getReader();
  await reader?.read();
  const sockets: Socket[] = [];
  for (let full = false; !full; ) {
    const socket = await held(port);
    if (socket === null) full = true;
    else sockets.push(socket);
  }
  // One connection is given back for the client's own; there is none for the provider's.
  sockets.pop()?.destroy();
  const refused = await ask(url);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({
    error: { type: "overloaded_error", message: expect.stringContaining("no more connections") },
  });
  gate.resolve();
  let rest = "";
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read())
    rest += new TextDecoder().decode(piece.value);
  expect(rest).toContain("[DONE]");
  for (const socket of sockets) socket.destroy();
  let answer = await ask(url);
  while (answer.status !== 200) {
    await answer.arrayBuffer();
    answer = await ask(url);
  }
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
