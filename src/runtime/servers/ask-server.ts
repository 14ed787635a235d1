import type { Provider } from "../../configuration/configuration.ts";
import type { BoundedAnswer, BoundedFetch, BoundedRequest, FetchLimits } from "./bounded-fetch.ts";
import { type Occasion, type Probe, Round, type ServerReader } from "./round.ts";
import { bareState, type ServerState } from "./server-state.ts";

/** Whom to ask, and how. */
export interface Asked {
  readonly reader: ServerReader;
  /** Base of the native paths, without a slash at the end. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorities?: string;
}

/** A second for each question; a megabyte or two is what the longest lists and metrics take. */
export const defaultFetchLimits: FetchLimits = { timeoutMs: 1_000, maxBytes: 2 * 1024 * 1024 };

/** What a round came to. `unsure`: it did not answer in time, which a server under load may do too. */
export type RoundResult =
  | { readonly kind: "state"; readonly state: ServerState }
  | { readonly kind: "unsure"; readonly why: string };

/** Asks the questions of one round, one after the other, so that a server never has two of ours at once. */
export async function askServer(
  { reader, root, ...way }: Asked,
  occasion: Occasion,
  fetch: BoundedFetch,
  limits: FetchLimits = defaultFetchLimits,
): Promise<RoundResult> {
  const round = new Round();
  for (const [index, probe] of reader.probes(occasion).entries()) {
    if (probe.when?.(round) === false) continue;
    const answer = await fetch(requestOf(probe, root, way), limits);
    // The first tells whether anybody is there; without a later answer the state only says less.
    if (index === 0 && !answer.ok) return absence(reader, answer);
    round.add(probe, answer);
  }
  return { kind: "state", state: reader.read(round, occasion.previous) };
}

function requestOf(
  { path, body }: Probe,
  root: string,
  way: Pick<Asked, "headers" | "authorities">,
): BoundedRequest {
  const url = `${root}${path}`;
  if (body === undefined) return { url, ...way };
  return { url, ...way, headers: { ...way.headers, "content-type": "application/json" }, body };
}

function absence(reader: ServerReader, answer: BoundedAnswer & { ok: false }): RoundResult {
  const { reason, message } = answer;
  if (reason === "timeout") return { kind: "unsure", why: message };
  return { kind: "state", state: bareState(reader.kind, "down", message) };
}

/** Where a provider's native paths begin: its base URL without the `/v1` that its OpenAI-like paths stand under. */
export function rootOf({ url }: Pick<Provider, "url">): string {
  return url.replace(/\/v1$/, "");
}

/** Headers that a provider is asked with: the operator's own, and its key. */
export function headersOf({
  headers,
  key,
}: Pick<Provider, "headers" | "key">): Record<string, string> {
  const bearer = key?.kind === "value" ? { authorization: `Bearer ${key.value}` } : {};
  return { accept: "*/*", ...headers, ...bearer };
}
