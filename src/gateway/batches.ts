import { type ApiProblem, invalidRequest } from "../protocol/api-error.ts";
import type { Batch } from "../runtime/store/batch-records.ts";
import type { OpenBatches } from "./batch-access.ts";
import { batchObject, listObject } from "./batch-objects.ts";
import { type Exchange, guarded, refuse } from "./exchange.ts";
import { withStore } from "./files.ts";
import { readPage } from "./list-page.ts";
import { problems } from "./problems.ts";
import { type BodyRead, readBody } from "./read-body.ts";
import { headersRead, lineSurfaceAt } from "./surfaces.ts";
import { sendJson } from "./to-response.ts";

/** An order is small. */
const orderBytes = 64 * 1024;
const mostMetadata = 16;
const mostName = 64;
const mostValue = 512;

/** Answers `/v1/batches` and what is below it, for the owner of a key; the methods that are allowed when it cannot. */
export function serveBatches(
  exchange: Exchange,
  owner: string,
  { id, part }: { readonly id: string | null; readonly part: string | null },
): "GET" | "POST" | "GET, POST" | null {
  const { method } = exchange.request;
  const isGet = method === "GET" || method === "HEAD";
  if (id === null) {
    if (!isGet && method !== "POST") return "GET, POST";
    if (isGet) list(exchange, owner);
    else create(exchange, owner);
    return null;
  }
  if (part !== null && method !== "POST") return "POST";
  if (part === null && !isGet) return "GET";
  if (part === null) {
    withStore(exchange, (store) => send(exchange, id, store.batchOfOwner(owner, id)));
    return null;
  }
  withOpen(exchange, ({ store, lane }) => {
    const before = store.batchOfOwner(owner, id);
    if (before === null) send(exchange, id, null);
    else if (mayCancel(before)) send(exchange, id, lane.cancel(owner, id));
    else refuse(exchange, problems.batchOver(before.status));
  });
  return null;
}

function withOpen(exchange: Exchange, run: (open: OpenBatches) => void): void {
  const open = exchange.core.batches.open();
  if (open === null) refuse(exchange, problems.storeUnusable());
  else run(open);
}

function mayCancel({ status }: Batch): boolean {
  return status === "validating" || status === "in_progress" || status === "cancelling";
}

function send(exchange: Exchange, id: string, batch: Batch | null): void {
  if (batch === null) refuse(exchange, problems.batchNotFound(id));
  else sendJson(exchange.response, batchObject(batch), exchange.headers);
}

function list(exchange: Exchange, owner: string): void {
  const read = readPage(exchange.request.url ?? "", { most: 100, usual: 20 });
  if (!read.ok) {
    refuse(exchange, read.problem);
    return;
  }
  const { after } = read.page;
  withStore(exchange, (store) => {
    if (after !== null && store.batchOfOwner(owner, after) === null) {
      refuse(exchange, problems.batchNotFound(after));
      return;
    }
    const { items, more } = store.listBatches(owner, read.page);
    sendJson(exchange.response, listObject(items.map(batchObject), more), exchange.headers);
  });
}

/** What a client orders. */
interface Order {
  readonly inputFile: string;
  readonly endpoint: string;
  readonly metadata: Batch["metadata"];
}

function create(exchange: Exchange, owner: string): void {
  const answer = guarded(exchange, (read: BodyRead) => {
    if (read.kind === "gone") return;
    if (read.kind === "problem") {
      refuse(exchange, read.problem);
      return;
    }
    const order = readOrder(read.bytes);
    if (order.ok) withOpen(exchange, (open) => make(exchange, owner, order.order, open));
    else refuse(exchange, order.problem);
  });
  readBody(exchange, orderBytes, answer);
}

function make(exchange: Exchange, owner: string, order: Order, { store, lane }: OpenBatches): void {
  const { batches } = exchange.snapshot.configuration;
  const file = store.files.get(owner, order.inputFile);
  if (file === null) refuse(exchange, problems.fileNotFound(order.inputFile));
  else if (file.purpose !== "batch")
    refuse(
      exchange,
      invalidRequest("input_file_id", "that file holds results, and no requests", "invalid_value"),
    );
  else if (store.atWork(owner) >= batches.open)
    refuse(exchange, problems.tooManyBatches(batches.open));
  else {
    const surface = lineSurfaceAt(order.endpoint);
    const read = surface === null ? {} : headersRead(surface, exchange.request.headers);
    const headers = { ...headersKept(exchange), ...read };
    const batch = lane.create({ owner, ...order, headers });
    sendJson(exchange.response, batchObject(batch), exchange.headers);
  }
}

type OrderRead =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly problem: ApiProblem };

function readOrder(bytes: Uint8Array): OrderRead {
  const wrong = (param: string | null, message: string): OrderRead => ({
    ok: false,
    problem: invalidRequest(param, message, "invalid_value"),
  });
  const body = parsed(bytes);
  if (body === null) return wrong(null, "the request body is not a JSON object");
  const { input_file_id: inputFile, endpoint, completion_window: window } = body;
  if (typeof inputFile !== "string")
    return wrong("input_file_id", "`input_file_id` is the id of an uploaded file");
  if (typeof endpoint !== "string" || lineSurfaceAt(endpoint) === null)
    return { ok: false, problem: problems.notBatched() };
  if (window !== "24h") return wrong("completion_window", "`completion_window` is `24h`");
  const metadata = metadataOf(body["metadata"]);
  if (metadata === undefined)
    return wrong(
      "metadata",
      `\`metadata\` holds at most ${mostMetadata} texts, names of at most ${mostName} and values of at most ${mostValue} characters`,
    );
  return { ok: true, order: { inputFile, endpoint, metadata } };
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** Null for none, undefined for what is no metadata. */
function metadataOf(value: unknown): Batch["metadata"] | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const isFine = entries.every(
    ([name, text]) =>
      name.length <= mostName && typeof text === "string" && text.length <= mostValue,
  );
  if (!isFine || entries.length > mostMetadata) return undefined;
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

const secretHeader = /key|token|secret|auth|cookie/i;
const mostHeaders = 4096;

/** The headers of an order that policies may read for its lines: the client's own `x-` ones, secrets left out. */
function headersKept({ request }: Exchange): Batch["headers"] {
  const kept: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith("x-") || typeof value !== "string" || secretHeader.test(name)) continue;
    size += name.length + value.length;
    if (size <= mostHeaders) kept[name] = value;
  }
  return kept;
}
