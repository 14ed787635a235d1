import { batchWireOf } from "../providers/batch-wires.ts";
import type { BatchLine, ProviderJob } from "../store/batch-records.ts";
import { type DeskParts, groupOf, type LineDesk } from "./line-desk.ts";

/** Makes batches for providers of lines that have waited for company long enough. */
export function gatherJobs({ store, limits, newId, host }: DeskParts, desk: LineDesk): void {
  const nowMs = desk.now;
  for (const { key, lines, sinceMs } of store.groups()) {
    const group = groupOf(key);
    const kind = host.upstreamOf(group.target)?.provider.kind;
    const most = kind === undefined ? null : (batchWireOf(kind)?.most ?? null);
    const mostLines = Math.min(limits.jobLines, most?.lines ?? limits.jobLines);
    const mostBytes = Math.min(limits.jobBytes, (most?.bytes ?? limits.jobBytes) / 2);
    if (lines < mostLines && nowMs < sinceMs + limits.gatherMs) continue;
    desk.commit(() => {
      const taken = withinBytes(store.groupLines(key, mostLines), mostBytes);
      const job = { ...emptyJob, ...group, id: newId("sbx_") };
      for (const [place, line] of taken.entries()) store.send(line, job.id, place);
      const deadlineMs = Math.max(...taken.map((line) => line.deadlineMs));
      store.saveJob({ ...job, lines: taken.length, nextAtMs: nowMs, deadlineMs });
    });
  }
}

/** The first of these lines that fit together; one at least. */
function withinBytes(lines: readonly BatchLine[], mostBytes: number): readonly BatchLine[] {
  let bytes = 0;
  const over = lines.findIndex(({ length }, at) => {
    bytes += length;
    return at > 0 && bytes > mostBytes;
  });
  return over < 0 ? lines : lines.slice(0, over);
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
