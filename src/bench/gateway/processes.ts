import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A process of the bench with its URL, and the CPU it has used so far where it reports that. */
export interface BenchProcess {
  readonly url: string;
  /** User and system time so far, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

/** The server under test runs on one core and everything else on the other, where the machine can say so. */
function pin(core: "server" | "rest"): string[] {
  try {
    execFileSync("taskset", ["--version"], { stdio: "ignore" });
    return ["taskset", "-c", core === "server" ? "1" : "0"];
  } catch {
    return [];
  }
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a bench process ended early with code ${code}`));
    child.once("exit", ended);
    child.once("message", (value) => {
      child.off("exit", ended);
      resolve(value as T);
    });
  });
}

/** Starts one of the bench's own scripts and waits for its URL. */
export async function startProcess(
  script: "upstream" | "floor" | "gateway-process",
  environment: Readonly<Record<string, string>>,
): Promise<BenchProcess> {
  const path = fileURLToPath(
    new URL(`./${script}${import.meta.url.endsWith(".js") ? ".js" : ".ts"}`, import.meta.url),
  );
  const [command = process.execPath, ...args] = [
    ...pin(script === "upstream" ? "rest" : "server"),
    process.execPath,
    path,
  ];
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { url } = await message<{ url: string }>(child);
  return {
    url,
    async cpuMicroseconds() {
      const reply = message<NodeJS.CpuUsage>(child);
      child.send("cpu");
      const { user, system } = await reply;
      return user + system;
    },
    async stop() {
      child.removeAllListeners("exit");
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGKILL");
      await gone;
    },
  };
}
