import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import { type StandIn, type StandInCall, startStandIn } from "../../src/stand-in/server.ts";
import { type ConnectionFaults, type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";

/** A gateway whose target `f` is reached through a fault proxy; `a`, `b` and `c` answer, but for `a` as the script says. */
export interface FaultStage extends AsyncDisposable {
  readonly box: TestGateway;
  readonly proxy: FaultProxy;
  /** What `f` leads to, behind the proxy. */
  readonly behind: StandIn;
  readonly clock: HandClock;
  /** Calls that reached the upstream with a model's name. */
  askedOf(model: string): number;
}

export interface FaultSetup extends TestSetup {
  /** By connection through the proxy, from 0. */
  readonly faults?: (connection: number) => ConnectionFaults | null;
  /** What is done with each call behind the proxy. */
  readonly behind?: (call: StandInCall) => Behaviour | null;
  /** Time stands and passes by hand. */
  readonly byHand?: boolean;
}

/** Breakers that stay closed: for rows that look at one request after another. */
export const patient =
  "health: { failures: 1000000000, least-attempts: 1000000000, longest-pause: 0s }\n";

export async function startFaultStage(setup: FaultSetup): Promise<FaultStage> {
  const behind = await startStandIn({
    records: true,
    ...(setup.behind === undefined ? {} : { script: setup.behind }),
  });
  const clock = createHandClock(1_000_000);
  const proxy = await startFaultProxy({
    target: behind.url,
    ...(setup.faults === undefined ? {} : { faults: setup.faults }),
  });
  const box = await startTestGateway({
    policies: {
      main: "otherwise f with retry 0\n",
      both: "otherwise f fallback b with retry 0\n",
      alone: "otherwise a with retry 0\n",
      other: "otherwise c with retry 0\n",
      pair: "otherwise a fallback b with retry 0\n",
    },
    ...setup,
    providers: (url) =>
      `  faulty: { kind: openai-compatible, url: "${proxy.url}/v1" }\n${setup.providers?.(url) ?? ""}`,
    targets: `  f: { provider: faulty, model: model-f, price: { input: $1/M, output: $2/M } }\n${setup.targets ?? ""}`,
    yaml: setup.yaml ?? patient,
    options: {
      ...(setup.byHand === true ? { clock, timerHost: clock } : {}),
      ...setup.options,
    },
  });
  return {
    ...{ box, proxy, behind, clock },
    askedOf: (model) =>
      [...box.upstream.calls, ...behind.calls].filter(({ body }) => body["model"] === model).length,
    async [Symbol.asyncDispose]() {
      await box[Symbol.asyncDispose]();
      await proxy.close();
      await behind.close();
    },
  };
}

/** Waits, turn of the loop by turn, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** One event of an OpenAI stream with any delta and finish. */
export const event = (delta: object, finish: string | null = null, rest: object = {}): string =>
  `data: ${JSON.stringify({
    ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m" },
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...rest,
  })}\n\n`;

export const done = "data: [DONE]\n\n";

/** A whole answer that says one text. */
export const completion = (content: string): string =>
  JSON.stringify({
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m" },
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });

/** What a stream's client has read: its text, its last event, and how often its end was told. */
export function readStream(text: string): { said: string; last: string; ends: number } {
  const events = text
    .split("\n\n")
    .map((block) => block.split("\n").filter((line) => line.startsWith("data: ")))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice(6)).join("\n"));
  let said = "";
  for (const each of events) {
    if (each === "[DONE]") continue;
    const { choices = [] } = JSON.parse(each) as { choices?: { delta?: { content?: string } }[] };
    said += choices[0]?.delta?.content ?? "";
  }
  return {
    said,
    last: events.at(-1) ?? "",
    ends: events.filter((each) => each === "[DONE]").length,
  };
}
