import { createHash, randomBytes } from "node:crypto";
import { createClient } from "@redis/client";
import { mostPicodollars } from "../../base/money.ts";
import { windowAt } from "../limits/calendar.ts";
import type {
  CounterKey,
  Held,
  LimitStore,
  Refused,
  Standing,
  Take,
} from "../limits/limit-store.ts";
import { partMs } from "../limits/rate-window.ts";
import { admitScript, settleScript, standingScript } from "./redis-limit-scripts.ts";
import { StoreError } from "./sqlite.ts";

export interface RedisLimitStoreParts {
  /** `redis://…` or `rediss://…`, with its password. */
  readonly url: string;
  /** Begins every key, so that gateways that do not belong together can use one server. */
  readonly prefix: string;
  /** After how long a reservation that nobody settled counts as spent. */
  readonly leaseMs?: number;
  /** Longest that an answer of the server is waited for. */
  readonly timeoutMs?: number;
  /** Told when the connection breaks; it is made anew by itself. */
  readonly failed: (error: unknown) => void;
}

type Client = ReturnType<typeof createClient>;

interface Script {
  readonly text: string;
  readonly sha: string;
}

const admitting = scriptOf(admitScript);
const settling = scriptOf(settleScript);
const looking = scriptOf(standingScript);

const defaultLeaseMs = 3_600_000;
const defaultTimeoutMs = 1_000;
const connectTimeoutMs = 5_000;
const reconnectMs = { first: 50, most: 2_000 };

/** Connects to a Redis server; one that cannot be reached is a StoreError. */
export async function openRedisLimitStore(parts: RedisLimitStoreParts): Promise<RedisLimitStore> {
  let isOpen = false;
  const client: Client = createClient({
    url: parts.url,
    // What cannot be sent now is told now: a request must not wait for a server to come back.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      // The first connection is tried once, since somebody waits to hear that it cannot be made.
      reconnectStrategy: (tries) =>
        isOpen && Math.min(reconnectMs.first * 2 ** Math.min(tries, 10), reconnectMs.most),
    },
  });
  client.on("error", (error: unknown) => {
    if (isOpen) parts.failed(storeError(error));
  });
  try {
    await client.connect();
  } catch (error) {
    throw storeError(error);
  }
  isOpen = true;
  return new RedisLimitStore(client, parts);
}

/**
 * Counters that several processes share, as strictly as one process would: each admission and each settlement is one script. All
 * keys hash to one slot of a cluster, since an admission takes several counters at once. Times are the gateways' own, whose
 * clocks are taken to agree; counters expire by themselves once they are idle.
 */
export class RedisLimitStore implements LimitStore {
  readonly #client: Client;
  readonly #parts: RedisLimitStoreParts;
  readonly #leaseMs: number;
  readonly #own = randomBytes(8).toString("hex");
  #count = 0;

  constructor(client: Client, parts: RedisLimitStoreParts) {
    this.#client = client;
    this.#parts = parts;
    this.#leaseMs = parts.leaseMs ?? defaultLeaseMs;
  }

  async admit(takes: readonly Take[], atMs: number): Promise<Held | Refused> {
    this.#count += 1;
    const id = `${this.#own}-${this.#count}`;
    const running = this.#admit(id, takes, atMs);
    try {
      return await this.#inTime(running);
    } catch (error) {
      // An answer that comes too late must leave nothing reserved for a request that was turned away.
      const giveBack = async (): Promise<void> => {
        const late = await running;
        if (late.kind === "held")
          await this.#settle(
            late,
            late.takes.map(() => 0),
            atMs,
          );
      };
      // Where that fails too, the reservation lapses.
      giveBack().catch(() => undefined);
      throw storeError(error);
    }
  }

  async settle(held: Held, actual: readonly number[], atMs: number): Promise<void> {
    try {
      await this.#inTime(this.#settle(held, actual, atMs));
    } catch (error) {
      throw storeError(error);
    }
  }

  async standing(take: Take, atMs: number): Promise<Standing> {
    try {
      const args = [String(atMs), JSON.stringify(forScript(take, atMs))];
      const running = this.#run(looking, this.#keysOf(take, atMs), args);
      const [settled, reserved] = (await this.#inTime(running)) as string[];
      return { settled: Number(settled), reserved: Number(reserved) };
    } catch (error) {
      throw storeError(error);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #admit(id: string, takes: readonly Take[], atMs: number): Promise<Held | Refused> {
    const keys = [...takes.flatMap((take) => this.#keysOf(take, atMs)), this.#holdOf(id)];
    const asked = JSON.stringify(takes.map((take) => forScript(take, atMs)));
    const args = [String(atMs), id, String(this.#leaseMs), asked];
    const [kind, ...rest] = (await this.#run(admitting, keys, args)) as string[];
    if (kind === "refused") {
      const [index, retryAt] = rest;
      return {
        ...{ kind, index: Number(index) },
        retryAtMs: retryAt === "" ? null : Number(retryAt),
      };
    }
    const placed = takes.map((take, index) => ({ take, place: Number(rest[index]) }));
    return { kind: "held", id, takes: placed };
  }

  async #settle({ id, takes }: Held, actual: readonly number[], atMs: number): Promise<void> {
    const keys = takes.flatMap(({ take, place }) =>
      // A budget is settled in the window in which it was reserved.
      this.#keysOf(take, take.kind === "budget" ? place : atMs),
    );
    const told = takes.map(({ take: { kind, amount }, place }, index) => ({
      ...{ kind, amount, place },
      actual: actual[index] ?? amount,
    }));
    await this.#run(
      settling,
      [...keys, this.#holdOf(id)],
      [String(atMs), id, JSON.stringify(told)],
    );
  }

  async #run(script: Script, keys: string[], args: string[]): Promise<unknown> {
    try {
      return await this.#client.evalSha(script.sha, { keys, arguments: args });
    } catch (error) {
      // A server that was started anew knows no scripts.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await this.#client.eval(script.text, { keys, arguments: args });
    }
  }

  /** A store that is slow is worse than one that is gone: nobody waits for it longer than this. */
  async #inTime<T>(running: Promise<T>): Promise<T> {
    const { timeoutMs = defaultTimeoutMs } = this.#parts;
    const { promise: over, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`it did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await Promise.race([running, over]);
    } finally {
      clearTimeout(timer);
    }
  }

  #keysOf(take: Take, atMs: number): string[] {
    const { prefix } = this.#parts;
    const window =
      take.kind === "rate"
        ? `r:${take.perMs}`
        : `b:${take.per}:${windowAt(take.per, atMs).startMs}`;
    const key = `{${prefix}}:${window}:${nameOf(take)}`;
    return [key, `${key}:leases`];
  }

  #holdOf(id: string): string {
    return `{${this.#parts.prefix}}:h:${id}`;
  }
}

/** A counter's name in bounded length, since a client may choose the value. */
function nameOf({ option, value }: CounterKey): string {
  const short =
    value.length <= 64 ? `=${value}` : `#${createHash("sha256").update(value).digest("base64url")}`;
  return `${option}:${short}`;
}

/** A take as the scripts read it, with what they would have to know the calendar for. */
function forScript(take: Take, atMs: number): Readonly<Record<string, unknown>> {
  const { kind, most, amount } = take;
  if (take.kind === "rate")
    return { kind, most, amount, perMs: take.perMs, partMs: partMs(take.perMs) };
  const counts = most === mostPicodollars;
  return { kind, most, amount, counts, ...windowAt(take.per, atMs) };
}

function scriptOf(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

function storeError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`the Redis server of the limits cannot be used: ${reason}`, { cause });
}
