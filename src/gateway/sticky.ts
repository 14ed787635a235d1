import { keptState } from "../extract/kept-state.ts";
import type { ChatBody } from "../protocol/chat-request.ts";
import type { DispatchResult } from "../runtime/dispatch/machine-types.ts";
import type { Plan } from "../runtime/plan/plan.ts";
import type { Core } from "./core.ts";
import type { SharedGateways } from "./shared-gateways.ts";

/** Enough for the sessions of a busy hour; those not heard of for longest go first. */
const mostKept = 50_000;

/** A loop of tools that is never finished does not hold its target for ever. */
const longestHoldMs = 24 * 60 * 60 * 1_000;

interface Stuck {
  readonly target: string;
  readonly untilMs: number;
}

/** So long what gateways share is kept beyond its time: for loops of tools that go on elsewhere. */
const sharedLongerMs = 60 * 60 * 1_000;

/** Which target the last request of a key was answered by. In memory, before what gateways share; times are milliseconds since the epoch. */
export class StickyMemory {
  readonly #stuck = new Map<string, Stuck>();
  readonly #shared: Pick<SharedGateways, "findSession" | "keepSession"> | null;

  constructor(shared: Pick<SharedGateways, "findSession" | "keepSession"> | null = null) {
    this.#shared = shared;
  }

  /** Fetches a key that is not in memory from what gateways share; undefined where there is nothing to wait for. Never rejects. */
  recall(key: string): Promise<void> | undefined {
    if (this.#stuck.has(key)) return undefined;
    return this.#shared?.findSession(key)?.then((found) => {
      // Meanwhile a request of the same key may have been answered here.
      if (found !== null && !this.#stuck.has(key)) this.#remember(key, found);
    });
  }

  /** Where a key stays; null where it is free to go: after its time, but then at a safe point alone. */
  find(key: string, atMs: number, isSafe: boolean): string | null {
    const stuck = this.#stuck.get(key);
    if (stuck === undefined) return null;
    const untilMs = isSafe ? stuck.untilMs : stuck.untilMs + longestHoldMs;
    return atMs < untilMs ? stuck.target : null;
  }

  keep(key: string, target: string, untilMs: number, atMs: number): void {
    this.#remember(key, { target, untilMs });
    this.#shared?.keepSession(key, { target, untilMs }, untilMs - atMs + sharedLongerMs);
  }

  #remember(key: string, stuck: Stuck): void {
    this.#stuck.delete(key);
    this.#stuck.set(key, stuck);
    if (this.#stuck.size <= mostKept) return;
    for (const oldest of this.#stuck.keys()) {
      this.#stuck.delete(oldest);
      break;
    }
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

/**
 * Whether a conversation may go to another model now: not between a call of a tool and its result's answer, and not while it rests on
 * what one provider keeps.
 */
export function isSafePoint(body: ChatBody): boolean {
  const last = body.messages.at(-1);
  return last?.role !== "tool" && keptState(body) === null;
}
