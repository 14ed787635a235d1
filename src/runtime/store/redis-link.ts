import { createHash } from "node:crypto";
import { createClient } from "@redis/client";
import { StoreError } from "./sqlite.ts";

export interface RedisLinkParts {
  /** `redis://…` or `rediss://…`, with its password. */
  readonly url: string;
  /** What is kept there, for messages: `the keys`. */
  readonly what: string;
  /** Longest that an answer of the server is waited for. */
  readonly timeoutMs?: number;
  /** Told when the connection breaks; it is made anew by itself. */
  readonly failed: (error: unknown) => void;
}

type Client = ReturnType<typeof createClient>;

/** A Lua script, run by its digest. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

export function redisScript(text: string): RedisScript {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

const defaultTimeoutMs = 1_000;
const connectTimeoutMs = 5_000;
/** Commands that wait for an answer: a server that hangs shall not hold what all who ask it sent. */
const mostUnanswered = 10_000;
const reconnectMs = { first: 50, most: 2_000 };

/** Connects to a Redis server; one that cannot be reached is a StoreError. */
export async function openRedisLink(parts: RedisLinkParts): Promise<RedisLink> {
  let isOpen = false;
  // The first connection is tried once, since somebody waits to hear that it cannot be made.
  const client = clientOf(parts.url, () => isOpen);
  const link = new RedisLink(client, parts);
  client.on("error", (error: unknown) => {
    if (isOpen) parts.failed(link.errorOf(error));
  });
  try {
    await client.connect();
  } catch (error) {
    throw link.errorOf(error);
  }
  isOpen = true;
  return link;
}

/** Begins to connect, and goes on trying, beside whoever asks: until there is a connection everything is refused at once. */
export function beginRedisLink(parts: Omit<RedisLinkParts, "failed">): RedisLink {
  const client = clientOf(parts.url, () => true);
  // Whoever asks hears of it.
  client.on("error", () => undefined);
  client.connect().catch(() => undefined);
  return new RedisLink(client, { ...parts, failed: () => undefined });
}

function clientOf(url: string, mayTryAgain: () => boolean): Client {
  return createClient({
    url,
    // What cannot be sent now is told now: nobody waits for a server to come back.
    disableOfflineQueue: true,
    commandsQueueMaxLength: mostUnanswered,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (tries) =>
        mayTryAgain() && Math.min(reconnectMs.first * 2 ** Math.min(tries, 10), reconnectMs.most),
    },
  });
}

/** A connection whose every failure is a StoreError, and whose answers are waited for so long and no longer. */
export class RedisLink {
  readonly #client: Client;
  readonly #parts: RedisLinkParts;

  constructor(client: Client, parts: RedisLinkParts) {
    this.#client = client;
    this.#parts = parts;
  }

  /** Runs a command or a script. What was sent may be carried out though the answer comes too late: `late` is told of that. */
  async ask<T>(send: (client: Client) => Promise<T>, late?: (answer: T) => void): Promise<T> {
    const { timeoutMs = defaultTimeoutMs } = this.#parts;
    const { promise: over, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`it did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const running = send(this.#client);
    try {
      return await Promise.race([running, over]);
    } catch (error) {
      if (late !== undefined) running.then(late, () => undefined);
      throw this.errorOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  run(
    script: RedisScript,
    keys: string[],
    args: (string | Buffer)[],
    late?: (answer: unknown) => void,
  ): Promise<unknown> {
    return this.ask(async (client): Promise<unknown> => {
      try {
        return await client.evalSha(script.sha, { keys, arguments: args });
      } catch (error) {
        // A server that was started anew knows no scripts.
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return await client.eval(script.text, { keys, arguments: args });
      }
    }, late);
  }

  /** Whether it can be asked at this moment. */
  get isReady(): boolean {
    return this.#client.isReady;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Ends it at once, whatever is under way. */
  destroy(): void {
    this.#client.destroy();
  }

  errorOf(cause: unknown): StoreError {
    if (cause instanceof StoreError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new StoreError(`the Redis server of ${this.#parts.what} cannot be used: ${reason}`, {
      cause,
    });
  }
}
