import type { ApproximateIndex, Near } from "../semantic/near-index.ts";

/** More neighbours and wider searches find more and cost more; of 100,000 entries these find 99 in 100 of the nearest eight. */
const graph = { connectivity: 16, expansion_add: 96, expansion_search: 96 };

/** What is used of the package `usearch` 2.x, which whoever runs the gateway may install beside it. */
interface Usearch {
  readonly Index: new (
    options: object,
  ) => {
    add(id: bigint, vector: Float32Array, threads: number): void;
    remove(id: bigint): unknown;
    size(): number | bigint;
    search(vector: Float32Array, most: number, threads: number): Matches;
  };
  readonly MetricKind: { readonly IP: unknown };
  readonly ScalarKind: { readonly F16: unknown };
}

/** Loads what makes approximate indexes; null where it is not installed, or has no binary for this machine. */
export async function loadApproximate(): Promise<((dimension: number) => ApproximateIndex) | null> {
  const usearch = await load();
  if (usearch === null) return null;
  const { Index, MetricKind, ScalarKind } = usearch;
  return (dimension) => {
    const index = new Index({
      dimensions: dimension,
      // Half precision: an error of similarity far below what a threshold is written with.
      ...{ metric: MetricKind.IP, quantization: ScalarKind.F16, multi: false },
      ...graph,
    });
    return {
      add: (id, vector) => index.add(BigInt(id), vector, 1),
      remove: (id) => void index.remove(BigInt(id)),
      search(vector, most): Near[] {
        const size = Number(index.size());
        if (size === 0) return [];
        const { keys, distances } = index.search(vector, Math.min(most, size), 1);
        return Array.from(distances, (distance, at) => ({
          id: Number(keys[at]),
          similarity: 1 - distance,
        })).sort((a, b) => b.similarity - a.similarity);
      },
    };
  };
}

interface Matches {
  readonly keys: BigUint64Array;
  readonly distances: Float32Array;
}

/** Not written where it is imported, so that it need not be installed to be compiled. */
const packageName: string = "usearch";

async function load(): Promise<Usearch | null> {
  try {
    return (await import(packageName)) as Usearch;
  } catch {
    // Not installed, or no binary for this system: partitions are scanned, and hold what a scan can reach.
    return null;
  }
}
