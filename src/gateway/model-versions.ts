import type { AnswerEvent } from "../protocol/answer-event.ts";
import type { Usage } from "../protocol/usage.ts";

/** Which model each target answered with last, by its provider's own word. In memory: after a start nothing was heard yet. */
export class ModelVersions {
  /** By the target's name: as many as configurations have named. */
  readonly #last = new Map<string, string>();

  /** An attempt at a target is over. */
  heard(target: string, usage: Usage | null): void {
    if (usage?.model !== undefined) this.#last.set(target, usage.model);
  }

  /** The model that a target answered with last; null where nothing was heard. */
  of(target: string): string | null {
    return this.#last.get(target) ?? null;
  }

  /** Whether an answer of a target is another model's than its last one. */
  isOld(target: string, events: readonly AnswerEvent[]): boolean {
    const last = this.#last.get(target);
    if (last === undefined) return false;
    const model = modelOf(events);
    return model !== null && model !== last;
  }
}

/** The model that an answer names; null where it names none. */
function modelOf(events: readonly AnswerEvent[]): string | null {
  let model: string | null = null;
  for (const event of events) {
    // What stands beside the counts is what attempts are told.
    if (event.kind === "usage" && event.usage.model !== undefined) model = event.usage.model;
    if (event.kind === "start" && event.model !== "") model = event.model;
  }
  return model;
}
