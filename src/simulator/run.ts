import { invariant } from "../base/assert.ts";
import type { Picodollars } from "../base/money.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { type Beside, besideBy, nothingBeside } from "../extract/decide.ts";
import type { Fact } from "../facts/fact.ts";
import { createFrame, type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";
import { operandAt, walk } from "../language/program/walk.ts";
import { MemoryLimitStore } from "../runtime/limits/memory-limit-store.ts";
import { type Counted, countedRequest } from "../runtime/plan/counted.ts";
import {
  type LedgerFacts,
  type LedgerValues,
  ledgerFactsOf,
  readLedger,
  tallied,
} from "../runtime/plan/ledger-facts.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { countsSomething, type Use } from "../runtime/plan/wish-of-plan.ts";
import { ChatFactReader } from "./chat-facts.ts";
import { type Choice, Chooser, type Decided, seedOf } from "./choice.ts";
import type { Economics } from "./economics/economics.ts";
import { EconomicsTally } from "./economics/economics-tally.ts";
import type { FactReader } from "./fact-reader.ts";
import { createLogTargets } from "./log-targets.ts";
import type { LoggedRequest } from "./logged-request.ts";
import type { MissingFacts } from "./missing.ts";
import { NamedFactReader } from "./named-facts.ts";
import type { Arrival } from "./replay/arrivals.ts";
import { LiveFacts } from "./replay/live-facts.ts";
import type { LogClock } from "./replay/log-clock.ts";
import { untoldByLog } from "./replay/lookup.ts";
import { notPlayedOf, seeksMeaning } from "./replay/not-played.ts";
import { Replay } from "./replay/replay.ts";
import type { ReplayReport } from "./replay/replay-report.ts";
import { ReplayTally, type Told } from "./replay/replay-tally.ts";
import type { Samples } from "./replay/samples.ts";
import type { ReplayOptions } from "./replay-options.ts";
import { Tally } from "./tally.ts";

/** What one program makes of one request. */
export interface Outcome {
  /** The rule's id. */
  readonly rule: string;
  readonly choice: Choice;
  readonly cost: Picodollars | null;
  readonly decided: Decided;
}

export interface RunParts {
  readonly configuration: Configuration;
  readonly seed: string | number;
  /** The moment whose prices hold for requests without a time; milliseconds since the epoch. */
  readonly nowMs: number;
  readonly missing: MissingFacts;
  /** Where requests are carried out too: how, and when the first of them comes. Null where they are only decided. */
  readonly replay:
    | (ReplayOptions & { readonly startMs: number; readonly clock: LogClock | null })
    | null;
}

/** What is told of a replay's log and scenario. */
type ToldOfLog = Omit<Told, "notPlayed" | "batchesMade"> & {
  readonly requests: number;
  /** Lines of the batch lane that came too late to be replayed in their place. */
  readonly lateLines: number;
};

/** One program on its way through the log. */
export class Run {
  readonly program: Program;
  readonly tally: Tally;
  /** Null where requests are only decided. */
  readonly replay: Replay | null;
  readonly #replayTally: ReplayTally | null = null;
  readonly #economics: EconomicsTally | null = null;
  readonly #liveFacts: LiveFacts | null = null;
  /** What the policy asks of the ledger; null for nothing, and where requests are only decided. */
  readonly #ledger: LedgerFacts<Fact> | null = null;
  readonly #frame: FactFrame;
  readonly #chooser: Chooser;
  readonly #named: FactReader;
  readonly #missing: MissingFacts;
  readonly #openChat: () => FactReader;
  readonly #seed: string | number;
  /** What of the conditions cannot be played, in words. */
  readonly #notPlayed: readonly string[];
  /** Requests that wanted a kept answer while nothing tells what they ask, or in which words. */
  readonly #untold = { key: 0, prompt: 0, answer: 0 };
  /** The target that would place prompts by meaning, where the policy asks for that. */
  readonly #embeddings: string | null;
  /** Made for the first body of a log: records need no encoder. */
  #chat: FactReader | null = null;

  constructor(program: Program, parts: RunParts) {
    const { configuration, seed, nowMs, missing } = parts;
    this.program = program;
    this.#missing = missing;
    this.#seed = seed;
    this.#notPlayed = parts.replay?.notPlayed ?? [];
    this.#embeddings = seeksMeaning(program) ? configuration.cache.embeddings : null;
    const targets = createLogTargets(configuration, parts.replay?.scenario.prices);
    this.tally = new Tally(program.branchCount, targets);
    this.#frame = createFrame(program.operands.length);
    this.#named = new NamedFactReader(program, configuration, missing);
    if (parts.replay !== null) {
      const tally = new ReplayTally(program, targets, (request) => this.#kindsOf(request));
      this.#replayTally = tally;
      const { countFromMs = Number.NEGATIVE_INFINITY, economics: options } = parts.replay;
      const money =
        options === undefined
          ? null
          : new EconomicsTally({
              ...{ program, options, seed },
              targetOf: (name) => targets.get(name) ?? targets.requested(name) ?? undefined,
              kindOf: (request) => this.#kindsOf(request),
            });
      this.#economics = money;
      this.replay = new Replay({
        ...{ ...parts.replay, configuration, targets, seed },
        ended(request) {
          if (request.arrivedAtMs < countFromMs) return;
          tally.add(request);
          money?.add(request);
        },
        beside(attempts) {
          if (attempts.arrivedAtMs < countFromMs) return;
          tally.beside(attempts);
          money?.beside(attempts.costs, attempts.attempts, attempts.arrivedAtMs);
        },
      });
      const { live: known } = this.replay;
      const asks = ledgerFactsOf(program, configuration.facts, (fact) => fact);
      this.#ledger = asks;
      const told =
        asks === null
          ? null
          : {
              names: [...asks.tallies, ...asks.lefts].map(({ fact }) => fact),
              read: (request: LoggedRequest) => this.#ledgerOf(asks, request),
            };
      this.#liveFacts = new LiveFacts(program.operands, known.targets, told);
    } else this.replay = null;
    const live = this.replay?.live ?? null;
    this.#openChat = () =>
      new ChatFactReader(program, configuration, {
        ...{ missing, targets, nowMs },
        ...(live === null ? {} : { live: live.targets }),
        counted: (request) =>
          this.#ledger === null ? undefined : this.#ledgerOf(this.#ledger, request),
      });
    this.#chooser = new Chooser(program, {
      ...{ targets, defaults: configuration.dispatch, seed, live },
      spend: this.replay?.spend ?? this.tally.spend,
    });
  }

  /** A promise only when a fact takes more than a moment, such as the exact count of a long prompt. */
  decide({ request: logged, atMs, copy }: Arrival): Outcome | Promise<Outcome> {
    const request = this.#liveFacts?.of(logged) ?? logged;
    const reader = request.chat === null ? this.#named : this.#chatReader();
    const decided = { request, reader, frame: this.#frame, atMs };
    this.#missing.beginDecision();
    reader.begin(request, this.#frame);
    return this.#walkOn(this.program.root, decided, copy);
  }

  /** What became of all requests in the virtual world; null where they were only decided. */
  replayReport(told: ToldOfLog): ReplayReport | null {
    const { requests, late, lateLines } = told;
    const { key: unkeyed, prompt: promptless, answer: wordless } = this.#untold;
    const { lane } = this.replay ?? {};
    const ofCache = { unkeyed, promptless, wordless, embeddings: this.#embeddings };
    const { guessed = new Map() } = this.replay ?? {};
    const ofLane = { assumed: lane?.assumed ?? [], doubtful: lane?.doubtful ?? 0, guessed };
    const untold = { requests, late, lateLines, ...ofCache, ...ofLane };
    const notPlayed = [...this.#notPlayed, ...notPlayedOf(this.program, untold)];
    return this.#replayTally?.report({ ...told, notPlayed, batchesMade: lane?.made ?? 0 }) ?? null;
  }

  /** What the log comes to in money, where that was asked for. */
  economics(): Economics | null {
    return this.#economics?.report() ?? null;
  }

  /** By which policies are held against each other; null where requests were only decided. */
  get samples(): Samples | null {
    return this.#replayTally?.samples ?? null;
  }

  #chatReader(): FactReader {
    this.#chat ??= this.#openChat();
    return this.#chat;
  }

  #walkOn(node: number, decided: Decided, copy: number): Outcome | Promise<Outcome> {
    const { request, reader, frame } = decided;
    let at = walk(this.program, frame, node);
    while (at < 0) {
      const suspended = ~at;
      const operand = operandAt(this.program, suspended);
      this.#missing.asks(operand);
      const waits = reader.read(operand, request, frame);
      if (waits !== undefined) return waits.then(() => this.#walkOn(suspended, decided, copy));
      at = walk(this.program, frame, suspended);
    }
    const branch = at;
    const { firstTested } = this.program;
    this.#missing.walked(
      (operand) => (firstTested[operand] ?? branch) <= branch,
      // What stands beside the rules, or in the plan, may rest on it, and asks for it then.
      (operand) => {
        frame.state[operand] = frameState.unasked;
      },
    );
    const beside = this.#besideOf(decided);
    if (beside instanceof Promise)
      return beside.then((read) => this.#outcomeOf(branch, decided, read, copy));
    return this.#outcomeOf(branch, decided, beside, copy);
  }

  #besideOf({ request, reader, frame }: Decided): Beside | Promise<Beside> {
    const { alsos, guards } = this.program;
    if (alsos.length + guards.length === 0) return nothingBeside;
    return besideBy(this.program, frame, (operand) => reader.read(operand, request, frame));
  }

  #outcomeOf(branch: number, decided: Decided, beside: Beside, copy: number): Outcome {
    const { request, atMs } = decided;
    const choice = this.#chooser.choose(branch, decided, beside);
    const cost = this.tally.add(request, branch, choice, atMs);
    if (this.#missing.isLacking) this.tally.addIncomplete(branch);
    const untold = this.replay === null ? null : untoldByLog(request, choice.plan);
    if (untold !== null) this.#untold[untold] += 1;
    this.replay?.carryOut({
      ...{ arrival: { request, atMs, copy }, branch, choice },
      seed: request.seed ?? seedOf(this.#seed, request),
      caller: callerOf(request),
      readOperand: (operand) => this.#chooser.readOperand(operand, decided),
      counted: (plan) => this.#countedOf(plan, decided, choice),
    });
    return { rule: this.program.branch(branch).rule.id, choice, cost, decided };
  }

  #ledgerOf(asks: LedgerFacts<Fact>, request: LoggedRequest): LedgerValues {
    const reader = request.chat === null ? this.#named : this.#chatReader();
    const atMs = this.replay?.world.now() ?? 0;
    const subjectOf = (fact: Fact) => reader.subject(request, fact);
    const read = readLedger(asks, this.replay?.limits ?? new MemoryLimitStore(), {
      subjectOf,
      atMs,
    });
    invariant(!(read instanceof Promise), "counters in memory answer at once");
    return read;
  }

  /** What a plan counts of a decided request, and what the policy's own facts want counted. */
  #countedOf(plan: Plan, decided: Decided, choice: Choice): Counted | null {
    const tallies = this.#ledger?.tallies ?? [];
    if (!countsSomething(plan) && tallies.length === 0) return null;
    const { request, reader } = decided;
    const beside = (expected: Use) =>
      tallied(tallies, (fact) => reader.subject(request, fact), expected);
    const counted = this.#chooser.countedRequest(decided, choice);
    return countedRequest(plan, counted, { isFree: false, beside });
  }

  #kindsOf({ facts, chat }: LoggedRequest): {
    readonly tenant: string | null;
    readonly intent: string | null;
  } {
    const known = facts ?? chat?.known ?? {};
    const caller = chat?.caller ?? null;
    const named = known["team"] ?? known["key"] ?? known["user"];
    return {
      tenant: textOf(caller?.team ?? caller?.name ?? named),
      intent: textOf(known["intent"]),
    };
  }
}

/** Whom queues are fair between: as in the gateway by the key's name, else by whom the log tells. */
function callerOf({ facts, chat }: LoggedRequest): string {
  const known = facts ?? chat?.known ?? {};
  const named = known["key"] ?? known["team"] ?? known["user"];
  return textOf(chat?.caller?.name ?? named) ?? "";
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, 100) : null;
}
