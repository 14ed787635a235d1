import { performance } from "node:perf_hooks";
import type { Target } from "../../src/catalog/target.ts";
import type { Provider } from "../../src/configuration/configuration.ts";
import { defaultHealth } from "../../src/configuration/default-configuration.ts";
import type { ChatBody } from "../../src/protocol/chat-request.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { type Dispatch, dispatch } from "../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../src/runtime/dispatch/machine-types.ts";
import type { ClientSink, Commitment } from "../../src/runtime/dispatch/world.ts";
import type { Plan } from "../../src/runtime/plan/plan.ts";
import { adapterOf } from "../../src/runtime/providers/adapters.ts";
import { HealthBook } from "../../src/runtime/resilience/health-book.ts";
import type {
  AnswerLimits,
  ModelJob,
  SocketWorldParts,
} from "../../src/runtime/transport/model-job.ts";
import { defaultAnswerLimits } from "../../src/runtime/transport/model-job.ts";
import { createPools, defaultPoolSettings, type Pools } from "../../src/runtime/transport/pools.ts";
import { SocketWorld } from "../../src/runtime/transport/socket-world.ts";
import { createTimerWheel, type TimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import { modelRequestOf } from "../../src/surface/chat/read-chat.ts";
import type { HandClock } from "./hand-clock.ts";

/** A sink that keeps what it is told; `room` says what `write` returns. */
export interface KeepingSink extends ClientSink {
  readonly calls: string[];
  readonly text: () => string;
  commitment: Commitment | null;
  failure: Failure | null;
  room: boolean;
  /** Lets the upstream go on after a `write` that returned false. */
  drain(): void;
}

export function createKeepingSink(): KeepingSink {
  const bytes: Uint8Array[] = [];
  let waiting: (() => void) | null = null;
  const sink: KeepingSink = {
    calls: [],
    commitment: null,
    failure: null,
    room: true,
    text: () => Buffer.concat(bytes).toString("utf8"),
    reply(commitment, body) {
      sink.calls.push("reply");
      sink.commitment = commitment;
      bytes.push(Buffer.from(body));
    },
    open(commitment) {
      sink.calls.push("open");
      sink.commitment = commitment;
    },
    write(chunk) {
      bytes.push(chunk);
      return sink.room;
    },
    whenDrained(resume) {
      waiting = resume;
    },
    end: () => sink.calls.push("end"),
    fail(failure) {
      sink.calls.push("fail");
      sink.failure = failure;
    },
    drain() {
      const resume = waiting;
      waiting = null;
      resume?.();
    },
  };
  return sink;
}

export const targetNamed = (name: string, provider = "p"): Target => ({
  name,
  provider,
  model: name,
  region: null,
  local: false,
  quantization: null,
  prices: [],
  contextTokens: null,
  maxOutputTokens: null,
  abilities: new Set(),
  quality: {},
  rejectsSampling: false,
  rejectsForcedTools: false,
  rejectsEffort: false,
});

export const providerAt = (url: string, connections = 8): Provider => ({
  name: "p",
  kind: "openai-compatible",
  url,
  key: null,
  headers: {},
  api: "chat",
  promptCache: "auto",
  connections,
});

/** A chat request as the gateway would have read it. */
export function chatRequest(stream: boolean, content = "hi"): ModelRequest {
  const body: ChatBody = { model: "asked", messages: [{ role: "user", content }], stream };
  const bytes = Buffer.from(JSON.stringify(body));
  const start = bytes.indexOf('"asked"');
  return modelRequestOf({ bytes, body, modelSpan: { start, end: start + '"asked"'.length } });
}

export interface SocketBench {
  readonly world: SocketWorld;
  readonly health: HealthBook;
  readonly pools: Pools;
  readonly timers: TimerWheel;
  readonly bugs: unknown[];
  /** How often a prompt's tokens were asked for; the answer is 11. */
  promptsEstimated(): number;
  /** Dispatches a plan; every target is at the bench's provider, its name is the model the upstream sees. */
  send(plan: Plan, streamed: boolean, content?: string | ModelRequest): Sent;
  close(): Promise<void>;
}

export interface Sent {
  readonly sink: KeepingSink;
  readonly dispatch: Dispatch;
  readonly result: Promise<DispatchResult>;
}

export const createBenchPools = (): Pools =>
  createPools({ ...defaultPoolSettings, connectTimeoutMs: 1_000 });

const realTime = { now: () => Date.now(), monotonic: () => performance.now() };

/** A socket World over real connections to one provider; a hand clock makes its limits pass only when told. */
export function createSocketBench(
  provider: Provider,
  limits: Partial<AnswerLimits> = {},
  hand: HandClock | null = null,
  bridge: Pick<SocketWorldParts, "startBridged"> & { readonly pools?: Pools } = {},
): SocketBench {
  const clock = hand ?? realTime;
  const timers = hand === null ? createTimerWheel(clock) : createTimerWheel(clock, hand);
  const { startBridged, pools = createBenchPools() } = bridge;
  const bugs: unknown[] = [];
  let promptsEstimated = 0;
  const health = new HealthBook({
    now: () => clock.monotonic(),
    settings: () => defaultHealth,
    random: () => 0,
  });
  const world = new SocketWorld(
    {
      ...{ clock, gate: health, random: () => 0, timers, pools, adapterOf },
      ...(startBridged === undefined ? {} : { startBridged }),
      onBug: (error) => bugs.push(error),
    },
    { ...defaultAnswerLimits, ...limits },
  );
  return {
    ...{ world, health, pools, timers, bugs },
    promptsEstimated: () => promptsEstimated,
    send(plan, streamed, content) {
      const sink = createKeepingSink();
      let settle: (result: DispatchResult) => void = () => undefined;
      const result = new Promise<DispatchResult>((resolve) => {
        settle = resolve;
      });
      const job: ModelJob = {
        plan,
        streamed,
        request: typeof content === "object" ? content : chatRequest(streamed, content),
        sink,
        upstreamOf: (name) => ({ target: targetNamed(name), provider }),
        promptTokens: () => {
          promptsEstimated += 1;
          return 11;
        },
        finished: settle,
      };
      return { sink, dispatch: dispatch(job, world), result };
    },
    close: () => pools.destroy(),
  };
}
