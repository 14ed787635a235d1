import { createHash, randomBytes } from "node:crypto";
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
import { openRedisLink, type RedisLink, type RedisLinkParts, redisScript } from "./redis-link.ts";

export interface RedisLimitStoreParts extends Omit<RedisLinkParts, "what"> {
  /** Begins every key, so that gateways that do not belong together can use one server. */
  readonly prefix: string;
  /** After how long a reservation that nobody settled counts as spent. */
  readonly leaseMs?: number;
}

const admitting = redisScript(admitScript);
const settling = redisScript(settleScript);
const looking = redisScript(standingScript);

const defaultLeaseMs = 3_600_000;

/** Settlements that are kept for a server that fails; beyond, the oldest stay as they were reserved. */
const mostUntold = 10_000;

/** Connects to a Redis server; one that cannot be reached is a StoreError. */
export async function openRedisLimitStore(parts: RedisLimitStoreParts): Promise<RedisLimitStore> {
  return new RedisLimitStore(await openRedisLink({ ...parts, what: "the limits" }), parts);
}

/**
 * Counters that several processes share, as strictly as one process would: each admission and each settlement is one script. All
 * keys hash to one slot of a cluster, since an admission takes several counters at once. Times are the gateways' own, whose
 * clocks are taken to agree; counters expire by themselves once they are idle.
 */
export class RedisLimitStore implements LimitStore {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #leaseMs: number;
  readonly #own = randomBytes(8).toString("hex");
  /** Settlements that could not be told, by what was held. */
  readonly #untold = new Map<string, () => Promise<unknown>>();
  #retelling = false;
  #count = 0;

  constructor(link: RedisLink, parts: Pick<RedisLimitStoreParts, "prefix" | "leaseMs">) {
    this.#link = link;
    this.#prefix = parts.prefix;
    this.#leaseMs = parts.leaseMs ?? defaultLeaseMs;
  }

  async admit(takes: readonly Take[], atMs: number): Promise<Held | Refused> {
    this.#count += 1;
    const id = `${this.#own}-${this.#count}`;
    // An answer that comes too late must leave nothing reserved for a request that was turned away.
    const giveBack = (late: unknown): void => {
      const answer = admitted(id, takes, late);
      if (answer.kind !== "held") return;
      const nothing = takes.map(() => 0);
      // It is told again later where it fails.
      this.settle(answer, nothing, atMs).catch(() => undefined);
    };
    const keys = [...takes.flatMap((take) => this.#keysOf(take, atMs)), this.#holdOf(id)];
    const asked = JSON.stringify(takes.map((take) => forScript(take, atMs)));
    const args = [String(atMs), id, String(this.#leaseMs), asked];
    return admitted(id, takes, await this.#link.run(admitting, keys, args, giveBack));
  }

  async settle({ id, takes }: Held, actual: readonly number[], atMs: number): Promise<void> {
    const keys = takes.flatMap(({ take, place }) =>
      // A budget is settled in the window in which it was reserved.
      this.#keysOf(take, take.kind === "budget" ? place : atMs),
    );
    const told = takes.map(({ take: { kind, amount }, place }, index) => ({
      ...{ kind, amount, place },
      actual: actual[index] ?? amount,
    }));
    const args = [String(atMs), id, JSON.stringify(told)];
    const tell = (): Promise<unknown> =>
      this.#link.run(settling, [...keys, this.#holdOf(id)], args);
    try {
      await tell();
    } catch (error) {
      this.#keep(id, tell);
      throw error;
    }
    if (this.#untold.size > 0 && !this.#retelling) void this.#tellAgain();
  }

  #keep(id: string, tell: () => Promise<unknown>): void {
    this.#untold.set(id, tell);
    if (this.#untold.size <= mostUntold) return;
    for (const oldest of this.#untold.keys()) {
      this.#untold.delete(oldest);
      break;
    }
  }

  /** The server is there again: what it did not hear is told, one after the other. What it heard after all changes nothing. */
  async #tellAgain(): Promise<void> {
    this.#retelling = true;
    try {
      for (const [id, tell] of this.#untold) {
        await tell();
        this.#untold.delete(id);
      }
    } catch {
      // Not yet: the next settlement that succeeds leads here again.
    } finally {
      this.#retelling = false;
    }
  }

  async standing(take: Take, atMs: number): Promise<Standing> {
    const args = [String(atMs), JSON.stringify(forScript(take, atMs))];
    const running = this.#link.run(looking, this.#keysOf(take, atMs), args);
    const [settled, reserved] = (await running) as string[];
    // The server adds up beyond what one amount can hold.
    const amount = (text: string | undefined): number => Math.min(Number(text), mostPicodollars);
    return { settled: amount(settled), reserved: amount(reserved) };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #keysOf(take: Take, atMs: number): string[] {
    const window =
      take.kind === "rate"
        ? `r:${take.perMs}`
        : `b:${take.per}:${windowAt(take.per, atMs).startMs}`;
    const key = `{${this.#prefix}}:${window}:${nameOf(take)}`;
    return [key, `${key}:leases`];
  }

  #holdOf(id: string): string {
    return `{${this.#prefix}}:h:${id}`;
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

/** What the script of an admission returned. */
function admitted(id: string, takes: readonly Take[], returned: unknown): Held | Refused {
  const [kind, ...rest] = returned as string[];
  if (kind === "refused") {
    const [index, retryAt] = rest;
    return { kind, index: Number(index), retryAtMs: retryAt === "" ? null : Number(retryAt) };
  }
  const placed = takes.map((take, index) => ({ take, place: Number(rest[index]) }));
  return { kind: "held", id, takes: placed };
}
