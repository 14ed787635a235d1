import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ApiProblem, invalidRequest } from "../protocol/api-error.ts";
import type { BatchFile } from "../runtime/store/batch-records.ts";
import type { BatchStore } from "../runtime/store/batch-store.ts";
import type { FileWriter } from "../runtime/store/file-store.ts";
import { fileObject, listObject } from "./batch-objects.ts";
import { type Exchange, fault, guarded, refuse } from "./exchange.ts";
import { readPage } from "./list-page.ts";
import { problems } from "./problems.ts";
import { type Received, receiveFile } from "./receive-file.ts";
import { shed } from "./shed.ts";
import { stallMs } from "./slow-reader.ts";
import { openDownload, sendJson } from "./to-response.ts";

const dayMs = 86_400_000;
const leastExpiryMs = 3_600_000;

/** Answers `/v1/files` and what is below it, for the owner of a key; `id` and `part` as in `/v1/files/{id}/{part}`. */
export function serveFiles(
  exchange: Exchange,
  owner: string,
  { id, part }: { readonly id: string | null; readonly part: string | null },
): "GET" | "GET, POST" | "GET, DELETE" | null {
  const { method } = exchange.request;
  const isGet = method === "GET" || method === "HEAD";
  if (id === null) {
    if (!isGet && method !== "POST") return "GET, POST";
    withStore(exchange, (store) => {
      if (isGet) list(exchange, owner, store);
      else upload(exchange, owner, store);
    });
    return null;
  }
  if (part !== null && !isGet) return "GET";
  if (!isGet && method !== "DELETE") return "GET, DELETE";
  withStore(exchange, (store) => {
    const file = store.files.get(owner, id);
    if (file === null) refuse(exchange, problems.fileNotFound(id));
    else if (part !== null) sendContent(exchange, store, file);
    else if (isGet) sendJson(exchange.response, fileObject(file), exchange.headers);
    else remove(exchange, store, file);
  });
  return null;
}

/** Runs with the store, or answers that it cannot be used. */
export function withStore(exchange: Exchange, run: (store: BatchStore) => void): void {
  const open = exchange.core.batches.open();
  if (open === null) refuse(exchange, problems.storeUnusable());
  else run(open.store);
}

function list(exchange: Exchange, owner: string, store: BatchStore): void {
  const read = readPage(exchange.request.url ?? "", { most: 10_000, usual: 10_000 });
  if (!read.ok) {
    refuse(exchange, read.problem);
    return;
  }
  const { after } = read.page;
  if (after !== null && store.files.get(owner, after) === null) {
    refuse(exchange, problems.fileNotFound(after));
    return;
  }
  const { items, more } = store.files.list(owner, read.page, read.query.get("purpose"));
  sendJson(exchange.response, listObject(items.map(fileObject), more), exchange.headers);
}

function upload(exchange: Exchange, owner: string, store: BatchStore): void {
  const { core, snapshot } = exchange;
  const { batches } = snapshot.configuration;
  const full = (): ApiProblem | null =>
    store.files.bytesOf(owner) > batches.totalLimitBytes
      ? problems.storageFull(batches.totalLimitBytes)
      : null;
  const isFull = store.files.bytesOf(owner) >= batches.totalLimitBytes;
  const problem = isFull ? problems.storageFull(batches.totalLimitBytes) : shed(core, null);
  if (problem !== null) {
    exchange.response.shouldKeepAlive = false;
    refuse(exchange, problem);
    return;
  }
  const nowMs = core.batches.now();
  const open = (): FileWriter =>
    store.files.open({
      id: core.batches.newId("file-"),
      owner,
      purpose: "batch",
      filename: "",
      createdAtMs: nowMs,
      expiresAtMs: nowMs + batches.keepMs,
      results: null,
    });
  const answer = guarded(exchange, (received: Received) => {
    if (received.kind === "problem") refuse(exchange, received.problem);
    else if (received.kind === "fault") fault(exchange, received.error);
    if (received.kind !== "file") return;
    const { writer, filename, fields } = received;
    const problem = full() ?? problemOf(fields);
    if (problem !== null) {
      writer.drop();
      refuse(exchange, problem);
      return;
    }
    const said = Number(fields.get("expires_after[seconds]") ?? Number.POSITIVE_INFINITY) * 1000;
    const expiresAtMs = nowMs + Math.min(batches.keepMs, said);
    const file = writer.finish({ filename, expiresAtMs });
    sendJson(exchange.response, fileObject(file), exchange.headers);
  });
  receiveFile(exchange, { limitBytes: batches.fileLimitBytes, open, full }, answer);
}

function problemOf(fields: ReadonlyMap<string, string>): ApiProblem | null {
  const purpose = fields.get("purpose");
  if (purpose === undefined)
    return invalidRequest(
      "purpose",
      "`purpose` is missing: files here are for `batch`",
      "missing_required",
    );
  if (purpose !== "batch")
    return invalidRequest(
      "purpose",
      "files here are for the purpose `batch` alone",
      "invalid_value",
    );
  const seconds = fields.get("expires_after[seconds]");
  const anchor = fields.get("expires_after[anchor]");
  if (seconds === undefined && anchor === undefined) return null;
  const ms = Number(seconds) * 1000;
  if (anchor !== "created_at" || !(ms >= leastExpiryMs && ms <= 30 * dayMs))
    return invalidRequest(
      "expires_after",
      "`expires_after` has the anchor `created_at` and 3600 to 2592000 seconds",
      "invalid_value",
    );
  return null;
}

function remove(exchange: Exchange, store: BatchStore, file: BatchFile): void {
  if (store.isInUse(file.id)) {
    refuse(exchange, problems.fileInUse());
    return;
  }
  const { results } = file;
  store.transaction(() => {
    if (results !== null) store.dropResults(results.batch, results.ok);
    store.files.delete(file.id);
  });
  sendJson(exchange.response, { id: file.id, object: "file", deleted: true }, exchange.headers);
}

function sendContent(exchange: Exchange, store: BatchStore, file: BatchFile): void {
  const { core, request, response, headers, id } = exchange;
  openDownload(response, file.bytes, headers);
  // Set anew by each byte that leaves: who stops reading is cut off.
  response.setTimeout(stallMs);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const pieces = file.results === null ? uploaded(store, file) : resultsOf(store, file.results);
  // The client leaving, or the file going meanwhile, ends the answer short of its announced length.
  pipeline(Readable.from(pieces), response).catch((err: unknown) => {
    if (isClientGone(err)) core.logger.debug({ err, requestId: id }, "a download ended early");
    else fault(exchange, err);
  });
}

/** Whether a pipeline's error says that who reads, or their connection, went away. */
function isClientGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}

function* uploaded(store: BatchStore, { id }: BatchFile): Generator<Uint8Array> {
  for (
    let n = 0, bytes = store.files.chunk(id, n);
    bytes !== null;
    bytes = store.files.chunk(id, n)
  ) {
    yield bytes;
    n += 1;
  }
}

/** Results read at once. */
const slice = 64;

function* resultsOf(
  store: BatchStore,
  { batch, ok }: NonNullable<BatchFile["results"]>,
): Generator<string> {
  let after = -1;
  for (;;) {
    const lines = store.results(batch, ok, { after, limit: slice });
    if (lines.length === 0) return;
    after = lines.at(-1)?.n ?? after;
    yield lines.map(({ text }) => `${text}\n`).join("");
  }
}
