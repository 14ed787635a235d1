import type { Configuration, Provider, ProviderKind } from "../configuration/configuration.ts";
import type { BoundedFetch } from "../runtime/servers/bounded-fetch.ts";
import { type Finding, type ProviderCheck, shownUrl } from "./doctor-report.ts";

/** What was found of the providers that are not servers at home. */
export interface ProvidersLook {
  readonly providers: readonly ProviderCheck[];
  readonly findings: readonly Finding[];
}

const limits = { timeoutMs: 5_000, maxBytes: 4 * 1024 * 1024 };

/** A clock that is off by more than this makes signed requests and expiry times go wrong. */
const clockToleranceMs = 30_000;

/** Asks each of these providers for its list of models, which costs nothing, with its key where it has one. */
export async function lookAtProviders(
  providers: readonly Provider[],
  configuration: Configuration,
  fetch: BoundedFetch,
): Promise<ProvidersLook> {
  const used = new Set([...configuration.targets.values()].map(({ provider }) => provider));
  const looks = await Promise.all(
    providers.map((provider) => lookAt(provider, used.has(provider.name), fetch)),
  );
  return {
    providers: looks.map(({ check }) => check),
    findings: [...looks.flatMap(({ findings }) => findings), ...clockFindings(looks)],
  };
}

interface Look {
  readonly check: ProviderCheck;
  readonly findings: readonly Finding[];
}

async function lookAt(provider: Provider, isUsed: boolean, fetch: BoundedFetch): Promise<Look> {
  const { name, kind, url, key } = provider;
  const askedAtMs = Date.now();
  const startedAtMs = performance.now();
  const answer = await fetch(
    { url: `${url}${listPath(kind)}`, headers: headersFor(provider), ...authoritiesOf(provider) },
    limits,
  );
  const tookMs = performance.now() - startedAtMs;
  // A list that is too long came from somebody all the same.
  const reachable = answer.ok || answer.reason === "too-large";
  const check: ProviderCheck = {
    ...{ name, kind, url: shownUrl(url), reachable },
    key: keyState(key),
    status: answer.ok ? answer.status : null,
    tookMs: reachable ? tookMs : null,
    clockAheadMs: answer.ok ? clockAhead(answer.headers["date"], askedAtMs + tookMs / 2) : null,
  };
  const why = answer.ok ? null : answer.message;
  return { check, findings: findingsOf(check, { key, isUsed, why }) };
}

function authoritiesOf({ authorities }: Provider): Pick<Provider, "authorities"> {
  return authorities === undefined ? {} : { authorities };
}

function keyState(key: Provider["key"]): ProviderCheck["key"] {
  if (key === null) return "none";
  return key.kind === "value" ? "present" : "missing";
}

function listPath(kind: ProviderKind): string {
  return kind === "anthropic" ? "/v1/models" : "/models";
}

/** The headers that a kind takes its key in. */
function headersFor({ kind, key, headers }: Provider): Record<string, string> {
  const all: Record<string, string> = { accept: "application/json", ...headers };
  if (kind === "anthropic") all["anthropic-version"] ??= "2023-06-01";
  if (key?.kind !== "value") return all;
  if (kind === "anthropic") all["x-api-key"] = key.value;
  else if (kind === "azure-openai") all["api-key"] = key.value;
  else if (kind === "gemini") all["x-goog-api-key"] = key.value;
  else all["authorization"] = `Bearer ${key.value}`;
  return all;
}

/** By how much a `Date` header is ahead; it holds whole seconds, so the middle of its second is taken. */
function clockAhead(date: string | undefined, atMs: number): number | null {
  const told = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(told) ? null : Math.round(told + 500 - atMs);
}

interface Circumstances {
  readonly key: Provider["key"];
  readonly isUsed: boolean;
  /** Why no answer came. */
  readonly why: string | null;
}

function findingsOf(check: ProviderCheck, { key, isUsed, why }: Circumstances): readonly Finding[] {
  const findings: Finding[] = [];
  const { name: subject, status, url } = check;
  if (key?.kind === "missing") {
    const level = isUsed ? "error" : "note";
    const help = "set it, or start with --stand-ins to try policies without it";
    findings.push({ level, subject, message: `no key: ${key.from} is not set`, help });
  }
  if (!check.reachable) {
    const level = isUsed ? "error" : "note";
    findings.push({ level, subject, message: `no answer from ${url}: ${why ?? ""}` });
  } else if (key?.kind === "value" && (status === 401 || status === 403)) {
    const message = `the key from ${key.from} is refused (${status})`;
    findings.push({ level: "error", subject, message });
  } else if (status !== null && status >= 500) {
    findings.push({ level: "warning", subject, message: `${url} answers ${status}` });
  }
  return findings;
}

/** One finding, by the provider whose clock differs least: all of them differing means that ours is wrong. */
function clockFindings(looks: readonly Look[]): readonly Finding[] {
  const aheads = looks.flatMap(({ check }) =>
    check.clockAheadMs === null ? [] : [{ name: check.name, aheadMs: check.clockAheadMs }],
  );
  const [nearest] = aheads.sort((a, b) => Math.abs(a.aheadMs) - Math.abs(b.aheadMs));
  if (nearest === undefined || Math.abs(nearest.aheadMs) <= clockToleranceMs) return [];
  const seconds = Math.round(Math.abs(nearest.aheadMs) / 1000);
  const side = nearest.aheadMs > 0 ? "behind" : "ahead of";
  return [
    {
      level: "warning",
      subject: "clock",
      message: `this machine's clock is ${seconds} s ${side} ${nearest.name}'s`,
      help: "let the system keep its time (NTP): schedules in policies, prices by the hour and records go by it",
    },
  ];
}
