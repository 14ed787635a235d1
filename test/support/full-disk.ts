import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type StandIn, startStandIn } from "../../src/stand-in/server.ts";
import { type BatchSetup, batchFolder, benchStartMs } from "./batch-bench.ts";
import type { ChildSays } from "./batch-child.ts";

/** A gateway in a process of its own whose files cannot grow for ever: to its store the disk is full then. */
export interface CrampedGateway extends AsyncDisposable {
  readonly url: string;
  readonly upstream: StandIn;
  /** The gateway's process: null while it runs, its exit code or signal once it has ended. */
  ended(): number | string | null;
}

/** Starts a gateway none of whose files may be larger than `mostBytes`: writing on fails, as it does without room. */
export async function startCrampedGateway(
  setup: Pick<BatchSetup, "policy" | "yaml">,
  mostBytes: number,
): Promise<CrampedGateway> {
  const upstream = await startStandIn({ records: true });
  const folder = batchFolder(upstream.url, setup);
  // The shell counts in blocks of 512 bytes.
  const limit = `ulimit -f ${Math.ceil(mostBytes / 512)}; exec "$0" "$@"`;
  const child: ChildProcess = fork(
    "test/support/batch-child.ts",
    [join(folder, "signalbox.yaml"), String(benchStartMs)],
    {
      execPath: "/bin/sh",
      execArgv: ["-c", limit, process.execPath],
      // Its modules are not kept: the limit would cut those files too, which other processes read.
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const [says] = (await once(child, "message")) as [ChildSays];
  return {
    url: "url" in says ? says.url : "",
    upstream,
    ended: () => child.exitCode ?? child.signalCode,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
