import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tinyGguf } from "./tiny-gguf.ts";

const built = fileURLToPath(new URL("../../.signalbox/llama/llama-server", import.meta.url));

/** llama.cpp's server: `SIGNALBOX_LLAMA_SERVER`, or where `scripts/build-llama-server.sh` leaves it; null when there is none. */
export const llamaServer: string | null = ((named: string | undefined) => {
  if (named !== undefined && named !== "") return named;
  return existsSync(built) ? built : null;
})(process.env["SIGNALBOX_LLAMA_SERVER"]);

/** A real `llama-server` on loopback. */
export interface LlamaServer extends AsyncDisposable {
  /** Origin without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** The model's file. */
  readonly model: string;
  /** A metric's value, by its name behind `llamacpp:`. */
  metric(name: string): Promise<number>;
}

/**
 * Starts the server with the model of `SIGNALBOX_LLAMA_MODEL`, or a tiny one written for the run, and waits until it has loaded it.
 * `slots` answer at once; each has 32k tokens.
 */
export async function startLlamaServer(slots: number): Promise<LlamaServer> {
  if (llamaServer === null) throw new Error("there is no llama-server here");
  const folder = mkdtempSync(join(tmpdir(), "signalbox-llama-"));
  const named = process.env["SIGNALBOX_LLAMA_MODEL"] ?? "";
  const model = named === "" ? join(folder, "signalbox-tiny.gguf") : named;
  if (named === "") writeFileSync(model, tinyGguf());
  const port = await freePort();
  const settings = {
    "--model": model,
    "--host": "127.0.0.1",
    "--port": port,
    "--parallel": slots,
    "--ctx-size": slots * 32_768,
    "--threads": 1,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => [name, String(value)]);
  const child = spawn(llamaServer, [...options, "--metrics", "--jinja", "--offline"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const url = `http://127.0.0.1:${port}`;
  const release = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(url, child);
  } catch (error) {
    await release();
    throw new Error(`llama-server did not start: ${said.join("").slice(-2_000)}`, { cause: error });
  }
  return {
    url,
    port,
    model,
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^llamacpp:${name} (\\S+)$`, "m").exec(text)?.[1]);
    },
    [Symbol.asyncDispose]: release,
  };
}

/** Resolves when `check` holds; asks again and again, each time over a socket. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check()));
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const response = await fetch(`${url}/health`).catch(() => null);
    await response?.arrayBuffer();
    return response?.ok === true;
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.kill("SIGKILL");
  await promise;
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer().once("error", reject);
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    probe.close(() => resolve(port));
  });
  return await promise;
}
