import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { knowsLanguages } from "../../src/meaning/language.ts";
import { startTestGateway } from "../support/gateway.ts";

test("a reload that brings `language` loads it in a thread beside, and is in force once it is there", async () => {
  const threads: unknown[] = [];
  const watch = (worker: Worker): void => {
    worker.on("message", (word) => threads.push(word));
  };
  await using box = await startTestGateway({ policies: { main: "otherwise a\n" } });
  expect(knowsLanguages()).toBe(false);
  process.on("worker", watch);
  try {
    box.write("main.policy", "if language is de then b\notherwise a\n");
    const { result } = await box.gateway.reload();
    expect([result, knowsLanguages()]).toEqual(["swapped", true]);
  } finally {
    process.off("worker", watch);
  }
  expect(threads).toContainEqual({ head: expect.objectContaining({ type: "S60" }) });
  const response = await box.chat({
    messages: [{ role: "user", content: "Wie spät ist es gerade in Berlin, mein Freund?" }],
  });
  expect(response.headers.get("x-signalbox-target")).toBe("b");
});
