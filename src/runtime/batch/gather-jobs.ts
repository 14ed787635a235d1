import { batchWireOf } from "../providers/batch-wires.ts";
import { mostOfJob, newJob, ripeAtMs, withinBytes } from "./gathering.ts";
import { type DeskParts, groupOf, type LineDesk } from "./line-desk.ts";

/** Makes batches for providers of lines that have waited for company long enough. */
export function gatherJobs({ store, limits, newId, host }: DeskParts, desk: LineDesk): void {
  const nowMs = desk.now;
  for (const { key, lines, sinceMs } of store.groups()) {
    const group = groupOf(key);
    const kind = host.upstreamOf(group.target)?.provider.kind;
    const most = mostOfJob(limits, kind === undefined ? null : batchWireOf(kind));
    if (lines < most.lines && nowMs < ripeAtMs(sinceMs, limits)) continue;
    desk.commit(() => {
      const taken = withinBytes(store.groupLines(key, most.lines), most.bytes);
      const job = newJob({ ...group, id: newId("sbx_") }, taken, nowMs);
      for (const [place, line] of taken.entries()) store.send(line, job.id, place);
      store.saveJob(job);
    });
  }
}
