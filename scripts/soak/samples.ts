import type { Point } from "../../src/bench/soak/trend.ts";

/** One look at the gateway's process; sizes in bytes, `cpuSeconds` since its start. */
export interface Sample {
  readonly hours: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly handles: number;
  readonly fileDescriptors: number;
  readonly cpuSeconds: number;
  /** What was left after a forced collection; null in most samples. */
  readonly collected: { readonly rss: number; readonly heapUsed: number } | null;
}

const names = {
  rss: "signalbox_process_resident_memory_bytes",
  heapUsed: "signalbox_nodejs_heap_size_used_bytes",
  external: "signalbox_nodejs_external_memory_bytes",
  handles: "signalbox_nodejs_active_handles_total",
  fileDescriptors: "signalbox_process_open_fds",
  cpuSeconds: "signalbox_process_cpu_seconds_total",
} as const;

/** Reads a scrape's text; throws where the gateway does not export what is sampled. */
export function sampleOf(
  metrics: string,
  hours: number,
  collected: NodeJS.MemoryUsage | null,
): Sample {
  const read = (name: string): number => {
    const found = new RegExp(`^${name} (\\S+)`, "m").exec(metrics);
    if (found === null) throw new Error(`/metrics has no ${name}`);
    return Number(found[1]);
  };
  return {
    hours,
    rss: read(names.rss),
    heapUsed: read(names.heapUsed),
    external: read(names.external),
    handles: read(names.handles),
    fileDescriptors: read(names.fileDescriptors),
    cpuSeconds: read(names.cpuSeconds),
    collected: collected === null ? null : { rss: collected.rss, heapUsed: collected.heapUsed },
  };
}

/** Reloads by what came of them, as a scrape tells it. */
export function reloadsOf(metrics: string): { readonly swapped: number; readonly refused: number } {
  const count = (result: string): number =>
    Number(
      new RegExp(`^signalbox_reloads_total\\{result="${result}"\\} (\\d+)`, "m").exec(
        metrics,
      )?.[1] ?? 0,
    );
  return { swapped: count("swapped"), refused: count("refused") };
}

const mebibytes = (bytes: number): number => bytes / (1024 * 1024);

/** A quantity of all samples after a warm-up, in MiB. */
export function pointsOf(
  samples: readonly Sample[],
  read: (sample: Sample) => number | undefined,
): Point[] {
  return samples.flatMap((sample) => {
    const bytes = read(sample);
    return bytes === undefined ? [] : [{ hours: sample.hours, value: mebibytes(bytes) }];
  });
}

/** Samples as CSV, one row each, with a head. */
export function csvOf(samples: readonly Sample[]): string {
  const head =
    "seconds,rss,heap_used,external,handles,file_descriptors,cpu_seconds,rss_collected,heap_collected";
  const rows = samples.map(({ hours, collected, ...rest }) =>
    [
      (hours * 3_600).toFixed(1),
      ...[rest.rss, rest.heapUsed, rest.external, rest.handles, rest.fileDescriptors],
      ...[rest.cpuSeconds.toFixed(2), collected?.rss ?? "", collected?.heapUsed ?? ""],
    ].join(","),
  );
  return `${[head, ...rows].join("\n")}\n`;
}
