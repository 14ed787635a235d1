import type { DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import { StuckTargets } from "../runtime/resilience/stuck-targets.ts";
import type { Core } from "./core.ts";
import type { SharedGateways } from "./shared-gateways.ts";

/** So long what gateways share is kept beyond its time: for loops of tools that go on elsewhere. */
const sharedLongerMs = 60 * 60 * 1_000;

/** Which target the last request of a key was answered by. In memory, before what gateways share; times are milliseconds since the epoch. */
export class StickyMemory {
  readonly #stuck = new StuckTargets();
  readonly #shared: Pick<SharedGateways, "findSession" | "keepSession"> | null;

  constructor(shared: Pick<SharedGateways, "findSession" | "keepSession"> | null = null) {
    this.#shared = shared;
  }

  /** Fetches a key that is not in memory from what gateways share; undefined where there is nothing to wait for. Never rejects. */
  recall(key: string): Promise<void> | undefined {
    if (this.#stuck.has(key)) return undefined;
    return this.#shared?.findSession(key)?.then((found) => {
      // Meanwhile a request of the same key may have been answered here.
      if (found !== null && !this.#stuck.has(key)) this.#stuck.keep(key, found);
    });
  }

  /** Where a key stays; null where it is free to go: after its time, but then at a safe point alone. */
  find(key: string, atMs: number, isSafe: boolean): string | null {
    return this.#stuck.find(key, atMs, isSafe);
  }

  keep(key: string, target: string, untilMs: number, atMs: number): void {
    this.#stuck.keep(key, { target, untilMs });
    this.#shared?.keepSession(key, { target, untilMs }, untilMs - atMs + sharedLongerMs);
  }
}

/** Remembers where a sticky plan's request was answered, for the next one of its key; null where it has none. */
export function stayWith(
  { clock, sticky: memory }: Pick<Core, "clock" | "sticky">,
  { outcome, attempts }: DispatchResult,
  { plan, key }: { readonly plan: Plan; readonly key: string | null },
): void {
  const { sticky } = plan.options;
  const answered = outcome === "ok" ? attempts.at(-1)?.target : undefined;
  if (answered === undefined || sticky === undefined || key === null) return;
  const now = clock.now();
  memory.keep(key, answered, now + sticky.forMs, now);
}
