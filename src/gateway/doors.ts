import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { ServerSettings } from "../configuration/configuration.ts";
import type { ApiProblem } from "../protocol/api-error.ts";
import { problems } from "./problems.ts";

/** Whether a host name or address means this machine alone. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

/** The host of a Host header without its port; null when it is not one. */
function hostName(header: string): string | null {
  const found = /^(\[[0-9a-f:.]+\]|[^:[\]/?#@\s]+)(?::\d{1,5})?$/i.exec(header);
  return found?.[1]?.toLowerCase() ?? null;
}

/** What a request's head has to pass before its path is looked at. */
export interface Doors {
  /** The problem with a request's head; null when it may come in. */
  check(request: IncomingMessage): ApiProblem | null;
  /** Flat header pairs that let a web page of an allowed origin read the answer; empty for all others. */
  crossOrigin(request: IncomingMessage): readonly string[];
}

const exposed =
  "x-request-id, x-signalbox-policy, x-signalbox-rule, x-signalbox-target, x-signalbox-attempts, x-signalbox-dropped, x-signalbox-stand-in, retry-after";

/**
 * The rules of the door. Without client keys (`open`), Host has to be a loopback or allowed name and Origin absent or allowed:
 * then no web page can spend the operator's money, and no rebound DNS name reaches the gateway.
 */
export function createDoors(settings: ServerSettings, open: boolean): Doors {
  const hosts = new Set(settings.allowedHosts.map((host) => host.toLowerCase()));
  const origins = new Set(settings.allowedOrigins.map((origin) => origin.toLowerCase()));
  const hostAllowed = (header: string): boolean => {
    if (hosts.has(header.toLowerCase())) return true;
    const name = hostName(header);
    return name !== null && (isLoopback(name) || hosts.has(name));
  };
  // Clients name the same host again and again.
  let lastAllowed: string | null = null;
  const sameOrigin = (origin: string, host: string): boolean => origin === `http://${host}`;
  return {
    check(request) {
      const repeated = repeatedHeader(request.rawHeaders);
      if (repeated !== null) return problems.repeatedHeader(repeated);
      const { host } = request.headers;
      if (host === undefined) return problems.missingHost();
      if (!open) return null;
      if (host !== lastAllowed && !hostAllowed(host)) return problems.hostRefused();
      lastAllowed = host;
      const origin = request.headers.origin;
      if (origin === undefined || sameOrigin(origin, host)) return null;
      return origins.has(origin.toLowerCase()) ? null : problems.originRefused();
    },
    crossOrigin(request) {
      const origin = request.headers.origin;
      if (origin === undefined || !origins.has(origin.toLowerCase())) return [];
      return [
        "access-control-allow-origin",
        origin,
        "vary",
        "origin",
        "access-control-expose-headers",
        exposed,
      ];
    },
  };
}

/** Headers that decide who asks and where: two of one are an attempt to be read in two ways. */
const single = ["host", "authorization", "x-signalbox-admin-key"] as const;

function repeatedHeader(rawHeaders: readonly string[]): string | null {
  // A bit for each of them that was met.
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at] ?? "";
    for (let which = 0; which < single.length; which += 1) {
      const name = single[which] as string;
      if (header.length !== name.length || header.toLowerCase() !== name) continue;
      if ((seen & (1 << which)) !== 0) return name;
      seen |= 1 << which;
    }
  }
  return null;
}
