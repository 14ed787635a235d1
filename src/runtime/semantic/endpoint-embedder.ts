import type { BoundedAnswer, BoundedFetch, FetchLimits } from "../servers/bounded-fetch.ts";
import type { Placing, TextEmbedder } from "./semantic-cache.ts";

/** A place of a text could not be had: the request goes on without. The message names the endpoint and never its key. */
export class EmbeddingError extends Error {}

export interface EmbeddingEndpoint {
  /** Base of OpenAI's paths, without a slash at the end: `http://127.0.0.1:11434/v1` for Ollama; vLLM and llama.cpp have it too. */
  readonly url: string;
  readonly model: string;
  /** What tells the weights behind the model from others; "" where nobody says. */
  readonly weights: string;
  /** With the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates (PEM) of the authorities that vouch for it, in place of the system's. */
  readonly authorities?: string;
}

/** How a call ended. */
export type CallEnd =
  /** `body`: what it answered, as parsed. */
  | { readonly kind: "ok"; readonly body: unknown }
  /** `answer`: what came in place of an embedding; null for a whole answer that holds none. */
  | { readonly kind: "failed"; readonly answer: BoundedAnswer | null }
  /** Nobody waited any longer, for this reason. */
  | { readonly kind: "left"; readonly why: unknown };

export interface EndpointEmbedderParts {
  readonly endpoint: EmbeddingEndpoint;
  readonly fetch: BoundedFetch;
  readonly limits?: FetchLimits;
  /**
   * Told of each call before it is made, and what is returned once how it ended. Throws an EmbeddingError where none is to be made
   * at present.
   */
  readonly calls?: (placing: Placing) => (end: CallEnd) => void;
}

/** A lookup that takes longer costs more than it saves. 4,096 numbers of 20 digits are 80 KB. */
const defaultLimits: FetchLimits = { timeoutMs: 1_000, maxBytes: 1_048_576 };
const mostNumbers = 8_192;
/** A prompt is placed when it is looked for and again when its answer is kept: so many are remembered. */
const mostRemembered = 512;
/** More at once would stand in the endpoint's queue, and their lookups with them. */
const mostAtOnce = 64;
/** Of a longer text, an answer's, its beginning is placed: models of embeddings take little more. */
const longestText = 4_000;

const uncounted = (): (() => void) => () => {};

/** A text that is placed, or was. */
interface Place {
  readonly vector: Promise<Float32Array>;
  /** Aborted when the last one that waits has left. */
  readonly left: AbortController;
  waiting: number;
}

/** Places texts by a model behind OpenAI's embeddings endpoint, as Ollama, vLLM and llama.cpp have it too. Rejects with an EmbeddingError. */
export function endpointEmbedder(parts: EndpointEmbedderParts): TextEmbedder {
  const { endpoint, calls = uncounted } = parts;
  const remembered = new Map<string, Place>();
  let underWay = 0;
  const ask = async (text: string, placing: Placing, left: AbortSignal): Promise<Float32Array> => {
    if (underWay >= mostAtOnce)
      throw new EmbeddingError(`${endpoint.url} is asked too much at once`);
    const ended = calls(placing);
    underWay += 1;
    try {
      return await place(parts, text, { left, ended });
    } finally {
      underWay -= 1;
    }
  };
  const begin = (text: string, placing: Placing): Place => {
    const left = new AbortController();
    const begun: Place = { vector: ask(text, placing, left.signal), left, waiting: 0 };
    remembered.set(text, begun);
    // A failure is not remembered: the next one may fare better.
    begun.vector.catch(() => forget(text, begun));
    for (const oldest of remembered.keys()) {
      if (remembered.size <= mostRemembered) break;
      remembered.delete(oldest);
    }
    return begun;
  };
  const forget = (text: string, of: Place): void => {
    if (remembered.get(text) === of) remembered.delete(text);
  };
  return {
    hash: `${endpoint.url}\n${endpoint.model}\n${endpoint.weights}`,
    embed(whole, placing) {
      const text = whole.slice(0, longestText);
      const known = remembered.get(text) ?? begin(text, placing);
      return waitFor(known, placing.signal, () => forget(text, known));
    },
  };
}

/** Waits for a place until who asks for it has left; the last one to leave ends the call. */
function waitFor(
  known: Place,
  signal: AbortSignal | undefined,
  forget: () => void,
): Promise<Float32Array> {
  known.waiting += 1;
  if (signal === undefined) return known.vector;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      known.waiting -= 1;
      reject(new EmbeddingError("nobody waits for it any more"));
      if (known.waiting > 0) return;
      forget();
      known.left.abort(signal.reason);
    };
    const over = (): void => signal.removeEventListener("abort", leave);
    known.vector.then(resolve, reject).finally(over);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}

interface Call {
  readonly left: AbortSignal;
  readonly ended: (end: CallEnd) => void;
}

async function place(
  { endpoint, fetch, limits = defaultLimits }: EndpointEmbedderParts,
  text: string,
  { left, ended }: Call,
): Promise<Float32Array> {
  const { url, model, headers, authorities } = endpoint;
  const fail = (why: string): EmbeddingError =>
    new EmbeddingError(`the embeddings of ${model} at ${url} cannot be used: ${why}`);
  const answer = await fetch(
    {
      url: `${url}/embeddings`,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ model, input: text, encoding_format: "float" }),
      ...(authorities === undefined ? {} : { authorities }),
      signal: left,
    },
    limits,
  );
  if (left.aborted) {
    ended({ kind: "left", why: left.reason });
    throw fail("nobody waits for it any more");
  }
  if (!answer.ok || answer.status !== 200) {
    ended({ kind: "failed", answer });
    throw fail(answer.ok ? `it answers ${answer.status}` : answer.message);
  }
  const body = parsed(answer.body);
  const numbers = numbersOf(body);
  if (numbers === null) {
    ended({ kind: "failed", answer: null });
    throw fail("its answer holds no embedding");
  }
  ended({ kind: "ok", body });
  return normalised(numbers);
}

/** What a body says; undefined where it is no JSON. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** `data[0].embedding` of an answer; null where it is not a list of finite numbers within bounds. */
function numbersOf(read: unknown): readonly number[] | null {
  const data = (read as { readonly data?: unknown } | null | undefined)?.data;
  const first: unknown = Array.isArray(data) ? data[0] : null;
  const numbers = (first as { readonly embedding?: unknown } | null)?.embedding;
  const isList = Array.isArray(numbers) && numbers.length > 0 && numbers.length <= mostNumbers;
  return isList && numbers.every((value) => Number.isFinite(value)) ? (numbers as number[]) : null;
}

function normalised(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => (length === 0 ? 0 : value / length));
}
