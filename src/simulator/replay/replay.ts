import { createRandom } from "../../base/random.ts";
import { RunningSpend } from "../../catalog/month-spend.ts";
import type { LiveTargets } from "../../catalog/target-fact.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { Admission } from "../../runtime/limits/admission.ts";
import type { LimitStore } from "../../runtime/limits/limit-store.ts";
import { MemoryLimitStore } from "../../runtime/limits/memory-limit-store.ts";
import { HealthBook } from "../../runtime/resilience/health-book.ts";
import { StuckTargets } from "../../runtime/resilience/stuck-targets.ts";
import type { LiveGrounds } from "../choice.ts";
import type { LogTargets } from "../log-targets.ts";
import type { ShownOutages, TargetModel } from "../models/target-model.ts";
import { VirtualWorld } from "../virtual-world.ts";
import { AnswerLengths } from "./answer-lengths.ts";
import { AttemptScripts } from "./attempt-scripts.ts";
import { VirtualLane } from "./batch-lane.ts";
import { BatchTimes } from "./batch-times.ts";
import { Conditions } from "./conditions.ts";
import { Course } from "./course.ts";
import type { BesideAttempts, EndedRequest } from "./ended-request.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { Learnt } from "./learnt.ts";
import { type LogClock, outagesOn } from "./log-clock.ts";
import { PromptSizes } from "./prompt-sizes.ts";
import type { ReplayedJob } from "./replayed-job.ts";
import type { Scenario } from "./scenario.ts";
import type { DecidedRequest, Surroundings } from "./surroundings.ts";

export interface ReplayParts {
  readonly configuration: Configuration;
  readonly targets: LogTargets;
  readonly scenario: Scenario;
  readonly modelOf: (target: string) => TargetModel;
  /** Outages that the log shows. */
  readonly outages?: ShownOutages | null;
  /** How the log's times lie on the replay's clock; null for a log of nothing. */
  readonly clock: LogClock | null;
  readonly perSecond: number | null;
  /** Whether what the log tells of an attempt is played again; else all are drawn from models. */
  readonly playsLog: boolean;
  readonly seed: string | number;
  /** When the first request comes, in milliseconds since the epoch. */
  readonly startMs: number;
  /** Requests that come before are not counted. */
  readonly countFromMs?: number | undefined;
  /** Told of every request as it ends. */
  readonly ended: (request: EndedRequest) => void;
  /** Told of attempts that answered no request. */
  readonly beside: (attempts: BesideAttempts) => void;
}

/** One policy at work in a world of its own: the machine, health and limits of production on a virtual clock. */
export class Replay implements Surroundings {
  readonly world: VirtualWorld<ReplayedJob>;
  readonly live: LiveGrounds;
  /** What was spent by provider, month by month. */
  readonly spend = new RunningSpend();
  readonly kept: KeptAnswers;
  readonly admission: Admission;
  /** The counters of limits and budgets. */
  readonly limits: LimitStore = new MemoryLimitStore();
  readonly configuration: Configuration;
  readonly targets: LogTargets;
  readonly ended: (request: EndedRequest) => void;
  readonly beside: ReplayParts["beside"];
  readonly playsLog: boolean;
  readonly lengths = new AnswerLengths();
  readonly prompts = new PromptSizes();
  readonly lane: VirtualLane;
  /** Attempts by target whose times nothing measured tells. */
  readonly guessed: ReadonlyMap<string, number>;
  readonly #stuck = new StuckTargets();

  constructor(parts: ReplayParts) {
    const { configuration, targets, scenario, modelOf, playsLog, startMs, seed } = parts;
    this.configuration = configuration;
    this.targets = targets;
    this.ended = parts.ended;
    this.beside = parts.beside;
    this.playsLog = playsLog;
    const targetOf = (name: string) => targets.get(name);
    const conditions = new Conditions(scenario, { targetOf, startMs });
    // At a rate of one's own the log's times mean nothing.
    const shown = parts.perSecond === null ? parts.outages : null;
    const outages = shown == null || parts.clock === null ? [] : outagesOn(parts.clock, shown);
    const learnt = new Learnt({ modelOf, outages });
    const scripts = new AttemptScripts({ conditions, learnt, playsLog });
    this.guessed = scripts.guessed;
    const random = createRandom(`world/${seed}`);
    const draw = (): number => random.next();
    let health: HealthBook | undefined;
    this.world = new VirtualWorld<ReplayedJob>({
      random: draw,
      startMs,
      gate(now) {
        health = new HealthBook({
          ...{ now, random: draw, settings: () => configuration.health },
          concurrencyOf: (name) => targets.get(name)?.concurrency ?? null,
        });
        return health;
      },
      slotsOf: (name) =>
        conditions.of(name).slots ??
        learnt.modelOf(name).capacity ??
        targets.get(name)?.runningCost?.slots ??
        null,
      // Places that were asked for are waited for; the log's own times hold their waiting already.
      isAtOnce: (order) => conditions.of(order.target).slots === null && scripts.isPlayed(order),
      model: (order, atMs) => scripts.scriptOf(order, atMs),
      begins: ({ job, target, continues }) => job.begins?.(target, continues),
    });
    const times = new BatchTimes({ conditions, learnt, playsLog });
    const { countFromMs } = parts;
    this.lane = new VirtualLane({ world: this.world, configuration, targets, times, countFromMs });
    this.admission = new Admission({
      store: this.limits,
      now: () => this.world.now(),
      timers: { start: (delayMs, run) => this.world.at(this.world.now() + delayMs, run) },
    });
    const settings = configuration.cache;
    // Its own: what one policy finds must not move the luck of all that comes after.
    const luck = createRandom(`meaning/${seed}`);
    const lots = (): number => luck.next();
    this.kept = new KeptAnswers({ settings, now: () => this.world.now(), random: lots });
    const stuck = (key: string, isSafe: boolean): string | null =>
      this.#stuck.find(key, this.world.now(), isSafe);
    this.live = { targets: liveTargets(this.world, health), stuck };
  }

  /** Carries a decided request out, beginning at the world's present moment. */
  carryOut(decided: DecidedRequest): void {
    new Course(this, decided).begin();
  }

  /** Requests of a sticky key stay with a target. */
  stayWith(key: string, target: string, forMs: number): void {
    this.#stuck.keep(key, { target, untilMs: this.world.now() + forMs });
  }
}

/** What decisions see of targets: how attempts fared, and how full those are that take so many at once. */
function liveTargets(
  world: VirtualWorld<ReplayedJob>,
  health: HealthBook | undefined,
): LiveTargets {
  return {
    healthy: (target) => health?.healthy(target),
    measured(target, measure) {
      if (measure === "queue")
        return world.running(target) + world.waiting(target) + (health?.waiting(target) ?? 0);
      if (measure === "running") return world.running(target);
      return health?.measured(target, measure);
    },
  };
}
