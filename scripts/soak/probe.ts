/**
 * Loaded before the gateway's own process (`--import`): collects garbage and tells what is left, when its parent asks. Nothing of
 * the gateway knows of it.
 */
process.on("message", () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
// A channel alone does not keep a stopped gateway alive.
process.channel?.unref();
