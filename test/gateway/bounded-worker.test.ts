import { once } from "node:events";
import { expect, test } from "vitest";
import { workerScript } from "../../src/files/worker-script.ts";
import { BoundedWorker, type WorkerLimits } from "../../src/gateway/bounded-worker.ts";

const limits: WorkerLimits = { timeMs: 15_000, memoryMebibytes: 512 };
const loader = workerScript(
  "worker",
  new URL("../../src/gateway/reload/loader.ts", import.meta.url).href,
);

/** What a thread ended with: 0 by itself, 1 by force. */
async function exitCode(worker: BoundedWorker<unknown, unknown>): Promise<unknown> {
  const thread = worker.start();
  await once(thread, "online");
  const [[code]] = await Promise.all([once(thread, "exit"), worker.close()]);
  return code;
}

test("a thread that still loads when it is closed ends by itself, not by force", async () => {
  expect(await exitCode(new BoundedWorker(loader, { variables: {} }, limits))).toBe(0);
});

test("a thread that does not leave when it is asked is ended by force", async () => {
  const deaf = new URL("data:text/javascript,setInterval(() => {}, 1000)");
  expect(await exitCode(new BoundedWorker(deaf, null, { ...limits, leaveMs: 1 }))).toBe(1);
});

test("a thread that has died is closed at once, and the next order gets another", async () => {
  const dying = new URL("data:text/javascript,process.exit(3)");
  const worker = new BoundedWorker(dying, null, limits);
  const first = worker.start();
  await new Promise((resolve) => first.once("exit", resolve));
  await worker.close();
  expect(worker.start()).not.toBe(first);
  await worker.close();
});
