import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Whether this machine has Debian's redis-server, or another of that name. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** A server with vector sets: named by `SIGNALBOX_VECTOR_REDIS`, or the machine's own from Redis 8 on; null where there is none. */
export const vectorRedis: string | null = (() => {
  const named = process.env["SIGNALBOX_VECTOR_REDIS"];
  if (named !== undefined) return named;
  const version = hasRedis ? spawnSync("redis-server", ["--version"]).stdout.toString() : "";
  return Number(/v=(\d+)/.exec(version)?.[1] ?? 0) >= 8 ? "redis-server" : null;
})();

/** A real Redis server of a test's own, on loopback, that keeps nothing. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Stops it in the middle of whatever it does: it takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** `at`: where one that was killed had been; else a free port. */
export async function startRedis(binary = "redis-server", at?: string): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-redis-"));
  const port = at === undefined ? await freePort() : Number(new URL(at).port);
  const child: ChildProcess = spawn(
    binary,
    [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  await new Promise<void>((ready, fail) => {
    lines.on("line", (line) => line.includes("Ready to accept connections") && ready());
    child.once("exit", (code) => fail(new Error(`redis-server ended with ${code}`)));
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
