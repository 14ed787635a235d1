import type { BatchWire } from "../providers/batch-wire.ts";
import type { BatchLine, ProviderJob } from "../store/batch-records.ts";
import type { LaneLimits } from "./limits.ts";

/** Most lines, and client's bytes, of one batch at a provider. */
export interface JobSize {
  readonly lines: number;
  readonly bytes: number;
}

/** What one batch at a provider takes of us; a wire's own limit counts bytes as they are sent, which are more than a client's. */
export function mostOfJob(limits: LaneLimits, wire: Pick<BatchWire, "most"> | null): JobSize {
  return {
    lines: Math.min(limits.jobLines, wire?.most.lines ?? limits.jobLines),
    bytes: Math.min(limits.jobBytes, (wire?.most.bytes ?? limits.jobBytes) / 2),
  };
}

/** When lines that wait for company since a moment have waited long enough, however few they are. */
export function ripeAtMs(sinceMs: number, { gatherMs }: LaneLimits): number {
  return sinceMs + gatherMs;
}

/** The first of these lines that fit together; one at least. */
export function withinBytes<Line extends Pick<BatchLine, "length">>(
  lines: readonly Line[],
  mostBytes: number,
): readonly Line[] {
  let bytes = 0;
  const over = lines.findIndex(({ length }, at) => {
    bytes += length;
    return at > 0 && bytes > mostBytes;
  });
  return over < 0 ? lines : lines.slice(0, over);
}

/** A batch of these lines that is to be made now. */
export function newJob(
  of: Pick<ProviderJob, "id" | "target" | "path" | "headers">,
  lines: readonly Pick<BatchLine, "deadlineMs">[],
  nowMs: number,
): ProviderJob {
  let deadlineMs = 0;
  for (const line of lines) deadlineMs = Math.max(deadlineMs, line.deadlineMs);
  return { ...emptyJob, ...of, lines: lines.length, nextAtMs: nowMs, deadlineMs };
}

const emptyJob: ProviderJob = {
  id: "",
  target: "",
  path: "",
  lines: 0,
  state: "new",
  doubtful: false,
  uploadId: null,
  batchId: null,
  results: [],
  unanswered: "lost",
  begunAtMs: 0,
  tries: 0,
  nextAtMs: 0,
  deadlineMs: 0,
  cancel: "no",
};
