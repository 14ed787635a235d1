import { hashText } from "../base/hash.ts";
import { bandAt } from "../catalog/cost.ts";
import type { Target } from "../catalog/target.ts";
import type { LiveTargets, Measure } from "../catalog/target-fact.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import type { Usage } from "../protocol/usage.ts";

/** Providers keep a prompt for five minutes or more after it was last read (wire-formats §1.1, §2.2, §3.8). */
const keptMs = 5 * 60_000;

/** Less is kept by none of them. */
const leastTokens = 1_024;

/** Larger prompts are not remembered: hashing them would hold the loop. */
const mostBytes = 1024 * 1024;

/** Enough for the sessions of five busy minutes; the oldest go first. */
const mostKept = 20_000;

/** The beginnings of a prompt: of its settings and first message, then with one message more each. Made when first asked. */
export class PromptPrints {
  readonly #request: Pick<ModelRequest, "body" | "bytes">;
  #prints: readonly string[] | null = null;

  constructor(request: Pick<ModelRequest, "body" | "bytes">) {
    this.#request = request;
  }

  /** Shortest first; the last is the whole prompt's. */
  get(): readonly string[] {
    if (this.#prints !== null) return this.#prints;
    if (this.#request.bytes.length > mostBytes) return [];
    const { tools, response_format: format, messages } = this.#request.body;
    let print = hashText(JSON.stringify([tools ?? null, format ?? null]));
    this.#prints = messages.map((message) => {
      print = hashText(`${print}${JSON.stringify(message)}`);
      return print;
    });
    return this.#prints;
  }
}

interface Kept {
  readonly tokens: number;
  readonly untilMs: number;
}

/**
 * Remembers which target was lately sent which prompt, so that a session is weighed by what its target has of it in its cache. Held
 * by hashes alone, in memory, and forgotten after five minutes.
 */
export class PromptMemory {
  readonly #kept = new Map<string, Kept>();

  /** An attempt at a target was answered: by its own count so much of the prompt is cached there now. */
  note(target: Target, prints: PromptPrints, usage: Usage, atMs: number): void {
    const tokens = cachedBy(target, usage, atMs);
    const whole = prints.get().at(-1);
    if (tokens < leastTokens || whole === undefined) return;
    const key = keyOf(target, whole);
    this.#kept.delete(key);
    this.#kept.set(key, { tokens, untilMs: atMs + keptMs });
    if (this.#kept.size <= mostKept) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }

  /** Tokens of the longest beginning of a prompt that a target was sent lately; 0 where it was sent none. */
  tokensAt(target: Target | undefined, prints: PromptPrints, atMs: number): number {
    if (this.#kept.size === 0 || target === undefined) return 0;
    const all = prints.get();
    for (let at = all.length - 1; at >= 0; at -= 1) {
      const kept = this.#kept.get(keyOf(target, all[at] ?? ""));
      if (kept !== undefined && kept.untilMs > atMs) return kept.tokens;
    }
    return 0;
  }

  /** What is known of targets, and of one prompt in their caches. */
  over(live: LiveTargets, prompt: OnePrompt): LiveTargets {
    return new LiveWithCache(live, this, prompt);
  }
}

interface OnePrompt {
  readonly prints: PromptPrints;
  readonly atMs: number;
  /** The targets of this moment: a name may come to mean another model. */
  readonly targets: { get(name: string): Target | undefined };
}

/** A class, since one is made for each request. */
class LiveWithCache implements LiveTargets {
  readonly #live: LiveTargets;
  readonly #memory: PromptMemory;
  readonly #asked: OnePrompt;

  constructor(live: LiveTargets, memory: PromptMemory, asked: OnePrompt) {
    this.#live = live;
    this.#memory = memory;
    this.#asked = asked;
  }

  healthy(target: string): boolean | undefined {
    return this.#live.healthy(target);
  }

  measured(target: string, measure: Measure): number | undefined {
    if (measure !== "cached") return this.#live.measured(target, measure);
    const { targets, prints, atMs } = this.#asked;
    return this.#memory.tokensAt(targets.get(target), prints, atMs);
  }
}

function keyOf({ name, provider, model }: Target, print: string): string {
  return `${name}\n${provider}\n${model}\n${print}`;
}

/** Where writing to the cache has a price of its own, only what was written or read is there; elsewhere the whole prompt is. */
function cachedBy(target: Target, usage: Usage, atMs: number): number {
  if (usage.estimated) return 0;
  const band = bandAt(target, usage.inputTokens, atMs);
  if (band === null || band.cachedRead >= band.input) return 0;
  return band.cachedWrite > band.input
    ? usage.cachedReadTokens + usage.cachedWriteTokens
    : usage.inputTokens;
}
