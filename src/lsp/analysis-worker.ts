import { parentPort } from "node:worker_threads";
import { invariant } from "../base/assert.ts";
import { reviewDraft } from "../language/service/review-draft.ts";
import type { AnalysisAnswer, AnalysisOrder } from "./analysis.ts";

/** Where policies are analysed: a thread of its own, so that no keystroke waits. Answers each order in turn. */
const port = parentPort;
invariant(port !== null, "the analysis runs as a worker");

port.on("message", ({ id, draft, setting, cancelled }: AnalysisOrder) => {
  const flag = new Int32Array(cancelled);
  const isCancelled = (): boolean => Atomics.load(flag, 0) !== 0;
  const review = isCancelled() ? null : reviewDraft(draft, setting, { isCancelled });
  const answer: AnalysisAnswer = { id, review: isCancelled() ? null : review };
  port.postMessage(answer);
});
