/** What one GPU is let for by the hour on demand, its server and power included, as a vendor's page had it. */
export interface GpuRent {
  readonly what: string;
  /** Dollars. */
  readonly hour: number;
  readonly page: string;
  /** The day on which the page was read. */
  readonly readOn: string;
}

/**
 * By the names that options take. Prices were taken from transcriptions of these pages that name the page and the day; they change by
 * the month, so each is told with both.
 */
export const gpuRents: Readonly<Record<string, GpuRent>> = {
  "a100-40gb": {
    ...{ what: "A100 SXM 40 GB", hour: 1.99 },
    ...{ page: "lambda.ai/instances", readOn: "2026-09-20" },
  },
  "a100-80gb": {
    ...{ what: "A100 SXM 80 GB", hour: 1.79 },
    ...{ page: "runpod.io/pricing", readOn: "2026-11-09" },
  },
  "h100-pcie": {
    ...{ what: "H100 PCIe 80 GB", hour: 2.89 },
    ...{ page: "runpod.io/pricing", readOn: "2026-11-09" },
  },
  h100: {
    ...{ what: "H100 SXM 80 GB", hour: 3.99 },
    ...{ page: "runpod.io/pricing", readOn: "2026-11-09" },
  },
  h200: {
    ...{ what: "H200 141 GB", hour: 4.59 },
    ...{ page: "runpod.io/pricing", readOn: "2026-10-07" },
  },
  b200: {
    ...{ what: "B200 180 GB", hour: 6.79 },
    ...{ page: "runpod.io/pricing", readOn: "2026-10-07" },
  },
};
