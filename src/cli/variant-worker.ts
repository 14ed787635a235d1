import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../base/assert.ts";
import { unpack } from "../language/program/transfer.ts";
import { UsageError } from "./output.ts";
import { runVariant, type VariantOrder, type VariantRun, type VariantWord } from "./variants.ts";

/** Runs a log under one variant after the other: a thread behind variants.ts. */
const port = parentPort;
invariant(port !== null, "variants run in a worker");
const run = workerData as VariantRun;

async function answer({ index, program, words }: VariantOrder): Promise<VariantWord> {
  try {
    return { index, report: await runVariant({ program: unpack(program), words }, run) };
  } catch (error) {
    if (error instanceof UsageError) return { index, mistake: error.message };
    throw error;
  }
}

// A fault of ours ends the thread, and whoever waits is told.
port.on("message", (order: VariantOrder) => {
  void answer(order).then((word) => port.postMessage(word));
});
