import type { CacheSettings, Caller } from "./configuration.ts";

/** Who may be given an answer that a caller's request brought. */
export function tenantOf(scope: CacheSettings["scope"], caller: Caller | null): string {
  if (scope === "all") return "all";
  const team = caller?.team ?? null;
  return scope === "team" && team !== null ? `team:${team}` : `key:${caller?.name ?? ""}`;
}
