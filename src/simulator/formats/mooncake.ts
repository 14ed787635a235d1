import { countOf, offsetOf } from "../row.ts";
import { requestOfRow } from "../row-request.ts";
import type { RowFormat } from "./row-format.ts";

/**
 * Mooncake's traces, by its `FAST25-release/README.md`: JSON lines of `timestamp`, `input_length`, `output_length` and the ids of the
 * prompt's blocks. The timestamp is milliseconds from the trace's own beginning.
 */
export const mooncake: RowFormat = {
  format: "mooncake",
  isOf: (has) => has("timestamp") && has("input_length") && has("output_length"),
  read(row, place, context) {
    const input = countOf(row["input_length"]);
    if (input === null) return { ok: false, reason: "`input_length` is no count" };
    const offsetMs = offsetOf(row["timestamp"], 1);
    if (offsetMs === null) return { ok: false, reason: "`timestamp` is no moment" };
    const request = requestOfRow(
      {
        ...{ format: "mooncake", place, id: null, atMs: null, input },
        offsetMs,
        output: countOf(row["output_length"]),
      },
      context,
    );
    return { ok: true, request };
  },
};
