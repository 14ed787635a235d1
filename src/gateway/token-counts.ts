import type { Target } from "../catalog/target.ts";
import { keptState } from "../extract/kept-state.ts";
import { mediaOf } from "../extract/media.ts";
import { mixOf } from "../extract/token-facts.ts";
import { TokenRatios } from "../meaning/token-ratios.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { AttemptRecord } from "../runtime/dispatch/machine-types.ts";
import { recordedRatio } from "../runtime/plan/tokens-at.ts";
import type { CountGauges } from "../runtime/telemetry/gauges.ts";

/** So many answers of a model teach, then one in sixteen does: reading what a prompt is made of takes some tens of microseconds. */
const eagerSamples = 200;
const thenEvery = 16;

interface Targets {
  get(name: string): Target | undefined;
}

/** Learns how targets count from what their answers say they counted. */
export class TokenCounts {
  readonly #ratios = new TokenRatios();
  #turn = 0;
  #learnedFrom = 0;

  /** Answers that taught something, ever more. */
  get learnedFrom(): number {
    return this.#learnedFrom;
  }

  /** What was learned, for a later gateway; it is read by `restore`. */
  state(): string {
    return this.#ratios.state();
  }

  /** Takes up what another gateway learned, where it heard more; false for what cannot be read. */
  restore(state: string): boolean {
    return this.#ratios.restore(state);
  }

  /** The ratio that each target is expected to have for a request, rounded as it is recorded; undefined where too little was heard. */
  ratiosFor(body: ChatBody, targets: Targets): (target: string) => number | undefined {
    let mix: ReturnType<typeof mixOf> | null = null;
    return (name) => {
      const target = targets.get(name);
      if (target === undefined || !this.#ratios.knows(target.model)) return undefined;
      mix ??= mixOf(body);
      const known = this.#ratios.at(target.model, mix.mix);
      return known === null ? undefined : recordedRatio(known.ratio);
    };
  }

  /** Attempts of a request are over. Pictures and sound, and what a provider keeps, are counted by rules that no text tells. */
  heard(attempts: readonly AttemptRecord[], body: ChatBody, targets: Targets): void {
    for (const { target: name, usage } of attempts) {
      const target = targets.get(name);
      if (target === undefined || usage === null || usage.estimated) continue;
      if (usage.inputTokens <= 0 || !this.#isDue(target.model)) continue;
      const { images, audio, files } = mediaOf(body);
      if (images + audio + files > 0 || keptState(body) !== null) return;
      const { mix, tokens } = mixOf(body);
      this.#ratios.learn(target.model, mix, tokens, usage.inputTokens);
      this.#learnedFrom += 1;
    }
  }

  /** What is known of each target, for a scrape. */
  gauges(targets: Iterable<Target>): readonly CountGauges[] {
    return [...targets].flatMap(({ name, model }): CountGauges[] => {
      const known = this.#ratios.heardOf(model);
      return known === null ? [] : [{ target: name, ...known }];
    });
  }

  #isDue(model: string): boolean {
    this.#turn = (this.#turn + 1) % thenEvery;
    return this.#turn === 0 || this.#ratios.samplesOf(model) < eagerSamples;
  }
}
