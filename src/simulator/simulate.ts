import { dollarsOf, MoneySum, type Picodollars } from "../base/money.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { type Beside, besideBy, nothingBeside } from "../extract/decide.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import type { FactSnapshot } from "../extract/snapshot.ts";
import { createFrame, type FactFrame } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { operandAt, walk } from "../language/program/walk.ts";
import { countersOf } from "../runtime/plan/counters-of.ts";
import { ChatFactReader } from "./chat-facts.ts";
import { type Choice, Chooser, type Decided } from "./choice.ts";
import type { ColumnMap } from "./column-map.ts";
import type { FactReader } from "./fact-reader.ts";
import type { Log, LogFileName } from "./log-file.ts";
import type { LogFormat } from "./log-format.ts";
import { createLogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";
import { MissingFacts } from "./missing.ts";
import { NamedFactReader } from "./named-facts.ts";
import { type LogSink, readLog } from "./read-log.ts";
import type { Report, Transition } from "./report.ts";
import { Tally } from "./tally.ts";

/** How many skipped lines are named in a report. */
const skippedLinesNamed = 20;

/** Progress is told each time that so many lines were read. */
const linesPerProgress = 512;

/** How many transitions a report tells apart; the rest are counted as changed only. */
const mostTransitions = 10_000;

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
  /** The moment whose prices hold for requests without a time; milliseconds since the epoch. */
  readonly nowMs: number;
  /** Called now and then with the bytes read so far, as they lie in the files. */
  readonly onProgress?: (bytes: number, requests: number) => void;
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
 * would change. Reads the log once and keeps nothing of it: memory does not grow. Throws an UnreadableLogError for a log
 * that cannot be read at all.
 */
export async function simulate(options: SimulateOptions): Promise<Report> {
  const { a, b } = options.programs;
  await loadDerivations([...a.operands, ...(b?.operands ?? [])]);
  const simulation = new Simulation(options);
  const { format = null, map = null, configuration, onProgress } = options;
  const { log, bytesRead } = countedLog(options.log);
  const { request, skip } = simulation;
  const told = (): void => {
    if (simulation.lines % linesPerProgress === 0) onProgress?.(bytesRead(), simulation.requests);
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
  await readLog(
    log,
    { format, map, facts, targetOf },
    onProgress === undefined ? simulation : sink,
  );
  onProgress?.(bytesRead(), simulation.requests);
  return simulation.report();
}

/** What one program makes of one request. */
interface Outcome {
  readonly choice: Choice;
  readonly cost: Picodollars | null;
  readonly decided: Decided;
}

/** One program on its way through the log. */
class Run {
  readonly program: Program;
  readonly tally: Tally;
  readonly #frame: FactFrame;
  readonly #chooser: Chooser;
  readonly #named: FactReader;
  readonly #missing: MissingFacts;
  readonly #openChat: () => FactReader;
  /** Made for the first body of a log: records need no encoder. */
  #chat: FactReader | null = null;

  constructor(program: Program, options: SimulateOptions, missing: MissingFacts) {
    const { configuration, seed = 0, nowMs } = options;
    this.program = program;
    this.#missing = missing;
    const targets = createLogTargets(configuration);
    this.tally = new Tally(program.branchCount, targets);
    this.#frame = createFrame(program.operands.length);
    this.#named = new NamedFactReader(program, configuration, missing);
    this.#openChat = () => new ChatFactReader(program, configuration, { missing, targets, nowMs });
    this.#chooser = new Chooser(program, {
      targets,
      defaults: configuration.dispatch,
      seed,
      spend: this.tally.spend,
    });
  }

  /** A promise only when a fact takes more than a moment, such as the exact count of a long prompt. */
  decide(request: LoggedRequest, atMs: number): Outcome | Promise<Outcome> {
    const reader = request.chat === null ? this.#named : this.#chatReader();
    const decided = { request, reader, frame: this.#frame, atMs };
    reader.begin(request, this.#frame);
    return this.#walkOn(this.program.root, decided);
  }

  #chatReader(): FactReader {
    this.#chat ??= this.#openChat();
    return this.#chat;
  }

  #walkOn(node: number, decided: Decided): Outcome | Promise<Outcome> {
    const { request, reader, frame } = decided;
    let at = walk(this.program, frame, node);
    while (at < 0) {
      const suspended = ~at;
      const waits = reader.read(operandAt(this.program, suspended), request, frame);
      if (waits !== undefined) return waits.then(() => this.#walkOn(suspended, decided));
      at = walk(this.program, frame, suspended);
    }
    const beside = this.#besideOf(decided);
    if (beside instanceof Promise) return beside.then((read) => this.#outcomeOf(at, decided, read));
    return this.#outcomeOf(at, decided, beside);
  }

  #besideOf({ request, reader, frame }: Decided): Beside | Promise<Beside> {
    const { alsos, guards } = this.program;
    if (alsos.length + guards.length === 0) return nothingBeside;
    return besideBy(this.program, frame, (operand) => reader.read(operand, request, frame));
  }

  #outcomeOf(branch: number, decided: Decided, beside: Beside): Outcome {
    const choice = this.#chooser.choose(branch, decided, beside);
    const cost = this.tally.add(decided.request, branch, choice, decided.atMs);
    if (this.#missing.isLacking) this.tally.addIncomplete(branch);
    return { choice, cost, decided };
  }
}

/** The whole of a simulation between two lines of its log. */
class Simulation {
  requests = 0;
  /** Requests and lines that were none. */
  lines = 0;
  readonly #options: SimulateOptions;
  readonly #missing: MissingFacts;
  readonly #a: Run;
  readonly #b: Run | null;
  readonly #comparison: Comparison;
  readonly #skippedLines: { line: number; reason: string; file?: string }[] = [];
  #skipped = 0;

  constructor(options: SimulateOptions) {
    const { programs, configuration } = options;
    this.#options = options;
    this.#missing = new MissingFacts(configuration.facts);
    this.#comparison = new Comparison(options.log);
    this.#a = new Run(programs.a, options, this.#missing);
    this.#b = programs.b === undefined ? null : new Run(programs.b, options, this.#missing);
  }

  request(request: LoggedRequest): void | Promise<void> {
    this.requests += 1;
    this.lines += 1;
    this.#options.onLogged?.request(request);
    const holdsText = request.chat !== null || typeof request.facts?.["prompt"] === "string";
    this.#missing.begin(holdsText);
    const atMs = request.atMs ?? this.#options.nowMs;
    const before = this.#a.decide(request, atMs);
    if (before instanceof Promise) return this.#compareLate(request, before, atMs);
    const after = this.#b?.decide(request, atMs);
    if (after instanceof Promise) return this.#compareLate(request, before, atMs, after);
    this.#decided(before, after);
  }

  async #compareLate(
    request: LoggedRequest,
    before: Outcome | Promise<Outcome>,
    atMs: number,
    begun?: Promise<Outcome>,
  ): Promise<void> {
    const first = await before;
    const after = await (begun ?? this.#b?.decide(request, atMs));
    this.#decided(first, after);
  }

  #decided(before: Outcome, after: Outcome | undefined): void {
    if (after !== undefined) this.#comparison.add(before, after);
    this.#options.onRequest?.(told(before), after === undefined ? null : told(after));
  }

  skip(line: number, reason: string, file: LogFileName | null): void {
    this.#skipped += 1;
    this.lines += 1;
    this.#options.onLogged?.skip(line, reason, file);
    if (this.#skippedLines.length >= skippedLinesNamed) return;
    this.#skippedLines.push({ line, reason, ...this.#named(file) });
  }

  #named(file: LogFileName | null): { readonly file?: string } {
    return nameOf(file, this.#options.log);
  }

  report(): Report {
    const { tally, program } = this.#a;
    return {
      requests: this.requests,
      skipped: this.#skipped,
      skippedLines: this.#skippedLines,
      missing: this.#missing.list(),
      incomplete: tally.incomplete(this.requests),
      notCounted: idsOf(program),
      rules: tally.rules(program, this.requests),
      targets: tally.targets(this.requests),
      cost: tally.cost(),
      latency: tally.latency(),
      outcomes: tally.outcomes(this.requests),
      ...(this.#b === null ? {} : { diff: this.#comparison.difference() }),
    };
  }
}

/** Options that a replay of decisions leaves out, since how full they are depends on when requests ended. */
function idsOf(program: Program): readonly string[] {
  const { limits, budgets, concurrency } = countersOf(program);
  return [...limits, ...budgets, ...concurrency].map(({ id }) => id);
}

interface MutableTransition extends Transition {
  count: number;
}

/** What changes when a second program decides the same requests. */
class Comparison {
  readonly #transitions = new Map<string, MutableTransition>();
  readonly #delta = new MoneySum();
  readonly #log: Log;
  #changed = 0;
  #unchanged = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  add(before: Outcome, after: Outcome): void {
    // Only where both costs are known is their difference one.
    if (before.cost !== null && after.cost !== null) this.#delta.add(after.cost - before.cost);
    const from = labelOf(before.choice);
    const to = labelOf(after.choice);
    if (from === to) {
      this.#unchanged += 1;
      return;
    }
    this.#changed += 1;
    const key = `${from}\n${to}`;
    const seen = this.#transitions.get(key);
    if (seen !== undefined) seen.count += 1;
    else if (this.#transitions.size < mostTransitions) {
      const { line, file } = before.decided.request;
      const facts = { ...factsOf(before.decided), ...factsOf(after.decided) };
      this.#transitions.set(key, {
        from,
        to,
        count: 1,
        example: { line, ...nameOf(file, this.#log), facts },
      });
    }
  }

  difference(): NonNullable<Report["diff"]> {
    const transitions = [...this.#transitions.values()].toSorted((x, y) => y.count - x.count);
    return {
      changed: this.#changed,
      unchanged: this.#unchanged,
      costDelta: dollarsOf(this.#delta.total()),
      transitions,
    };
  }
}

/** The file's name, where there are several to tell apart. */
function nameOf(file: LogFileName | null, log: Log): { readonly file?: string } {
  return file !== null && "files" in log && log.files.length > 1 ? { file: file.name } : {};
}

/** A log with the number of bytes read from it so far. */
function countedLog(log: Log): { readonly log: Log; readonly bytesRead: () => number } {
  if ("files" in log) return { log, bytesRead: () => log.bytesRead() };
  let bytes = 0;
  async function* counted(
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { log: counted(log), bytesRead: () => bytes };
}

function told({ choice, cost, decided }: Outcome): SimulatedRequest {
  return { target: choice.target, cost, facts: () => factsOf(decided) };
}

function labelOf({ target, rejects }: Choice): string {
  if (target !== null) return target;
  return rejects === null ? "unavailable" : `reject ${rejects}`;
}

function factsOf({ request, reader, frame }: Decided): FactSnapshot {
  return reader.facts(request, frame);
}
