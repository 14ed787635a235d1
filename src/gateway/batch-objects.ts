import type { Batch, BatchFile } from "../runtime/store/batch-records.ts";

const seconds = (ms: number): number => Math.floor(ms / 1000);
const hourMs = 3_600_000;

/** A file as OpenAI's API shows it. */
export function fileObject(file: BatchFile): Readonly<Record<string, unknown>> {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: seconds(file.createdAtMs),
    expires_at: seconds(file.expiresAtMs),
    filename: file.filename,
    purpose: file.purpose,
    status: "processed",
  };
}

/** A batch as OpenAI's API shows it (wire-formats §1.15). */
export function batchObject(batch: Batch): Readonly<Record<string, unknown>> {
  const { since, usage, errors } = batch;
  const at = (status: keyof Batch["since"]): number | null => {
    const ms = batch.status === "in_progress" && status === "expired" ? undefined : since[status];
    return ms === undefined ? null : seconds(ms);
  };
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: errors.length === 0 ? null : { object: "list", data: errors },
    input_file_id: batch.inputFile,
    completion_window: windowOf(batch.expiresAtMs - batch.createdAtMs),
    status: batch.status,
    output_file_id: batch.outputFile,
    error_file_id: batch.errorFile,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: at("in_progress"),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: at("finalizing"),
    completed_at: at("completed"),
    failed_at: at("failed"),
    expired_at: at("expired"),
    cancelling_at: at("cancelling"),
    cancelled_at: at("cancelled"),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
    metadata: batch.metadata,
  };
}

function windowOf(ms: number): string {
  return ms % hourMs === 0 ? `${ms / hourMs}h` : `${seconds(ms)}s`;
}

/** A page of a list. */
export function listObject(
  data: readonly Readonly<Record<string, unknown>>[],
  more: boolean,
): Readonly<Record<string, unknown>> {
  return {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: more,
  };
}
