import type { LiveTargets } from "../catalog/target-fact.ts";
import type { HealthSettings } from "../configuration/configuration.ts";
import type { IntentAnswer } from "../extract/intent-reader.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { type Dispatch, dispatch } from "../runtime/dispatch/dispatch.ts";
import type { AttemptRecord, DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { World } from "../runtime/dispatch/world.ts";
import type { Admission } from "../runtime/overload/admission.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { ModelJob, Upstream } from "../runtime/transport/model-job.ts";
import { nowhere } from "./shadows.ts";

/** Questions under way at once; beyond, nobody is asked, since waiting for a turn would take the time that an answer has. */
const mostAtOnce = 64;

/** Answers that are remembered. */
const mostRemembered = 4_096;

/** More of an answer than this is not kept: it is no label. */
const mostOfAnswer = 1_000;

/** One question that may be asked. */
export interface ClassifierOrder {
  /** The same for questions of the same answer: text, labels, policy. */
  readonly key: string;
  readonly target: string;
  /** One step, tried once, with the time that it has. */
  readonly plan: Plan;
  readonly health: Pick<HealthSettings, "consecutive" | "openMs">;
  /** Made only if it is sent. */
  readonly request: () => ModelRequest;
  /** The label that an answer is; null for none. */
  readonly read: (answer: string) => string | null;
  upstreamOf(target: string): Upstream | undefined;
  /** Told when the attempt is over. */
  ended(attempt: AttemptRecord): void;
}

/** How often in a row a target let the time run out, and until when it is left alone for that. */
interface Silence {
  readonly times: number;
  readonly untilMs: number;
}

/** Asks models what texts ask for, each text once, and remembers what they said. */
export class Classifier {
  readonly #world: World<ModelJob>;
  readonly #live: Pick<LiveTargets, "healthy">;
  readonly #admission: Pick<Admission, "shed">;
  /** By key, the one that was used last behind the others. */
  readonly #answers = new Map<string, string>();
  readonly #asked = new Map<string, Promise<IntentAnswer>>();
  readonly #running = new Set<Dispatch>();
  readonly #silences = new Map<string, Silence>();

  constructor(
    world: World<ModelJob>,
    live: Pick<LiveTargets, "healthy">,
    admission: Pick<Admission, "shed">,
  ) {
    this.#world = world;
    this.#live = live;
    this.#admission = admission;
  }

  /** Answers remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answer to a question, at the latest when its plan's deadline is over. Rejects for a fault of ours only. */
  ask(order: ClassifierOrder): Promise<IntentAnswer> {
    const { key } = order;
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#remember(key, known);
      return Promise.resolve({ label: known, outcome: "remembered" });
    }
    const pending = this.#asked.get(key);
    if (pending !== undefined) {
      return pending.then((told) =>
        told.label === null ? told : { label: told.label, outcome: "remembered" },
      );
    }
    const against = this.#obstacle(order.target);
    if (against !== null) return Promise.resolve({ label: null, outcome: against });
    const asked = this.#send(order).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  /** Stops all that are under way: they come to nothing. */
  stop(): void {
    for (const running of [...this.#running]) running.clientGone();
  }

  #obstacle(target: string): string | null {
    if (this.#running.size >= mostAtOnce) return "busy";
    // A request can do without it.
    if (this.#admission.shed("low") !== null) return "overloaded";
    const isSilent = (this.#silences.get(target)?.untilMs ?? 0) > this.#world.now();
    return isSilent || this.#live.healthy(target) === false ? "unhealthy" : null;
  }

  async #send(order: ClassifierOrder): Promise<IntentAnswer> {
    const { plan, read, upstreamOf, ended } = order;
    let said = "";
    const says = (events: readonly AnswerEvent[]): void => {
      for (const event of events)
        if (event.kind === "text" && said.length < mostOfAnswer) said += event.text;
    };
    const request = order.request();
    const result = await this.#dispatched((finished) => ({
      ...{ plan, request, streamed: false, sink: nowhere, caller: null, finished },
      listener: { begins() {}, says },
      upstreamOf,
    }));
    for (const attempt of result.attempts) ended(attempt);
    const { outcome, failure } = result;
    this.#listen(order, result);
    if (outcome !== "ok") return { label: null, outcome: failure?.cause ?? "stopped" };
    const label = read(said);
    if (label === null) return { label, outcome: "no-label" };
    this.#remember(order.key, label);
    return { label, outcome: "answered" };
  }

  #dispatched(
    jobOf: (finished: (result: DispatchResult) => void) => ModelJob,
  ): Promise<DispatchResult> {
    return new Promise((resolve) => {
      let running: Dispatch | null = null;
      let isOver = false;
      const finished = (result: DispatchResult): void => {
        isOver = true;
        if (running !== null) this.#running.delete(running);
        resolve(result);
      };
      running = dispatch<ModelJob>(jobOf(finished), this.#world);
      if (!isOver) this.#running.add(running);
    });
  }

  /**
   * A target that lets the time run out again and again is left alone for a while, here alone: to be too slow for this is no fault
   * that other requests should avoid it for.
   */
  #listen({ target, health }: ClassifierOrder, { outcome, attempts }: DispatchResult): void {
    const isSlow = attempts.some(
      (each) => each.outcome.kind === "aborted" && each.outcome.why === "deadline",
    );
    if (outcome === "ok") this.#silences.delete(target);
    if (!isSlow) return;
    const times = (this.#silences.get(target)?.times ?? 0) + 1;
    const untilMs = times < health.consecutive ? 0 : this.#world.now() + health.openMs;
    this.#silences.set(target, { times, untilMs });
  }

  #remember(key: string, label: string): void {
    this.#answers.delete(key);
    this.#answers.set(key, label);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= mostRemembered) break;
      this.#answers.delete(oldest);
    }
  }
}
