import type { BoundedFetch, FetchLimits } from "../servers/bounded-fetch.ts";
import type { TextEmbedder } from "./semantic-cache.ts";

/** A place of a text could not be had: the request goes on without. The message names the endpoint and never its key. */
export class EmbeddingError extends Error {}

export interface EmbeddingEndpoint {
  /** Base of OpenAI's paths, without a slash at the end: `http://127.0.0.1:11434/v1` for Ollama; vLLM and llama.cpp have it too. */
  readonly url: string;
  readonly model: string;
  /** With the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates (PEM) of the authorities that vouch for it, in place of the system's. */
  readonly authorities?: string;
}

export interface EndpointEmbedderParts {
  readonly endpoint: EmbeddingEndpoint;
  readonly fetch: BoundedFetch;
  readonly limits?: FetchLimits;
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

/** Places texts by a model behind OpenAI's embeddings endpoint, as Ollama, vLLM and llama.cpp have it too. Rejects with an EmbeddingError. */
export function endpointEmbedder(parts: EndpointEmbedderParts): TextEmbedder {
  const { endpoint } = parts;
  const remembered = new Map<string, Promise<Float32Array>>();
  let underWay = 0;
  const ask = async (text: string): Promise<Float32Array> => {
    if (underWay >= mostAtOnce)
      throw new EmbeddingError(`${endpoint.url} is asked too much at once`);
    underWay += 1;
    try {
      return await place(parts, text);
    } finally {
      underWay -= 1;
    }
  };
  return {
    hash: `${endpoint.url}\n${endpoint.model}`,
    embed(whole) {
      const text = whole.slice(0, longestText);
      const known = remembered.get(text);
      if (known !== undefined) return known;
      const asked = ask(text);
      remembered.set(text, asked);
      // A failure is not remembered: the next one may fare better.
      asked.catch(() => remembered.get(text) === asked && remembered.delete(text));
      for (const oldest of remembered.keys()) {
        if (remembered.size <= mostRemembered) break;
        remembered.delete(oldest);
      }
      return asked;
    },
  };
}

async function place(
  { endpoint, fetch, limits = defaultLimits }: EndpointEmbedderParts,
  text: string,
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
    },
    limits,
  );
  if (!answer.ok) throw fail(answer.message);
  if (answer.status !== 200) throw fail(`it answers ${answer.status}`);
  const numbers = numbersOf(answer.body);
  if (numbers === null) throw fail("its answer holds no embedding");
  return normalised(numbers);
}

/** `data[0].embedding` of an answer; null where it is not a list of finite numbers within bounds. */
function numbersOf(body: Uint8Array): readonly number[] | null {
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
  const data = (read as { readonly data?: unknown } | null)?.data;
  const first: unknown = Array.isArray(data) ? data[0] : null;
  const numbers = (first as { readonly embedding?: unknown } | null)?.embedding;
  const isList = Array.isArray(numbers) && numbers.length > 0 && numbers.length <= mostNumbers;
  return isList && numbers.every((value) => Number.isFinite(value)) ? (numbers as number[]) : null;
}

function normalised(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (value) => (length === 0 ? 0 : value / length));
}
