import { Agent, buildConnector, request } from "undici";
import type { BoundedAnswer, BoundedFetch, FetchFailure } from "../servers/bounded-fetch.ts";
import { BoundedBytes } from "./bounded-bytes.ts";

/** Small questions to servers, over connections of their own: they never wait behind requests. */
export interface Fetcher {
  readonly fetch: BoundedFetch;
  /** Cuts what is in flight. */
  close(): Promise<void>;
}

/** `connections`: how many to one server at most; further questions wait for one. */
export function createFetcher(connections = 2): Fetcher {
  const agents = new Map<string | null, Agent>();
  const agentFor = (authorities: string | null): Agent => {
    const agent = agents.get(authorities) ?? openAgent(authorities, connections);
    agents.set(authorities, agent);
    return agent;
  };
  return {
    fetch: (asked, limits) => fetchOver(agentFor(asked.authorities ?? null), asked, limits),
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

function openAgent(authorities: string | null, connections: number): Agent {
  return new Agent({
    connections,
    pipelining: 1,
    // Below the five seconds after which a Node server hangs up.
    keepAliveTimeout: 4_000,
    connect: buildConnector({
      timeout: 3_000,
      allowH2: false,
      // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED in some environment cannot unsay it.
      rejectUnauthorized: true,
      ...(authorities === null ? {} : { ca: [authorities] }),
    }),
  });
}

async function fetchOver(
  agent: Agent,
  { url, headers, body, signal: left }: Parameters<BoundedFetch>[0],
  { timeoutMs, maxBytes }: Parameters<BoundedFetch>[1],
): Promise<BoundedAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = left === undefined ? timeout : AbortSignal.any([timeout, left]);
  try {
    const response = await request(url, {
      dispatcher: agent,
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, "accept-encoding": "identity" },
      body: body ?? null,
      signal,
    });
    const bytes = new BoundedBytes(maxBytes);
    for await (const chunk of response.body) {
      if (bytes.add(chunk as Uint8Array)) continue;
      response.body.destroy();
      return { ok: false, reason: "too-large", message: `more than ${maxBytes} bytes` };
    }
    return {
      ok: true,
      status: response.statusCode,
      headers: firstValues(response.headers),
      body: bytes.join(),
    };
  } catch (error) {
    if (left?.aborted)
      return { ok: false, reason: "left", message: "nobody waits for it any more" };
    return failureOf(error, timeout.aborted ? timeoutMs : null);
  }
}

function firstValues(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const first = Object.entries(headers).map(([name, value = ""]) => [
    name,
    typeof value === "string" ? value : (value[0] ?? ""),
  ]);
  return Object.fromEntries(first) as Record<string, string>;
}

const words: Readonly<Record<string, readonly [FetchFailure, string]>> = {
  ECONNREFUSED: ["refused", "nothing listens there"],
  ENOTFOUND: ["refused", "the name has no address"],
  EAI_AGAIN: ["refused", "the name cannot be looked up"],
  EHOSTUNREACH: ["refused", "the host cannot be reached"],
  ENETUNREACH: ["refused", "the network cannot be reached"],
  UND_ERR_CONNECT_TIMEOUT: ["timeout", "no connection in time"],
};

function failureOf(error: unknown, timedOutMs: number | null): BoundedAnswer {
  if (timedOutMs !== null) {
    return { ok: false, reason: "timeout", message: `no answer within ${timedOutMs} ms` };
  }
  const { code = "", message } = rootCause(error) as NodeJS.ErrnoException;
  const [reason, text] = words[code] ?? (["network", message === "" ? code : message] as const);
  return { ok: false, reason, message: text };
}

/** Of a connection that several addresses refused, the first refusal. */
function rootCause(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error instanceof Error ? error : new Error(String(error));
}
