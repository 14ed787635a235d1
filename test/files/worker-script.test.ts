import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { workerFlags, workerScript } from "../../src/files/worker-script.ts";

test("a script stands beside its module, as source or compiled as the module is", () => {
  expect(workerScript("worker", "file:///a/b/loader.ts").href).toBe("file:///a/b/worker.ts");
  expect(workerScript("worker", "file:///a/b/loader.js").href).toBe("file:///a/b/worker.js");
});

test("a thread keeps the modules of a source, and those of a compiled script not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-worker-"));
  try {
    const source = `import { getCompileCacheDir } from "node:module";
import { parentPort } from "node:worker_threads";
parentPort.postMessage(getCompileCacheDir() ?? null);
`;
    const kept: unknown[] = [];
    for (const name of ["a.ts", "a.js"]) {
      const file = join(folder, name);
      writeFileSync(join(folder, "package.json"), '{"type":"module"}');
      writeFileSync(file, source);
      const script = pathToFileURL(file);
      const thread = new Worker(script, { execArgv: workerFlags(script), env: {} });
      // Listened for before it can come: the two may follow each other at once.
      const exited = once(thread, "exit");
      kept.push((await once(thread, "message"))[0]);
      await exited;
    }
    expect(kept).toEqual([expect.stringContaining(join("node_modules", ".cache")), null]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
