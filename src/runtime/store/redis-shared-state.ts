import { createHash, randomBytes } from "node:crypto";
import { beginRedisLink, type RedisLink, type RedisLinkParts } from "./redis-link.ts";
import {
  type HeldOffTarget,
  mostShown,
  type SharedSession,
  type SharedState,
  shownForMs,
} from "./shared-state.ts";

export interface RedisSharedStateParts extends Omit<RedisLinkParts, "what" | "failed"> {
  /** Begins every key, so that gateways that do not belong together can use one server. */
  readonly prefix: string;
}

/** A request may be waiting with it. */
const defaultTimeoutMs = 50;

/** The board itself goes when no gateway has shown anything for so long. */
const boardMs = 60_000;

const learnedForMs = 90 * 86_400_000;

/** Larger answers are those of nobody who belongs here. */
const mostGateways = 1_000;

/**
 * Opens what gateways share on a Redis server. It does not wait for the connection, which is made, and made anew, beside the
 * requests; as long as there is none everything rejects at once.
 */
export function openRedisSharedState(parts: RedisSharedStateParts): SharedState {
  const link = beginRedisLink({
    timeoutMs: defaultTimeoutMs,
    ...parts,
    what: "what gateways share",
  });
  return new RedisSharedState(link, parts.prefix);
}

class RedisSharedState implements SharedState {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #own = randomBytes(8).toString("hex");

  constructor(link: RedisLink, prefix: string) {
    this.#link = link;
    this.#prefix = prefix;
  }

  async exchange(own: readonly HeldOffTarget[], atMs: number): Promise<readonly HeldOffTarget[]> {
    const board = `{${this.#prefix}}:health`;
    const shown = JSON.stringify({ atMs, own: own.slice(0, mostShown) });
    const [, , all] = await this.#link.ask((client) =>
      client.multi().hSet(board, this.#own, shown).pExpire(board, boardMs).hGetAll(board).exec(),
    );
    const others: HeldOffTarget[] = [];
    const gone: string[] = [];
    for (const [gateway, text] of Object.entries(all as unknown as Record<string, string>)) {
      if (gateway === this.#own) continue;
      const read = readShown(text);
      if (read === null || atMs - read.atMs >= boardMs) gone.push(gateway);
      else if (atMs - read.atMs < shownForMs) others.push(...read.own);
      if (others.length > mostShown || gone.length > mostGateways) break;
    }
    if (gone.length > 0) await this.#link.ask((client) => client.hDel(board, gone));
    return others;
  }

  async findSession(key: string): Promise<SharedSession | null> {
    const text = await this.#link.ask((client) => client.get(this.#sessionKey(key)));
    return text === null ? null : readSession(text);
  }

  async keepSession(key: string, { target, untilMs }: SharedSession, forMs: number): Promise<void> {
    const value = JSON.stringify([target, untilMs]);
    const expiration = { type: "PX" as const, value: Math.max(1, Math.ceil(forMs)) };
    await this.#link.ask((client) => client.set(this.#sessionKey(key), value, { expiration }));
  }

  learned(what: string): Promise<string | null> {
    return this.#link.ask((client) => client.get(this.#learnedKey(what)));
  }

  async keepLearned(what: string, state: string): Promise<void> {
    const expiration = { type: "PX" as const, value: learnedForMs };
    await this.#link.ask((client) => client.set(this.#learnedKey(what), state, { expiration }));
  }

  async close(): Promise<void> {
    try {
      if (this.#link.isReady)
        await this.#link.ask((client) => client.hDel(`{${this.#prefix}}:health`, this.#own));
    } catch {
      // What was shown is forgotten by itself.
    }
    this.#link.destroy();
  }

  #learnedKey(what: string): string {
    return `{${this.#prefix}}:learned:${what}`;
  }

  /** By hash: a client may choose what a session is called, and how long that is. */
  #sessionKey(key: string): string {
    return `{${this.#prefix}}:s:${createHash("sha256").update(key).digest("base64url")}`;
  }
}

/** What another gateway showed; null for what none of this kind has written. */
function readShown(
  text: string,
): { readonly atMs: number; readonly own: readonly HeldOffTarget[] } | null {
  const value = parse(text);
  if (!isRecord(value) || !isTime(value["atMs"]) || !Array.isArray(value["own"])) return null;
  const own = (value["own"] as readonly unknown[]).slice(0, mostShown).filter(isHeldOff);
  return { atMs: value["atMs"], own };
}

function readSession(text: string): SharedSession | null {
  const value = parse(text);
  if (!Array.isArray(value)) return null;
  const [target, untilMs] = value as readonly unknown[];
  return typeof target === "string" && isTime(untilMs) ? { target, untilMs } : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isHeldOff(value: unknown): value is HeldOffTarget {
  if (!isRecord(value)) return false;
  const { target, openUntilMs, pausedUntilMs } = value;
  return typeof target === "string" && isTime(openUntilMs) && isTime(pausedUntilMs);
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
