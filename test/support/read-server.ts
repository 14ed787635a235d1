import { serverReaders } from "../../src/runtime/servers/readers.ts";
import { Round } from "../../src/runtime/servers/round.ts";
import type { ServerKind, ServerState } from "../../src/runtime/servers/server-state.ts";
import { headAndBody, type ServerAnswer, serverAnswers } from "./model-server.ts";

/** The state that these answers make, with those of the recorded server where none is given; null is no answer at all. */
export function readServer(
  kind: ServerKind,
  changed: Readonly<Record<string, ServerAnswer | null>> = {},
  previous: ServerState | null = null,
): ServerState {
  const reader = serverReaders[kind];
  const answers: Readonly<Record<string, ServerAnswer | null>> = {
    ...serverAnswers[kind],
    ...changed,
  };
  const round = new Round();
  for (const probe of reader.probes({ models: ["qwen3:8b"], previous, wanted: true })) {
    if (probe.when?.(round) === false) continue;
    const answer = answers[probe.path] ?? null;
    if (answer === null) {
      round.add(probe, { ok: false, reason: "network", message: "cut" });
      continue;
    }
    const { status, headers, body } = headAndBody(answer);
    round.add(probe, { ok: true, status, headers, body: new TextEncoder().encode(body) });
  }
  return reader.read(round, previous);
}
