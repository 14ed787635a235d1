import { countOf, durationOf, offsetOf, textOf } from "../row.ts";
import { requestOfRow } from "../row-request.ts";
import type { RowFormat } from "./row-format.ts";

/**
 * The BurstGPT trace, by the README of HPMLL/BurstGPT: CSV. `Timestamp` counts seconds from midnight of the first day, which is not
 * named; `Elapsed time`, in seconds, lasts to the whole answer. A request without response tokens failed.
 */
export const burstgpt: RowFormat = {
  format: "burstgpt",
  isOf: (has) => has("Timestamp") && has("Request tokens") && has("Response tokens"),
  read(row, place, context) {
    const input = countOf(row["Request tokens"]);
    const output = countOf(row["Response tokens"]);
    if (input === null || output === null)
      return { ok: false, reason: "a count of tokens is none" };
    const offsetMs = offsetOf(row["Timestamp"], 1_000);
    if (offsetMs === null) return { ok: false, reason: "`Timestamp` is no moment" };
    const model = textOf(row["Model"]);
    const request = requestOfRow(
      {
        ...{ format: "burstgpt", place, id: null, atMs: null, model, input, output },
        offsetMs,
        served: model === null ? null : { model, provider: null },
        totalMs: durationOf(row["Elapsed time"], 1_000),
        ok: output > 0,
      },
      context,
    );
    return { ok: true, request };
  },
};
