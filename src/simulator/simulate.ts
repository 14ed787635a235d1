import type { Picodollars } from "../base/money.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import type { Program } from "../language/program/program.ts";
import { loadLanguages } from "../meaning/language.ts";
import { loadEncoder } from "../meaning/token-count.ts";
import { countersOf } from "../runtime/plan/counters-of.ts";
import type { ColumnMap } from "./column-map.ts";
import { Comparison, type ComparisonState, factsOf, nameOf } from "./comparison.ts";
import { countedLog } from "./counted-log.ts";
import type { Log, LogFileName } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import { createLogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";
import { MissingFacts, type MissingState } from "./missing.ts";
import { readAsItCame } from "./order/read-as-it-came.ts";
import { ChunkWorkers, isDecidedInPieces } from "./parallel/chunk-workers.ts";
import type { LineChunk } from "./parallel/line-cutter.ts";
import { type LogSink, readLog } from "./read-log.ts";
import { type Arrival, Arrivals, untoldStartMs } from "./replay/arrivals.ts";
import { compare } from "./replay/compare.ts";
import { faultsOf } from "./replay/conditions.ts";
import { copiedRequest } from "./replay/copied-request.ts";
import { seeksMeaning } from "./replay/not-played.ts";
import type { ReplayOptions } from "./replay-options.ts";
import type { DecidedReport, Report } from "./report.ts";
import { type Outcome, Run, type RunParts } from "./run.ts";
import type { TallyState } from "./tally.ts";

/** How many skipped lines are named in a report. */
const skippedLinesNamed = 20;

/** Progress is told each time that so many lines were read. */
const linesPerProgress = 512;

export interface SimulateOptions {
  /** The log's bytes or files, from wherever the caller reads them. */
  readonly log: Log;
  readonly format?: LogFormat | null;
  readonly map?: ColumnMap | null;
  readonly programs: {
    readonly a: Program;
    /** Held against `a`: the difference is what would change from `a` to `b`. */
    readonly b?: Program;
  };
  readonly configuration: Configuration;
  /** What choices are drawn from where the log has no seed. */
  readonly seed?: string | number;
  /** The moment whose prices hold for requests without a time that are only decided; milliseconds since the epoch. */
  readonly nowMs: number;
  /** Carries requests out on a virtual world; they are only decided where it is left out. */
  readonly replay?: ReplayOptions;
  /** Threads that decide the log's lines of JSON where each can be decided by itself; 1 when left out. The report is the same for any number. */
  readonly workers?: number;
  /** How many bytes of lines one of them is given at once; 1 MiB when left out. */
  readonly chunkBytes?: number;
  /** Called now and then with the bytes read so far, as they lie in the files. */
  readonly onProgress?: (bytes: number, requests: number) => void;
  /** Told of each file that a replay had to sort; null for a log of bytes alone. */
  readonly onSorted?: (file: string | null) => void;
  /** Told of every request, in the order of the log; `b` is null without a second program. */
  readonly onRequest?: (a: SimulatedRequest, b: SimulatedRequest | null) => void;
  /** Told of what the log holds before it is decided. */
  readonly onLogged?: Pick<LogSink, "skip"> & { request(request: LoggedRequest): void };
}

/** Where one program would have sent a request first, and what it decided on. */
export interface SimulatedRequest {
  /** Null for a rejected request, and for a plan without any target. */
  readonly target: string | null;
  /** Picodollars; null where no price is known. */
  readonly cost: Picodollars | null;
  readonly facts: () => FactSnapshot;
}

/**
 * Decides every request of a log by a program's table and reports what would go where; with a second program also what
 * would change. Keeps nothing of the log: memory does not grow. Throws an UnreadableLogError for a log
 * that cannot be read at all.
 */
export async function simulate(options: SimulateOptions): Promise<Report> {
  const { a, b } = options.programs;
  await loadDerivations([...a.operands, ...(b?.operands ?? [])]);
  // The guards between like prompts ask for the language of texts.
  if (
    options.replay !== undefined &&
    [a, b].some((each) => each !== undefined && seeksMeaning(each))
  )
    await loadLanguages();
  const simulation = new Simulation(options);
  const { format = null, map = null, configuration, onProgress } = options;
  const { log, bytesRead } = countedLog(options.log);
  const { request, skip } = simulation;
  const { workers: most = 1 } = options;
  const workers = most > 1 && isDecidedInPieces(options) ? new ChunkWorkers(options, most) : null;
  let ahead = 0;
  const tell = (): void =>
    onProgress?.(bytesRead() - ahead, simulation.requests + (workers?.requests ?? 0));
  const told = (): void => {
    if (simulation.lines % linesPerProgress === 0) tell();
  };
  const sink: LogSink = {
    request(each) {
      told();
      return request.call(simulation, each);
    },
    skip(...line) {
      told();
      skip.apply(simulation, line);
    },
  };
  const { facts } = configuration;
  const targetOf = createLogTargets(configuration).served;
  const { chunkBytes, onSorted: sorted } = options;
  const reading = { format, map, facts, targetOf, chunkBytes, sorted };
  if (workers === null) {
    const into = onProgress === undefined ? simulation : sink;
    const begins = (): void => {
      ahead = bytesRead();
    };
    if (options.replay === undefined) await readLog(log, reading, into);
    else await readAsItCame({ log, ahead: options.log, options: reading, sink: into, begins });
  } else {
    const lineChunk = async (chunk: LineChunk): Promise<void> => {
      tell();
      await workers.decide(chunk);
    };
    try {
      await readLog(log, reading, { ...sink, lineChunk });
      for (const state of await workers.finish()) simulation.merge(state);
    } finally {
      await workers.end();
    }
  }
  await simulation.finish();
  onProgress?.(bytesRead() - ahead, simulation.requests);
  return simulation.report();
}

/** What came of a part of a log, as plain data for another thread. */
export interface SimulationState {
  readonly requests: number;
  readonly lines: number;
  readonly skipped: number;
  readonly skippedLines: readonly SkippedLine[];
  readonly missing: MissingState;
  readonly comparison: ComparisonState;
  readonly a: TallyState;
  readonly b: TallyState | null;
}

interface SkippedLine {
  readonly line: number;
  readonly reason: string;
  readonly file: LogFileName | null;
}

/** The runs of a simulation, begun with its first request. */
interface Runs {
  readonly a: Run;
  readonly b: Run | null;
}

/** The whole of a simulation between two lines of its log. */
export class Simulation {
  requests = 0;
  /** Requests and lines that were none. */
  lines = 0;
  /** Requests that only a scenario's traffic adds. */
  #copied = 0;
  readonly #options: SimulateOptions;
  readonly #missing: MissingFacts;
  readonly #comparison: Comparison;
  /** Null where requests are only decided, in the log's order. */
  readonly #arrivals: Arrivals | null;
  #skippedLines: SkippedLine[] = [];
  #begun: Runs | null = null;
  /** When the first request came, in milliseconds since the epoch. */
  #startMs: number | null = null;
  #skipped = 0;
  #late = 0;
  /** The same, of lines of the batch lane, which stand in a log where they ended. */
  #lateLines = 0;
  /** Whether the vocabulary is there by which tokens of bodies are counted. */
  #countsTokens = false;

  constructor(options: SimulateOptions) {
    this.#options = options;
    this.#missing = new MissingFacts(options.configuration.facts);
    this.#comparison = new Comparison(options.log);
    const { replay, seed = 0 } = options;
    this.#arrivals =
      replay === undefined
        ? null
        : new Arrivals({ beginsAtMs: null, ...replay, ...replay.scenario, seed });
  }

  request(request: LoggedRequest): void | Promise<void> {
    if (request.chat === null || this.#countsTokens) return this.#request(request);
    // Before, estimates of tokens are other ones: which they are must not rest on how fast it is loaded.
    return loadEncoder().then(() => {
      this.#countsTokens = true;
      return this.#request(request);
    });
  }

  #request(request: LoggedRequest): void | Promise<void> {
    this.lines += 1;
    this.#options.onLogged?.request(request);
    if (this.#arrivals !== null) {
      this.#arrivals.add(request);
      return this.#take(this.#arrivals, false);
    }
    return this.#arrive({ request, atMs: request.atMs ?? this.#options.nowMs, copy: 0 });
  }

  /** The log is at its end: whatever is still under way comes to its own. */
  async finish(): Promise<void> {
    if (this.#arrivals === null) return;
    await this.#take(this.#arrivals, true);
    const { a, b } = this.#runs(this.#emptyStartMs());
    a.replay?.world.run();
    b?.replay?.world.run();
  }

  #take(arrivals: Arrivals, done: boolean): void | Promise<void> {
    for (let next = arrivals.take(done); next !== null; next = arrivals.take(done)) {
      const { request, atMs, copy } = next;
      const { seed = 0 } = this.#options;
      const waits = this.#arrive({ request: copiedRequest(request, copy, seed), atMs, copy });
      if (waits !== undefined) return waits.then(() => this.#take(arrivals, done));
    }
  }

  /** When a log without requests begins. */
  #emptyStartMs(): number {
    return this.#options.replay?.beginsAtMs ?? untoldStartMs;
  }

  /** The runs; `startMs` is when the first request comes. */
  #runs(startMs: number): Runs {
    if (this.#begun !== null) return this.#begun;
    const { programs, configuration, seed = 0, replay } = this.#options;
    // The clock of a replay, so that no two of them differ by the day on which they are run.
    const nowMs = replay === undefined ? this.#options.nowMs : startMs;
    const parts: RunParts = {
      ...{ configuration, seed, nowMs, missing: this.#missing },
      replay:
        replay === undefined ? null : { ...replay, startMs, clock: this.#arrivals?.clock ?? null },
    };
    const b = programs.b === undefined ? null : new Run(programs.b, parts);
    this.#startMs = startMs;
    this.#begun = { a: new Run(programs.a, parts), b };
    return this.#begun;
  }

  #arrive(arrival: Arrival): void | Promise<void> {
    this.requests += 1;
    const { request, atMs } = arrival;
    if (arrival.copy > 0) this.#copied += 1;
    const { a, b } = this.#runs(atMs);
    const holdsText = request.chat !== null || typeof request.facts?.["prompt"] === "string";
    this.#missing.begin(holdsText);
    if (a.replay !== null && atMs < a.replay.world.now()) {
      if (request.outcome().isBatch) this.#lateLines += 1;
      else this.#late += 1;
    }
    a.replay?.world.run(atMs);
    b?.replay?.world.run(atMs);
    const before = a.decide(arrival);
    if (before instanceof Promise) return this.#compareLate(arrival, before);
    const after = b?.decide(arrival);
    if (after instanceof Promise) return this.#compareLate(arrival, before, after);
    this.#decided(before, after);
  }

  async #compareLate(
    arrival: Arrival,
    before: Outcome | Promise<Outcome>,
    begun?: Promise<Outcome>,
  ): Promise<void> {
    const first = await before;
    const after = await (begun ?? this.#begun?.b?.decide(arrival));
    this.#decided(first, after);
  }

  #decided(before: Outcome, after: Outcome | undefined): void {
    if (after !== undefined) this.#comparison.add(before, after);
    this.#options.onRequest?.(told(before), after === undefined ? null : told(after));
  }

  #compared(): Pick<Report, "compared"> {
    const [before, after] = [this.#begun?.a.samples ?? null, this.#begun?.b?.samples ?? null];
    if (before === null || after === null) return {};
    return { compared: compare(before, after, this.#options.seed ?? 0) };
  }

  skip(line: number, reason: string, file: LogFileName | null): void {
    this.#skipped += 1;
    this.lines += 1;
    this.#options.onLogged?.skip(line, reason, file);
    if (this.#skippedLines.length >= skippedLinesNamed) return;
    this.#skippedLines.push({ line, reason, file });
  }

  state(): SimulationState {
    const { a, b } = this.#runs(this.#options.nowMs);
    return {
      ...{ requests: this.requests, lines: this.lines },
      ...{ skipped: this.#skipped, skippedLines: this.#skippedLines },
      ...{ missing: this.#missing.state(), comparison: this.#comparison.state() },
      ...{ a: a.tally.state(), b: b?.tally.state() ?? null },
    };
  }

  /** Adds what came of another part of the log. */
  merge(other: SimulationState): void {
    const { a, b } = this.#runs(this.#options.nowMs);
    this.requests += other.requests;
    this.lines += other.lines;
    this.#skipped += other.skipped;
    const placeOf = ({ file }: SkippedLine): number => file?.index ?? 0;
    this.#skippedLines = [...this.#skippedLines, ...other.skippedLines]
      .toSorted((one, next) => placeOf(one) - placeOf(next) || one.line - next.line)
      .slice(0, skippedLinesNamed);
    this.#missing.merge(other.missing);
    this.#comparison.merge(other.comparison);
    a.tally.merge(other.a);
    if (other.b !== null) b?.tally.merge(other.b);
  }

  report(): Report {
    const { a, b } = this.#runs(this.#emptyStartMs());
    const scenario = this.#options.replay?.scenario;
    const told = {
      scenario: scenario?.name ?? "",
      faults: scenario === undefined ? [] : faultsOf(scenario, this.#startMs ?? 0),
      requests: this.requests,
      late: this.#late,
      lateLines: this.#lateLines,
      untimed: this.#arrivals?.untimed ?? 0,
    };
    const replay = a.replayReport(told);
    const against = b?.replayReport(told) ?? null;
    const economics = (b ?? a).economics();
    const economicsBefore = b === null ? null : a.economics();
    return {
      requests: this.requests,
      ...(this.#copied === 0 ? {} : { logged: this.requests - this.#copied }),
      skipped: this.#skipped,
      skippedLines: this.#skippedLines.map(({ line, reason, file }) => ({
        ...{ line, reason },
        ...nameOf(file, this.#options.log),
      })),
      missing: this.#missing.list(),
      notCounted: replay === null ? idsOf(a.program) : [],
      ...decidedBy(a, this.requests),
      ...(b === null
        ? {}
        : { diff: this.#comparison.difference(), after: decidedBy(b, this.requests) }),
      ...(replay === null ? {} : { replay }),
      ...(against === null ? {} : { against }),
      ...(economics === null ? {} : { economics }),
      ...(economicsBefore === null ? {} : { economicsBefore }),
      ...this.#compared(),
    };
  }
}

function decidedBy({ tally, program }: Run, requests: number): DecidedReport {
  return {
    incomplete: tally.incomplete(requests),
    rules: tally.rules(program, requests),
    targets: tally.targets(requests),
    cost: tally.cost(),
    latency: tally.latency(),
    outcomes: tally.outcomes(requests),
    guards: tally.guards(),
  };
}

/** Options that a replay of decisions leaves out, since how full they are depends on when requests ended. */
function idsOf(program: Program): readonly string[] {
  const { limits, budgets, concurrency } = countersOf(program);
  return [...limits, ...budgets, ...concurrency].map(({ id }) => id);
}

function told({ choice, cost, decided }: Outcome): SimulatedRequest {
  return { target: choice.target, cost, facts: () => factsOf(decided) };
}
