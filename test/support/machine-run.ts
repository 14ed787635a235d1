import type { Cause } from "../../src/protocol/cause.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import type { Usage } from "../../src/protocol/usage.ts";
import { openGate } from "../../src/runtime/dispatch/gate.ts";
import { createMachine } from "../../src/runtime/dispatch/machine.ts";
import type {
  AttemptProgress,
  DispatchAction,
  DispatchEvent,
  DispatchResult,
  GateQuestions,
} from "../../src/runtime/dispatch/machine-types.ts";
import type { Plan } from "../../src/runtime/plan/plan.ts";

/** A failure of a cause that must not be retried at its target, unless said. */
export const failure = (cause: Cause, more: Partial<Failure> = {}): Failure => ({
  cause,
  retrySame: false,
  message: cause,
  ...more,
});

/** Events of a dispatch that starts at 0, as a machine is told of them. */
export const start: DispatchEvent = { kind: "start", atMs: 0 };
export const failed = (attempt: number, atMs: number, why: Failure): DispatchEvent => ({
  kind: "failed",
  attempt,
  failure: why,
  usage: null,
  atMs,
});
export const completed = (attempt: number, atMs: number): DispatchEvent => ({
  kind: "completed",
  attempt,
  usage: null,
  atMs,
});
export const firstToken = (attempt: number, atMs: number): DispatchEvent => ({
  kind: "first-token",
  attempt,
  atMs,
});
/** An alarm, and how far the running attempts are by then. */
export type Wake = DispatchEvent & { readonly progress?: AttemptProgress };
export const wake = (atMs: number, lastByteAtMs = 0, usage: Usage | null = null): Wake => ({
  ...{ kind: "wake", atMs },
  progress: { lastByteAtMs, usage },
});
export const gone = (atMs: number): DispatchEvent => ({ kind: "client-gone", atMs });

const show = (action: DispatchAction): string => {
  if (action.kind === "send") return `send ${action.attempt} ${action.target}`;
  if (action.kind === "alarm") return `alarm ${action.atMs}`;
  if (action.kind === "finish") return `finish ${action.result.outcome}`;
  if (action.kind === "await-turn") return `await turn ${action.target} ${action.untilMs}`;
  if (action.kind === "await-retry") return `await retry ${action.target}`;
  return `${action.kind} ${action.attempt}`;
};

const unmoved: AttemptProgress = { lastByteAtMs: 0, usage: null };

export interface Run {
  /** Without the waits of retries, of which the alarms tell. */
  readonly actions: readonly string[];
  readonly result: DispatchResult | null;
}

/** Plays events through a machine whose random draws are all `draw`; actions as short lines. */
export function run(
  plan: Plan,
  events: readonly Wake[],
  { streamed = false, draw = 0, gate = openGate as GateQuestions } = {},
): Run {
  const machine = createMachine(plan, streamed, () => draw, gate);
  const actions = events
    .flatMap((event) => machine.handle(event, () => event.progress ?? unmoved))
    .filter(({ kind }) => kind !== "await-retry");
  const last = actions.find((action) => action.kind === "finish");
  return { actions: actions.map(show), result: last?.result ?? null };
}
