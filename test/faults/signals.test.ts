import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { type Serving, serve } from "../support/command.ts";
import { chunk, configurationText, eventStream } from "../support/gateway.ts";
import { until } from "./stage.ts";

let folder: string;
let upstream: StandIn;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "signalbox-signals-"));
  upstream = await startStandIn({
    script: ({ body }) =>
      body["stream"] === true
        ? { headers: eventStream, body: [chunk("begun")], after: "stall" }
        : null,
  });
});
afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<Serving> {
  const configuration = configurationText(upstream.url, {
    server: "drain: 60m",
    yaml: "telemetry: { decision-log: decisions.jsonl }\n",
  });
  writeFileSync(join(folder, "signalbox.yaml"), configuration);
  writeFileSync(join(folder, "main.policy"), "otherwise a with retry 0\n");
  return serve(["--config", join(folder, "signalbox.yaml")], { env: { UP_KEY: "k" } });
}

const ask = (url: string, stream = false): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", stream, messages: [{ role: "user", content: "hi" }] }),
  });

const linesOf = (file: string): number =>
  readFileSync(join(folder, file), "utf8").split("\n").length - 1;

test("row 154: a second signal ends at once what the first would let finish, and no record is lost", async () => {
  const { first, ended, send } = await start();
  await (await ask(first.listening)).arrayBuffer();
  const stream = await ask(first.listening, true);
  const reader = stream.body?.getReader();
  await reader?.read();
  send("SIGTERM");
  // It takes no new connection, and waits for the stream: for an hour, if nobody says more.
  await expect(
    (async () => {
      for (;;) await (await fetch(`${first.listening}/healthz`)).text();
    })(),
  ).rejects.toThrow();
  let code: number | null = null;
  const over = ended.then((each) => {
    code = each;
  });
  // What comes right behind the first is taken for the same; the stand-in's events pass the time.
  while (code === null) {
    send("SIGTERM");
    await Promise.race([over, fetch(`${upstream.url}/v1/models`).then((each) => each.text())]);
  }
  expect(code).toBe(1);
  await expect(reader?.read()).rejects.toThrow();
  expect(linesOf("decisions.jsonl")).toBe(2);
});

test("row 155: SIGHUP opens the log anew and reads the files anew", async () => {
  const { first, send, stop } = await start();
  await (await ask(first.listening)).arrayBuffer();
  const metrics = async (): Promise<string> => (await fetch(`${first.listening}/metrics`)).text();
  const log = join(folder, "decisions.jsonl");
  await until(() => linesOf("decisions.jsonl") === 1);
  renameSync(log, join(folder, "put-aside.jsonl"));
  send("SIGHUP");
  while (!(await metrics()).includes('signalbox_reloads_total{result="unchanged"} 1'));
  await (await ask(first.listening)).arrayBuffer();
  await until(() => existsSync(log) && linesOf("decisions.jsonl") === 1);
  expect(linesOf("put-aside.jsonl")).toBe(1);
  expect(await stop()).toBe(0);
});
