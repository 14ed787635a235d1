import { existsSync } from "node:fs";
import type { Behaviour } from "../../src/stand-in/behaviour.ts";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { skipAloud } from "../support/skip-aloud.ts";

/** Targets by the wire that their provider speaks: `a` chat completions, `m` Messages, `g` Gemini's own. */
export const targets = ["a", "m", "g"] as const;
export type TargetName = (typeof targets)[number];

/**
 * A gateway with a policy `to-a`, `to-m` and `to-g` for each target, and `o9-to-m` for clients that ask for thinking by a model's
 * name alone; its upstream does what the test at hand says.
 */
export interface ThreeWires extends AsyncDisposable {
  readonly box: TestGateway;
  /** Origin, without a trailing slash. */
  readonly url: string;
  /** What the upstream does from now on; without one it answers as a stand-in does. */
  play(script: ((call: StandInCall) => Behaviour | null) | null): void;
  /** The calls that the upstream got since the script was set. */
  calls(): readonly StandInCall[];
}

export async function openThreeWires(): Promise<ThreeWires> {
  let script: ((call: StandInCall) => Behaviour | null) | null = null;
  let since = 0;
  const box = await startTestGateway({
    policies: {
      main: "otherwise a with retry 0\n",
      "o9-to-m": "otherwise m with retry 0\n",
      ...Object.fromEntries(
        targets.map((target) => [`to-${target}`, `otherwise ${target} with retry 0\n`]),
      ),
    },
    targets: `  m: { provider: claude, model: claude-haiku-4-5 }
  g: { provider: google, model: gemini-2.5-flash }`,
    providers: (url) =>
      `  claude: { kind: anthropic, url: "${url}" }\n  google: { kind: gemini, url: "${url}" }`,
    script: (call) => script?.(call) ?? null,
  });
  return {
    box,
    url: box.gateway.url,
    play(next) {
      script = next;
      since = box.upstream.calls.length;
    },
    calls: () => box.upstream.calls.slice(since),
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

/** Whether tests of Gemini's clients are left out, because clients of its API are not served. */
export const withoutGemini = skipAloud(
  !existsSync(new URL("../../src/surface/generate/read-generate-request.ts", import.meta.url)),
  "clients of Gemini's API, which is not served yet",
);

/** A schema, in the words that every client takes. */
export const citySchema = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "number" } },
  required: ["city", "degrees"],
  additionalProperties: false,
} as const;
export const cityArguments = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

/** Whether a call brings results of tools back, on any wire. */
export function bringsResults({ text }: StandInCall): boolean {
  return /"role":"tool"|"tool_result"|"functionResponse"|"function_call_output"/.test(text);
}
