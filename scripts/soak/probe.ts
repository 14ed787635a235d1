/**
 * Loaded before the gateway's own process (`--import`): collects garbage and tells what is left, when its parent asks. Nothing of
 * the gateway knows of it.
 */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** A collection that gives back what it can: pages that V8 keeps for garbage to come are no memory that was lost. */
const everything = { type: "major", execution: "sync", flavor: "last-resort" } as const;

async function collect(): Promise<void> {
  // What finalizers let go is found by the second; pages go back to the system a moment later.
  globalThis.gc?.(everything);
  await pause();
  globalThis.gc?.(everything);
  await pause();
  process.send?.(process.memoryUsage());
}

process.on("message", () => void collect());
// Nor does one whose soak was ended live on.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
// A channel alone does not keep a stopped gateway alive.
process.channel?.unref();
