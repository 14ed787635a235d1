import type { LiveTargets } from "../catalog/target-fact.ts";
import type { IntentAnswer } from "../extract/intent-reader.ts";
import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { type Dispatch, dispatch } from "../runtime/dispatch/dispatch.ts";
import type { AttemptRecord, DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { World } from "../runtime/dispatch/world.ts";
import type { Admission } from "../runtime/overload/admission.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { ModelJob, Upstream } from "../runtime/transport/model-job.ts";
import type { Came, Impatience } from "./impatience.ts";
import { nowhere } from "./shadows.ts";

/** Questions under way at once; beyond, nobody is asked, since waiting for a turn would take the time that an answer has. */
const mostAtOnce = 64;

/** Answers that are remembered. */
const mostRemembered = 4_096;

/** For so long: what is behind a name may change without a word, and labels with it. */
const rememberedMs = 86_400_000;

/** More of an answer than this is not kept: it is no label. */
const mostOfAnswer = 1_000;

/** One question that may be asked. */
export interface ClassifierOrder {
  /** The same for questions of the same answer: text, labels, policy, and the model that is asked, which an answer may tell. */
  key(): string;
  readonly target: string;
  /** One step, tried once, with the time that it has. */
  readonly plan: Plan;
  /** Made only if it is sent. */
  readonly request: () => ModelRequest;
  /** The label that an answer is; null for none. */
  readonly read: (answer: string) => string | null;
  upstreamOf(target: string): Upstream | undefined;
  /** Told when the attempt is over. */
  ended(attempt: AttemptRecord): void;
}

interface Remembered {
  readonly label: string;
  /** By the world's clock. */
  readonly untilMs: number;
}

interface ClassifierParts {
  readonly world: World<ModelJob>;
  readonly live: Pick<LiveTargets, "healthy">;
  readonly admission: Pick<Admission, "shed">;
  readonly impatience: Impatience;
}

/** Asks models what texts ask for, each text once, and remembers what they said. */
export class Classifier {
  readonly #parts: ClassifierParts;
  /** By key, the one that was used last behind the others. */
  readonly #answers = new Map<string, Remembered>();
  readonly #asked = new Map<string, Promise<IntentAnswer>>();
  readonly #running = new Set<Dispatch>();

  constructor(parts: ClassifierParts) {
    this.#parts = parts;
  }

  /** Answers remembered. */
  get size(): number {
    return this.#answers.size;
  }

  /** The answer to a question, at the latest when its plan's deadline is over. Rejects for a fault of ours only. */
  ask(order: ClassifierOrder): Promise<IntentAnswer> {
    const key = order.key();
    const known = this.#answers.get(key);
    if (known !== undefined && known.untilMs > this.#parts.world.now()) {
      this.#remember(key, known);
      return Promise.resolve({ label: known.label, outcome: "remembered" });
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
    const { admission, impatience, live, world } = this.#parts;
    if (admission.shed("low") !== null) return "overloaded";
    const isSpared = impatience.spares(target, world.now());
    return isSpared || live.healthy(target) === false ? "unhealthy" : null;
  }

  async #send(order: ClassifierOrder): Promise<IntentAnswer> {
    const { plan, read, target, upstreamOf, ended } = order;
    const { impatience, world } = this.#parts;
    let said = "";
    const says = (events: readonly AnswerEvent[]): void => {
      for (const event of events)
        if (event.kind === "text" && said.length < mostOfAnswer) said += event.text;
    };
    const request = order.request();
    const heard = impatience.sent(target, world.now());
    const result = await this.#dispatched((finished) => ({
      ...{ plan, request, streamed: false, sink: nowhere, caller: null, finished },
      listener: { begins() {}, says },
      upstreamOf,
    })).catch((error: unknown) => {
      heard("untold", world.now());
      throw error;
    });
    heard(cameOf(result), world.now());
    for (const attempt of result.attempts) ended(attempt);
    const { outcome, failure } = result;
    if (outcome !== "ok") return { label: null, outcome: failure?.cause ?? "stopped" };
    const label = read(said);
    if (label === null) return { label, outcome: "no-label" };
    this.#remember(order.key(), { label, untilMs: world.now() + rememberedMs });
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
      running = dispatch<ModelJob>(jobOf(finished), this.#parts.world);
      if (!isOver) this.#running.add(running);
    });
  }

  #remember(key: string, remembered: Remembered): void {
    this.#answers.delete(key);
    this.#answers.set(key, remembered);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= mostRemembered) break;
      this.#answers.delete(oldest);
    }
  }
}

function cameOf({ outcome, attempts }: DispatchResult): Came {
  if (outcome === "ok") return "in-time";
  const isLate = attempts.some((each) => {
    return each.outcome.kind === "aborted" && each.outcome.why === "deadline";
  });
  return isLate ? "late" : "untold";
}
