import { createHash } from "node:crypto";
import type { CacheSettings } from "../../configuration/configuration.ts";
import { counterValue } from "../../runtime/limits/counter-value.ts";
import type { LoggedRequest } from "../logged-request.ts";
import type { ReplayedJob } from "./replayed-job.ts";

/**
 * What tells a request from all that ask something else: by what its record says, else by its body without what only says how the answer is
 * delivered. Copies ask nothing that others than copies of their number ask, so that more traffic hits no more often. Null where nobody can tell.
 */
export function askedKey(
  job: ReplayedJob,
  target: string,
  scope: CacheSettings["scope"],
): string | null {
  const { request, plan, copy } = job;
  const recorded = job.logged.cacheKey;
  const asked = recorded ?? bodyKey(request, scope);
  return asked === null
    ? null
    : `${counterValue(asked)}\n${target}\n${counterValue(JSON.stringify(plan.set))}\n${copy}`;
}

function bodyKey({ chat }: LoggedRequest, scope: CacheSettings["scope"]): string | null {
  if (chat === null) return null;
  const { model: _model, stream: _stream, stream_options: _options, ...asked } = chat.body;
  const caller = chat.caller ?? null;
  const team = caller?.team ?? null;
  const own = scope === "team" && team !== null ? `team ${team}` : `key ${caller?.name ?? ""}`;
  const hash = createHash("sha256").update(scope === "all" ? "all" : own);
  return hash.update(JSON.stringify(asked)).digest("base64url");
}
