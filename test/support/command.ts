import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/signalbox.mjs", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const environment = (env: Place["env"]): NodeJS.ProcessEnv => ({
  ...process.env,
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  ...env,
});

/** Runs the command as a user does, to its end. */
export function signalbox(args: readonly string[], place: Place = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { cwd: place.cwd ?? root, env: environment(place.env), maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1);
        resolve({ code, stdout, stderr });
      },
    );
  });
}

export interface Serving {
  /** The first line of `serve --json`. */
  readonly first: {
    listening: string;
    policies: { name: string; hash: string }[];
    targets: { name: string; state: string }[];
  };
  send(signal: NodeJS.Signals): void;
  /** Sends the signals at once, SIGTERM by default, and resolves with the exit code. */
  stop(...signals: NodeJS.Signals[]): Promise<number>;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
}

/** Starts `serve --json` and waits for its first line. */
export async function serve(args: readonly string[], place: Place = {}): Promise<Serving> {
  const child = spawn(process.execPath, [bin, "serve", "--json", "--port", "0", ...args], {
    cwd: place.cwd ?? root,
    env: environment(place.env),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(child, "exit").then(([code]) => code as number);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line").then(([first]) => String(first)),
    ended.then((code) => Promise.reject(new Error(`serve ended with ${code}`))),
  ]);
  return {
    first: JSON.parse(line) as Serving["first"],
    ended,
    send: (signal) => void child.kill(signal),
    async stop(...signals) {
      for (const signal of signals.length === 0 ? (["SIGTERM"] as const) : signals)
        child.kill(signal);
      return await ended;
    },
  };
}
