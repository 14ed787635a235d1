import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { loadDerivations } from "../../extract/load-derivations.ts";
import { type PackedProgram, unpack } from "../../language/program/transfer.ts";
import type { ColumnMap } from "../column-map.ts";
import type { LogFormat } from "../log-format.ts";
import { createLogTargets } from "../log-targets.ts";
import { readLines } from "../read-log.ts";
import { Simulation, type SimulationState } from "../simulate.ts";
import type { LineChunk } from "./line-cutter.ts";

/** What a thread is started with. */
export interface ChunkWorkerData {
  readonly configuration: Configuration;
  readonly a: PackedProgram;
  readonly b: PackedProgram | null;
  readonly format: LogFormat | null;
  readonly map: ColumnMap | null;
  readonly seed: string | number;
  readonly nowMs: number;
  /** Names of the log's files; null for bytes alone. */
  readonly files: readonly string[] | null;
}

/** A chunk to decide; null asks for what came of all. */
export type ChunkOrder = LineChunk | null;

/** How many requests there were so far; at the end what came of them. */
export interface ChunkWord {
  readonly requests: number;
  readonly state: SimulationState | null;
}

/** Decides the requests of chunks of a log, one after the other: the thread behind decide-chunks.ts. */
const port = parentPort;
invariant(port !== null, "chunks of a log are decided in a worker");
const data = workerData as ChunkWorkerData;
const { configuration, format, map, seed, nowMs, files } = data;
const a = unpack(data.a);
const programs = data.b === null ? { a } : { a, b: unpack(data.b) };
const log =
  files === null
    ? []
    : { files: files.map((name) => ({ name, chunks: none, open: null })), bytesRead: () => 0 };
const simulation = new Simulation({ log, programs, configuration, seed, nowMs });
const targetOf = createLogTargets(configuration).served;
const reading = { format, map, facts: configuration.facts, targetOf };

async function* none(): AsyncGenerator<Uint8Array> {}

async function answer(order: ChunkOrder): Promise<void> {
  if (order !== null) await readLines(order, reading, simulation);
  const state = order === null ? simulation.state() : null;
  port?.postMessage({ requests: simulation.requests, state } satisfies ChunkWord);
}

let before: Promise<void> = loadDerivations([...a.operands, ...(programs.b?.operands ?? [])]);
// One after the other. A fault of ours ends the thread, and whoever waits is told.
port.on("message", (order: ChunkOrder) => {
  before = before.then(() => answer(order));
});
