import { afterEach } from "vitest";
import { eventsOf } from "../runtime/providers/support.ts";
import { type BridgeBench, bridgedProvider, createBridgeBench } from "./bridge-bench.ts";
import { type Script, type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";

export const cohere = "@ai-sdk/cohere";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A scripted upstream of Cohere's API and a bench whose one provider its package serves there; closed after the test. */
export async function stage(
  script: Script,
  limits: Parameters<typeof createBridgeBench>[1] = {},
  connections = 8,
): Promise<{ upstream: ScriptedUpstream; bench: BridgeBench }> {
  const upstream = await startScriptedUpstream(script);
  const provider = bridgedProvider(cohere, upstream.url, { connections });
  const bench = await createBridgeBench(provider, limits);
  open.push(bench, upstream);
  return { upstream, bench };
}

/** Waits, turn of the loop by turn, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`never held: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly function: { readonly name?: string; readonly arguments: string };
  }[];
}

/** The deltas of a chat stream, in order. */
export const deltasOf = (text: string): readonly Delta[] =>
  eventsOf(text).flatMap((event) =>
    typeof event === "string"
      ? []
      : (event as { choices: { delta: Delta }[] }).choices.map(({ delta }) => delta),
  );
