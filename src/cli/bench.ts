import type { Command } from "commander";
import type { Figure } from "../bench/figure.ts";
import { printError, printJson, printLine, UsageError } from "./output.ts";

interface BenchOptions {
  readonly json?: boolean;
  readonly only?: string;
  readonly quick?: boolean;
}

/** Each bench by name; loaded only when run, so that `serve` never pays for it. */
const benches: Readonly<Record<string, (quick: boolean) => Promise<Figure[]>>> = {
  decision: async () => (await import("../bench/decision.ts")).decisionBench(),
  compile: async () => (await import("../bench/compile.ts")).compileBench(),
  analysis: async () => (await import("../bench/analysis.ts")).analysisBench(),
  gateway: async (quick) => {
    const { gatewayBench } = await import("../bench/gateway/run.ts");
    return gatewayBench(
      quick
        ? { rounds: 3, requests: 1_000, streams: 100 }
        : { rounds: 7, requests: 6_000, streams: 800 },
    );
  },
  translation: async () => (await import("../bench/translation.ts")).translationBench(),
  reload: async () => (await import("../bench/reload.ts")).reloadBench(),
  meaning: async () => (await import("../bench/meaning.ts")).meaningBench(),
  semantic: async (quick) => (await import("../bench/semantic.ts")).semanticBench(quick),
  lsp: async () => (await import("../bench/lsp.ts")).lspBench(),
  simulate: async (quick) =>
    (await import("../bench/simulate.ts")).simulateBench(quick ? 100_000 : 1_000_000),
  fidelity: async (quick) => (await import("../bench/fidelity/run.ts")).fidelityBench(quick),
  sql: async (quick) => (await import("../bench/sql.ts")).sqlBench(quick ? 1_000_000 : 10_000_000),
};

/** `bench`: medians of at least five runs, with the ratio to what was measured beside them in the same run. */
export function addBench(program: Command): void {
  program
    .command("bench")
    .description(
      "measure this machine: decisions, compiling, the gateway against its floor, translation, meaning, editing, replay and its truth, queries",
    )
    .option("--only <names>", `comma-separated: ${Object.keys(benches).join(", ")}`)
    .option("--quick", "fewer requests and rounds: a look, not a figure to quote")
    .option("--json", "print one JSON document")
    .action((options: BenchOptions) => bench(options));
}

async function bench(options: BenchOptions): Promise<void> {
  const names = options.only?.split(",") ?? Object.keys(benches);
  const figures: Figure[] = [];
  for (const name of names) {
    const run = benches[name];
    if (run === undefined) {
      throw new UsageError(`there is no bench ${name}; known: ${Object.keys(benches).join(", ")}`);
    }
    if (options.json !== true) printError(`${name} …`);
    const measured = await run(options.quick === true);
    figures.push(...measured);
    if (options.json !== true) for (const figure of measured) printLine(row(figure));
  }
  if (options.json === true) printJson(figures);
}

function row(figure: Figure): string {
  const [low, high] = figure.spread;
  const ratio =
    figure.ratio === undefined ? "" : `  ${figure.ratio.toFixed(2)} × ${figure.ratioTo ?? ""}`;
  return `  ${figure.name.padEnd(58)} ${short(figure.value).padStart(9)} ${figure.unit} (${short(low)}–${short(high)}, ${figure.runs} runs)${ratio}`;
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
