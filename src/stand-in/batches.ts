import { hashText } from "../base/hash.ts";
import { compose } from "./answer.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import {
  type BatchReply,
  dayMs,
  fileObject,
  type HeldBatch,
  type HeldFile,
  invalid,
  isoOf,
  json,
  type LineOutcome,
  notFound,
  outputLine,
  ownError,
  page,
  resultLine,
  seconds,
  statusOf,
} from "./held-batch.ts";
import { openAiWire } from "./openai-wire.ts";
import type { StandInFailure } from "./speed.ts";
import { asJson, asList, isWireError, type Json, type Wire } from "./wire.ts";

/** How a stand-in handles batches. */
export interface StandInBatches {
  /** Milliseconds since the epoch; the machine's own clock when left out. */
  readonly now?: () => number;
  /** From the making of a batch to its end; 0 when left out. */
  readonly delayMs?: number;
  /** What becomes of a line: an answer unless it says otherwise. `expire` is never answered. */
  readonly line?: (body: Json) => StandInFailure | "expire" | null;
  /** Why a whole batch is refused after it was taken; null takes it. */
  readonly refuse?: (lines: number) => string | null;
  /** Told when an upload or a batch was made, before the answer; what it returns is waited for. */
  readonly made?: (what: "file" | "batch", id: string) => Promise<void> | undefined;
}

/** A call as the batch APIs see it. */
export interface BatchCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly text: string;
  readonly body: Json;
}

/** The files and batches of one stand-in: OpenAI's `/files` and `/batches`, Anthropic's `/messages/batches`. */
export class HeldBatches {
  readonly files = new Map<string, HeldFile>();
  readonly batches = new Map<string, HeldBatch>();
  /** Where it is reached, without a trailing slash. */
  origin = "";
  readonly #options: StandInBatches;
  #count = 0;

  constructor(options: StandInBatches) {
    this.#options = options;
  }

  /** Answers a call of either API; null for any other. */
  async answer(call: BatchCall): Promise<BatchReply | null> {
    const own = /\/messages\/batches(?:\/([^/]+))?(?:\/(cancel|results))?$/.exec(call.path);
    if (own !== null) return await this.#messageBatches(call, own[1], own[2]);
    const file = /\/files(?:\/([^/]+))?(\/content)?$/.exec(call.path);
    if (file !== null) return await this.#filesApi(call, file[1], file[2] !== undefined);
    const batch = /\/batches(?:\/([^/]+))?(\/cancel)?$/.exec(call.path);
    return batch === null ? null : await this.#batchesApi(call, batch[1], batch[2] !== undefined);
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #newId(prefix: string): string {
    this.#count += 1;
    return `${prefix}${hashText(`${prefix} ${this.#count}`).slice(0, 20)}`;
  }

  async #filesApi(
    call: BatchCall,
    id: string | undefined,
    wantsContent: boolean,
  ): Promise<BatchReply> {
    if (id === undefined) {
      if (call.method === "POST") return await this.#upload(call);
      return json(page([...this.files.values()].reverse().map(fileObject), call.query));
    }
    const file = this.files.get(id);
    if (file === undefined) return notFound(`No such File object: ${id}`);
    if (wantsContent) return { status: 200, body: file.text };
    if (call.method !== "DELETE") return json(fileObject(file));
    this.files.delete(id);
    return json({ id, object: "file", deleted: true });
  }

  async #upload({ text, contentType }: BatchCall): Promise<BatchReply> {
    const form = await new Response(text, { headers: { "content-type": contentType } })
      .formData()
      .catch(() => null);
    const content = form?.get("file");
    const purpose = form?.get("purpose");
    if (typeof purpose !== "string") return invalid("'purpose' is a required property");
    if (content === null || content === undefined || typeof content === "string")
      return invalid("'file' is a required property");
    const file = this.#keep(content.name, purpose, await content.text());
    await this.#options.made?.("file", file.id);
    return json(fileObject(file));
  }

  #keep(filename: string, purpose: string, text: string): HeldFile {
    const id = this.#newId("file-");
    const file = { id, filename, purpose, createdAtMs: this.#now, text };
    this.files.set(id, file);
    return file;
  }

  async #batchesApi(
    call: BatchCall,
    id: string | undefined,
    cancels: boolean,
  ): Promise<BatchReply> {
    if (id === undefined) {
      if (call.method === "POST") return await this.#makeBatch(call.body);
      const all = [...this.batches.values()].reverse();
      return json(
        page(
          all.map((batch) => this.#batchObject(batch)),
          call.query,
        ),
      );
    }
    const batch = this.batches.get(id);
    if (batch === undefined) return notFound(`No batch found with id '${id}'.`);
    if (cancels) {
      this.#advance(batch);
      if (batch.results !== null)
        return invalid("Cannot cancel a batch with status 'completed'.", 409);
      batch.cancelledAtMs = this.#now;
    }
    return json(this.#batchObject(batch));
  }

  async #makeBatch(order: Json): Promise<BatchReply> {
    const file = this.files.get(String(order["input_file_id"]));
    if (file === undefined) return invalid("Invalid 'input_file_id': no such file.");
    if (order["completion_window"] !== "24h")
      return invalid("Invalid value for 'completion_window'.");
    const rows = file.text.split("\n").filter((line) => line.trim() !== "");
    const lines = rows.map((row) => asJson(JSON.parse(row)));
    const models = new Set(lines.map((line) => asJson(line["body"])["model"]));
    const isMixed = lines.some((line) => line["url"] !== order["endpoint"]) || models.size > 1;
    const refusal = isMixed
      ? "All requests of a batch have to be for its endpoint and for one model."
      : (this.#options.refuse?.(lines.length) ?? null);
    const held = lines.map((line) => ({
      customId: String(line["custom_id"]),
      body: asJson(line["body"]),
    }));
    const batch = this.#hold(this.#newId("batch_"), order, { lines: held, refusal });
    await this.#options.made?.("batch", batch.id);
    return json(this.#batchObject(batch));
  }

  #hold(
    id: string,
    order: Json,
    { lines, refusal }: Pick<HeldBatch, "lines" | "refusal">,
  ): HeldBatch {
    const batch: HeldBatch = {
      ...{ id, order, lines, refusal, createdAtMs: this.#now },
      ...{ cancelledAtMs: null, results: null, outputId: null, errorId: null },
    };
    this.batches.set(id, batch);
    return batch;
  }

  /** Lets a batch come to its end when its time has come. */
  #advance(batch: HeldBatch, wire: Wire = openAiWire): void {
    if (batch.results !== null || batch.refusal !== null) return;
    const isOver = this.#now >= batch.createdAtMs + (this.#options.delayMs ?? 0);
    if (batch.cancelledAtMs === null && !isOver) return;
    batch.results = new Map(
      batch.lines.map(({ customId, body }, at) => [
        customId,
        batch.cancelledAtMs === null
          ? this.#outcome(body, `${batch.id}${at}`, wire)
          : ({ kind: "cancelled" } as const),
      ]),
    );
    if (wire !== openAiWire) return;
    // Not in the order of the input: nobody may rely on it.
    const rows = [...batch.results].reverse().map(([customId, outcome]) => ({ customId, outcome }));
    const text = (ok: boolean): string =>
      rows
        .filter(({ outcome }) => (outcome.kind === "answer") === ok)
        .map(({ customId, outcome }) => `${outputLine(customId, outcome)}\n`)
        .join("");
    const [output, errors] = [text(true), text(false)];
    if (output !== "") batch.outputId = this.#keep("output.jsonl", "batch_output", output).id;
    if (errors !== "") batch.errorId = this.#keep("errors.jsonl", "batch_output", errors).id;
  }

  #outcome(body: Json, seed: string, wire: Wire): LineOutcome {
    const fault = this.#options.line?.(body) ?? null;
    if (fault === "expire") return { kind: "expired" };
    const asked = fault === null ? wire.read(body, { path: "", query: "" }) : wire.error(fault);
    if (isWireError(asked)) return { kind: "error", status: asked.status, body: asked.body };
    const id = hashText(seed).slice(0, 24);
    return { kind: "answer", body: wire.whole(asked, compose(asked), id) };
  }

  #batchObject(batch: HeldBatch): Json {
    this.#advance(batch);
    const { results, refusal, order } = batch;
    const outcomes = [...(results?.values() ?? [])];
    const completed = outcomes.filter(({ kind }) => kind === "answer").length;
    const created = seconds(batch.createdAtMs);
    return {
      id: batch.id,
      object: "batch",
      endpoint: order["endpoint"],
      errors:
        refusal === null
          ? null
          : {
              object: "list",
              data: [{ code: "invalid_request", line: null, message: refusal, param: null }],
            },
      input_file_id: order["input_file_id"],
      completion_window: order["completion_window"],
      status: statusOf(batch),
      output_file_id: batch.outputId,
      error_file_id: batch.errorId,
      created_at: created,
      in_progress_at: created,
      expires_at: created + dayMs / 1000,
      completed_at: results === null ? null : seconds(this.#now),
      request_counts: {
        total: batch.lines.length,
        completed,
        failed: outcomes.length - completed,
      },
      metadata: order["metadata"] ?? null,
    };
  }

  async #messageBatches(
    call: BatchCall,
    id: string | undefined,
    what: string | undefined,
  ): Promise<BatchReply> {
    if (id === undefined) {
      if (call.method === "POST") return await this.#makeMessageBatch(call.body);
      const data = [...this.batches.values()].reverse().map((each) => this.#messageBatch(each));
      const [first, last] = [data[0]?.["id"] ?? null, data.at(-1)?.["id"] ?? null];
      return json({ data, has_more: false, first_id: first, last_id: last });
    }
    const batch = this.batches.get(id);
    if (batch === undefined) return ownError(404, "not_found_error", "Batch not found");
    this.#advance(batch, anthropicWire);
    if (what === "cancel") {
      if (batch.results !== null)
        return ownError(400, "invalid_request_error", "Batch cannot be canceled");
      batch.cancelledAtMs = this.#now;
    }
    if (what !== "results") return json(this.#messageBatch(batch));
    if (batch.results === null)
      return ownError(400, "invalid_request_error", "Batch has not ended");
    const rows = [...batch.results].reverse();
    const body = rows.map(([customId, outcome]) => `${resultLine(customId, outcome)}\n`).join("");
    return { status: 200, body };
  }

  async #makeMessageBatch(order: Json): Promise<BatchReply> {
    const requests = asList(order["requests"]).map(asJson);
    if (requests.length === 0)
      return ownError(400, "invalid_request_error", "requests: Field required");
    const lines = requests.map((each) => ({
      customId: String(each["custom_id"]),
      body: asJson(each["params"]),
    }));
    const isOdd = lines.some(({ customId }) => !/^[a-zA-Z0-9_-]{1,64}$/.test(customId));
    if (isOdd) return ownError(400, "invalid_request_error", "custom_id: String should match");
    const batch = this.#hold(this.#newId("msgbatch_"), {}, { lines, refusal: null });
    await this.#options.made?.("batch", batch.id);
    return json(this.#messageBatch(batch));
  }

  #messageBatch(batch: HeldBatch): Json {
    this.#advance(batch, anthropicWire);
    const outcomes = [...(batch.results?.values() ?? [])];
    const count = (kind: LineOutcome["kind"]): number =>
      outcomes.filter((outcome) => outcome.kind === kind).length;
    const hasEnded = batch.results !== null;
    const running = batch.cancelledAtMs === null ? "in_progress" : "canceling";
    return {
      id: batch.id,
      type: "message_batch",
      processing_status: hasEnded ? "ended" : running,
      request_counts: {
        processing: hasEnded ? 0 : batch.lines.length,
        succeeded: count("answer"),
        errored: count("error"),
        canceled: count("cancelled"),
        expired: count("expired"),
      },
      results_url: hasEnded ? `${this.origin}/v1/messages/batches/${batch.id}/results` : null,
      created_at: isoOf(batch.createdAtMs),
      expires_at: isoOf(batch.createdAtMs + dayMs),
      ended_at: hasEnded ? isoOf(this.#now) : null,
      cancel_initiated_at: batch.cancelledAtMs === null ? null : isoOf(batch.cancelledAtMs),
      archived_at: null,
    };
  }
}
