import { env } from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import { transferablesOf } from "../../language/program/transfer.ts";
import { hearOrders } from "../bounded-worker.ts";
import type { LoadOrder } from "./load.ts";
import { loadWorkspace } from "./load-workspace.ts";

/** Where files are read, checked, compiled and tested: a thread of its own, so that no stream stalls. Answers each order with a Load. */
const port = parentPort;
invariant(port !== null, "the loader runs as a worker");
const given = workerData as {
  readonly variables: Readonly<Record<string, string | undefined>> | null;
};
const variables = given.variables ?? env;

async function answer(order: LoadOrder): Promise<void> {
  const load = await loadWorkspace(order, (name) => variables[name]);
  const transfers = load.policies.flatMap(({ program }) =>
    program === null ? [] : transferablesOf(program),
  );
  port?.postMessage(load, transfers);
}

// A fault of ours ends the thread, and the loader tells.
hearOrders<LoadOrder>(port, (order) => void answer(order));
