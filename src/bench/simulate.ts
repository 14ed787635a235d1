import { fork } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "../base/random.ts";
import { type Figure, figureOf } from "./figure.ts";

const rounds = 5;
const linesPerWrite = 2000;

/** Writes decision records as the gateway does, the same for the same number. */
function writeRecords(path: string, records: number): void {
  const random = createRandom("simulate bench");
  const file = openSync(path, "w");
  let block = "";
  for (let index = 0; index < records; index += 1) {
    const tokens = Math.round(20 * 10_000 ** random.next());
    const output = Math.round(5 * 300 ** random.next());
    const time = new Date(1_763_900_000_000 + index * 80).toISOString();
    const tier = random.next() < 0.4 ? "free" : "pro";
    const team = random.pick(["search", "ads", "support", "platform"]);
    const intent = random.pick(["classify", "code", "chat", "summarise", "write"]);
    const facts = `{"tokens":${tokens},"intent":"${intent}","tier":"${tier}","team":"${team}","user":"u${random.integer(5000)}"}`;
    const usage = `{"input":${tokens},"cachedRead":0,"cachedWrite":0,"output":${output},"reasoning":0,"estimated":false}`;
    const attempts = `[{"target":"claude","step":0,"outcome":"ok","startMs":0.412,"firstTokenMs":312.07,"endMs":1840.5,"usage":${usage},"costPicodollars":${tokens * 2_000_000 + output * 10_000_000}}]`;
    block += `{"v":1,"time":"${time}","id":"req_${index.toString(16).padStart(16, "0")}","policy":"bench","hash":"0123456789abcdef","facts":${facts},"trust":{"intent":"client","tier":"key","team":"key","user":"key"},"rule":"otherwise","plan":["claude","gpt"],"attempts":${attempts},"cache":"none","seed":${index},"stream":true,"outcome":"ok","status":200,"durationMs":1841.2}\n`;
    if (index % linesPerWrite === linesPerWrite - 1) {
      writeSync(file, block);
      block = "";
    }
  }
  writeSync(file, block);
  closeSync(file);
}

interface Measured {
  readonly floors: readonly number[];
  readonly simulations: readonly number[];
  readonly replays: readonly number[];
  /** How many times as fast two threads are as one. */
  readonly threaded: readonly number[];
  readonly decidedBytes: number;
  readonly peakBytes: number;
}

function measure(path: string): Promise<Measured> {
  const ending = import.meta.url.endsWith(".js") ? ".js" : ".ts";
  const script = fileURLToPath(new URL(`./simulate-process${ending}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, [path, String(rounds)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.once("message", (message) => resolve(message as Measured));
    child.once("exit", (code) => reject(new Error(`the bench ended early with code ${code}`)));
  });
}

/** `simulate` on so many decision records against reading the log and parsing each line, and its memory. */
export async function simulateBench(records: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
  try {
    const path = join(folder, "records.jsonl");
    writeRecords(path, records);
    const measured = await measure(path);
    const { floors, simulations, replays, threaded, decidedBytes, peakBytes } = measured;
    const count = records.toLocaleString("en");
    const floor = `simulate, ${count} records: reading and JSON.parse`;
    return [
      figureOf({ name: floor, unit: "ms", values: floors }),
      figureOf({
        name: `simulate, ${count} records`,
        unit: "ms",
        values: simulations,
        ratioTo: floor,
        ratios: simulations.map((each, index) => each / (floors[index] ?? Number.NaN)),
      }),
      figureOf({
        name: `simulate, ${count} records: peak memory`,
        unit: "MB",
        values: [decidedBytes / 1e6],
      }),
      figureOf({
        ...{ name: `simulate, ${count} records: two threads to one`, unit: "× as fast" },
        values: threaded,
      }),
      figureOf({
        ...{ name: `simulate --replay, ${count} records`, unit: "requests/s of CPU" },
        values: replays,
      }),
      figureOf({
        name: `simulate --replay, ${count} records: peak memory`,
        unit: "MB",
        values: [peakBytes / 1e6],
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
