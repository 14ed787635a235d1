import type { Provider } from "../../configuration/configuration.ts";
import type { Failure } from "../../protocol/failure.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";
import type { UpstreamRequest } from "./adapter.ts";

/** Lines to be made a batch of: its name with us, which the provider is told, and the endpoint they are for. */
export interface BatchOrder {
  readonly id: string;
  /** Path of the provider's endpoint, as requests to it are prepared. */
  readonly path: string;
  /** Headers of the lines, as `orderHeaders` told them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly lines: number;
  /** When the first call for it was begun, in milliseconds since the epoch. */
  readonly begunAtMs: number;
}

/** A batch as its provider tells of it. */
export interface ProviderBatch {
  readonly id: string;
  /** `failed`: none of its lines was answered. */
  readonly state: "running" | "ended" | "failed";
  /** What its results are fetched by; empty while there are none. */
  readonly results: readonly string[];
  /** Why lines without a result have none. */
  readonly unanswered: "expired" | "cancelled" | "lost";
  readonly failure: Failure | null;
}

/** The result of one line. `bytes` is the body that a call of its own would have got. */
export type LineResult =
  | {
      readonly kind: "answer";
      readonly customId: string;
      readonly status: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "expired" | "cancelled"; readonly customId: string };

/** What a page of a provider's list says about a thing that may have been made. */
export type Sought<T> =
  | { readonly kind: "found"; readonly what: T }
  /** None of this page; the next one begins behind this. */
  | { readonly kind: "next"; readonly after: string }
  | { readonly kind: "none" }
  /** It may be one of these, which only their results tell. */
  | { readonly kind: "perhaps"; readonly among: readonly T[]; readonly after: string | null };

type Request = UpstreamRequest | Failure;

/** A provider's batch API: pure, as adapters are. Answers that are not what the API promises are null. */
export interface BatchWire {
  /** Whether it takes requests of that API. */
  takes(request: Pick<ModelRequest, "dialect" | "relayed">): boolean;
  /** Headers of a request that only a batch as a whole can bear, so that it is shared by lines with the same ones alone. */
  orderHeaders?(request: Pick<ModelRequest, "wireHeaders">): Readonly<Record<string, string>>;
  /** Most lines and bytes of one batch. */
  readonly most: { readonly lines: number; readonly bytes: number };
  /** One line, from a request that the adapter has prepared. */
  line(customId: string, prepared: UpstreamRequest, provider: Provider): string;
  /** How lines are handed over beforehand; null where they travel with the order. */
  readonly upload: {
    send(order: BatchOrder, provider: Provider, lines: readonly string[]): Request;
    read(bytes: Uint8Array): string | null;
    /** A page of what was uploaded lately. */
    list(provider: Provider, after: string | null): Request;
    find(order: BatchOrder, bytes: Uint8Array): Sought<string> | null;
  } | null;
  create(
    order: BatchOrder,
    provider: Provider,
    content: { readonly upload: string } | { readonly lines: readonly string[] },
  ): Request;
  /** A page of the batches made lately. */
  list(provider: Provider, after: string | null): Request;
  find(order: BatchOrder, bytes: Uint8Array): Sought<ProviderBatch> | null;
  poll(provider: Provider, id: string): Request;
  cancel(provider: Provider, id: string): Request;
  read(bytes: Uint8Array): ProviderBatch | null;
  /** Fetches results, one per line of text. */
  results(provider: Provider, result: string): Request;
  readResult(line: string): LineResult | null;
}

/** Whether a request could not be built. */
export function isFailure(request: Request): request is Failure {
  return "cause" in request;
}

/** Text of a body, on one line. */
export function oneLine(body: Uint8Array | string): string {
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  // A client's own bytes may be laid out over several lines; inside strings JSON has no raw line ends.
  return /[\r\n]/.test(text) ? JSON.stringify(JSON.parse(text)) : text;
}

/** How far a provider's clock may be from ours when things made lately are looked for. */
export const clockSkewMs = 300_000;
