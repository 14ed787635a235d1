import { boolean, either, field, listOf, needed, quantity, record, text } from "./shape.ts";

const reloadReplayKeys = record({
  last: field(
    quantity("whole", 1, 100_000),
    "How many of a changed policy's last decision records are decided anew; 1000 where nothing is said.",
  ),
  "fail-if": needed(
    listOf(text),
    "Conditions, as `signalbox simulate --fail-if` takes them, of which none may hold: `cost.delta > 5%`.",
  ),
  "carry-out": field(
    boolean,
    "Whether the records are also carried out on a virtual clock, as by `signalbox simulate --replay`; left out, they are decided alone.",
  ),
  timeout: field(
    quantity("duration", 100, 600_000),
    "How long it may take, 30s where nothing is said; what takes longer is refused.",
  ),
});

export const reloadKeys = record({
  replay: field(
    reloadReplayKeys,
    "What a changed policy makes of the decision log before it takes effect, held against what the one in force does.",
  ),
});

const shadowPolicyKeys = record({
  policy: needed(text, "The policy that decides the same requests, beside the one in force."),
  share: field(quantity("share", 0, 1), "Share of the requests; all where nothing is said."),
});

export const shadowPolicyShape = either(text, shadowPolicyKeys);
