import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import { openSqliteKeyStore } from "../../src/runtime/store/sqlite-key-store.ts";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { batchFolder, benchStartMs, line, startBatchBench } from "../support/batch-bench.ts";
import type { ChildSays } from "../support/batch-child.ts";
import { adminKey, askAdmin, chatWith, startKeyDesk } from "../support/key-desk.ts";

const yaml = "admin: { key: { file: admin.key } }\n";

describe("a gateway that is killed once it has answered", () => {
  let upstream: StandIn;
  let folder: string;
  beforeAll(async () => {
    upstream = await startStandIn({ records: true });
    folder = batchFolder(upstream.url, { policy: "otherwise home", yaml });
    writeFileSync(join(folder, "admin.key"), adminKey);
  });
  afterAll(async () => {
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs with a gateway in a process of its own, which is killed at once when that is over. */
  async function lifetime<T>(run: (url: string) => Promise<T>): Promise<T> {
    const child: ChildProcess = fork("test/support/batch-child.ts", [
      join(folder, "signalbox.yaml"),
      String(benchStartMs),
    ]);
    const [says] = (await once(child, "message")) as [ChildSays];
    try {
      return await run("url" in says ? says.url : "");
    } finally {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
  }

  const order = (url: string, request: string, body?: unknown) =>
    askAdmin({ url, adminUrl: null }, request, body);

  test("knows each key again as it was answered", async () => {
    const secretOf = async (url: string, request: string, body: object): Promise<string> =>
      (await order(url, request, body)).body.secret ?? "";
    const first = await lifetime((url) => secretOf(url, "POST /admin/keys", { name: "app" }));
    const second = await lifetime((url) =>
      secretOf(url, "POST /admin/keys/app/rotate", { grace: "1h" }),
    );
    await lifetime(async (url) => {
      expect(await chatWith(url, null)).toBe("401 invalid_api_key");
      expect(await chatWith(url, first)).toBe("200 main");
      expect(await chatWith(url, second)).toBe("200 main");
      await order(url, "POST /admin/keys/app/revoke");
    });
    await lifetime(async (url) => {
      expect(await chatWith(url, second)).toBe("401 revoked_api_key");
      await order(url, "DELETE /admin/keys/app");
    });
    // Nobody's key is left, and nobody gets in without one.
    expect(await lifetime((url) => chatWith(url, null))).toBe("401 invalid_api_key");
  }, 60_000);
});

test("a file of keys that cannot be used keeps the gateway from starting, rather than from knowing who was revoked", async () => {
  await using desk = await startKeyDesk();
  await desk.make({ name: "app" });
  // Another gateway on the same files finds them held.
  const second = startGateway({
    configurationFile: join(desk.folder, "signalbox.yaml"),
    variables: { UP_KEY: "u", OPERATOR: adminKey },
    logTo: { write: () => undefined },
  });
  await expect(second).rejects.toThrow(/store-keys\.sqlite is in use by another gateway/);
});

test("a file of keys that cannot be made is told, and the next order makes it", async () => {
  await using desk = await startKeyDesk();
  const path = join(desk.folder, ".signalbox", "store-keys.sqlite");
  mkdirSync(path, { recursive: true });
  const { status, body } = await desk.admin("POST /admin/keys", { name: "app" });
  expect([status, body.error?.code]).toEqual([503, "store_unusable"]);
  expect((await desk.admin("GET /admin/keys")).body.keys).toEqual([]);
  expect(await desk.as(null)).toBe("200 main");
  rmSync(path, { recursive: true });
  expect(await desk.as(await desk.make({ name: "app" }))).toBe("200 main");
});

test("times of use are in the file when the gateway has stopped", async () => {
  await using desk = await startKeyDesk();
  const secret = await desk.make({ name: "app" });
  await desk.as(secret);
  await desk.gateway.close(0);
  const store = openSqliteKeyStore(join(desk.folder, ".signalbox", "store-keys.sqlite"));
  expect((await store.load()).keys).toMatchObject([
    { key: { name: "app" }, usedAtMs: Date.UTC(2026, 10, 23, 10) },
  ]);
  await store.close();
});

test("batches are those of the key that made them, before a restart and after", async () => {
  await using bench = await startBatchBench({
    policy: "otherwise home",
    yaml: `admin: { key: "\${KEY_B}" }\n`,
  });
  const admin = { "x-signalbox-admin-key": "key-b-secret" };
  const make = async (name: string): Promise<string> =>
    (await askAdmin(bench.gateway, "POST /admin/keys", { name }, admin)).body.secret ?? "";
  const secrets = [await make("app"), await make("other")] as const;
  const made = await bench.order([line("1")], { client: bench.as(secrets[0]) });
  await bench.restart();
  const [app, other] = [bench.as(secrets[0]), bench.as(secrets[1])];
  expect((await other.batches.list()).data).toEqual([]);
  await expect(other.batches.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  const done = await bench.finish(made.id, { client: app });
  expect(done.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
  await askAdmin(bench.gateway, "POST /admin/keys/app/revoke", undefined, admin);
  await expect(app.batches.retrieve(made.id)).rejects.toMatchObject({
    status: 401,
    code: "revoked_api_key",
  });
});
