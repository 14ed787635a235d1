import { dirname, join } from "node:path";
import { beside } from "./beside.ts";
import type { BuildContext, Sections } from "./build.ts";
import type { CacheSettings } from "./configuration.ts";
import { defaultCache } from "./default-configuration.ts";

/** How answers are kept; `store` is the file of what survives a restart. Reports a server that is not there. */
export function buildCache(
  { cache, redis }: Sections,
  store: string,
  { source, reader }: BuildContext,
): CacheSettings {
  const said = cache?.value ?? {};
  if (said.store?.value === "redis" && redis === undefined)
    reader.report("C0105", said.store.span, "a cache on Redis needs the section `redis`", {
      help: "add the section, with the `url` of the server",
    });
  return {
    store: said.store?.value ?? defaultCache.store,
    path:
      said.path === undefined
        ? join(dirname(store), "cache.sqlite")
        : beside(source, said.path.value),
    mostBytes: said["max-size"]?.value ?? defaultCache.mostBytes,
    answerBytes: said["max-answer"]?.value ?? defaultCache.answerBytes,
    scope: said.scope?.value ?? defaultCache.scope,
    paceMs: said.pace?.value ?? defaultCache.paceMs,
  };
}
