import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The gateway's process. */
export interface SoakedGateway {
  readonly url: string;
  /** Why it ended; null while it runs. */
  ended(): string | null;
  /** Collects its garbage and tells what is left. */
  collect(): Promise<NodeJS.MemoryUsage>;
  /** Asks it to drain; fulfilled with its exit code. */
  stop(): Promise<number | null>;
}

function endOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  if (child.exitCode !== null) resolve(child.exitCode);
  child.once("exit", (code) => resolve(code));
  return promise;
}

/** Starts `signalbox serve` as users do, its log in a file, with a probe for garbage collection beside it. */
export async function startGatewayProcess(
  configurationFile: string,
  logFile: string,
): Promise<SoakedGateway> {
  const main = pathOf("../../src/cli/main.ts");
  const child = spawn(
    process.execPath,
    [
      ...["--expose-gc", "--import", pathOf("./probe.ts")],
      ...[main, "serve", "--json", "--config", configurationFile],
    ],
    {
      env: { ...process.env, SOAK_KEY: "sk-soak" },
      stdio: ["ignore", "pipe", openSync(logFile, "a"), "ipc"],
    },
  );
  let end: string | null = null;
  child.once("exit", (code, signal) => {
    end = `exit code ${code}, signal ${signal}`;
  });
  const { listening } = JSON.parse(await firstLine(child)) as { readonly listening: string };
  return {
    url: listening,
    ended: () => end,
    collect() {
      const { promise, resolve } = Promise.withResolvers<NodeJS.MemoryUsage>();
      child.once("message", (usage) => resolve(usage as NodeJS.MemoryUsage));
      child.send("collect");
      return promise;
    },
    stop() {
      child.kill("SIGTERM");
      return endOf(child);
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new TypeError("the gateway's output is not read");
  for await (const line of createInterface({ input: stdout })) return line;
  throw new Error("the gateway ended before it listened; its log tells why");
}

export interface ProviderProcess {
  /** Origins: as it answers, with a share of failures and slow answers, and behind a proxy that breaks connections. */
  readonly clean: string;
  readonly faulty: string;
  readonly broken: string;
  stop(): Promise<unknown>;
}

export async function startProviderProcess(seed: string): Promise<ProviderProcess> {
  const child = spawn(process.execPath, [pathOf("./providers.ts")], {
    env: { ...process.env, SOAK_SEED: seed },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Omit<ProviderProcess, "stop">>();
  child.once("message", (urls) => resolve(urls as Omit<ProviderProcess, "stop">));
  child.once("exit", (code) => reject(new Error(`the providers ended early with code ${code}`)));
  const urls = await promise;
  return {
    ...urls,
    stop() {
      child.disconnect();
      return endOf(child);
    },
  };
}
