import { once } from "node:events";
import { expect, test } from "vitest";
import { workerScript } from "../../src/files/worker-script.ts";
import {
  BoundedWorker,
  type WorkerLimits,
  WorkerLost,
  WorkerOverrun,
} from "../../src/gateway/bounded-worker.ts";

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

/** A thread that does with its orders what a script says. */
const hearing = (script: string): URL =>
  new URL(
    `data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", (order) => { ${script} });`,
  );

test.each([
  ["takes too long", "for (;;) {}", true],
  ["takes too much memory", "const all = []; for (;;) all.push(new Array(1e5).fill(order));", true],
  ["throws where nobody catches it", "throw new TypeError('a mistake');", false],
  ["ends its thread", "process.exit(3);", false],
])("only limits excuse what is not answered: an order that %s", async (_, script, isOverrun) => {
  const timeMs = script.startsWith("for") ? 300 : limits.timeMs;
  const worker = new BoundedWorker(hearing(script), null, { timeMs, memoryMebibytes: 16 });
  const error: unknown = await worker.run("an order").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WorkerLost);
  expect(error instanceof WorkerOverrun).toBe(isOverrun);
  await worker.close();
});

test("an order that cannot be handed over is a mistake at once, and leaves nothing behind", async () => {
  const deaf = new BoundedWorker(hearing(""), null, { ...limits, timeMs: 300 });
  expect(() => deaf.run(() => 0)).toThrow("could not be cloned");
  await expect(deaf.run("an order")).rejects.toThrow("longer than 300 ms");
  await deaf.close();
});
