import { dirname, join } from "node:path";
import type { Target } from "../catalog/target.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { beside } from "./beside.ts";
import type { BuildContext, Sections } from "./build.ts";
import type { CacheSettings, Provider, ProviderKind } from "./configuration.ts";
import { defaultCache } from "./default-configuration.ts";
import type { Located } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

interface CacheGround {
  /** The file of what survives a restart. */
  readonly store: string;
  readonly targets: ReadonlyMap<string, Target>;
  readonly providers: ReadonlyMap<string, Provider>;
}

/** How answers are kept. Reports a server that is not there, and a target that places no texts. */
export function buildCache(
  { cache, redis, targets: declared }: Sections,
  ground: CacheGround,
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
        ? join(dirname(ground.store), "cache.sqlite")
        : beside(source, said.path.value),
    mostBytes: said["max-size"]?.value ?? defaultCache.mostBytes,
    answerBytes: said["max-answer"]?.value ?? defaultCache.answerBytes,
    mostPrompts: said["max-prompts"]?.value ?? defaultCache.mostPrompts,
    embeddings: buildEmbeddings(
      said.embeddings,
      { ...ground, known: [...(declared?.value.keys() ?? [])] },
      reader,
    ),
    scope: said.scope?.value ?? defaultCache.scope,
    paceMs: said.pace?.value ?? defaultCache.paceMs,
  };
}

/** Kinds whose providers have no API of embeddings, or another one than OpenAI's. */
const withoutEmbeddings: ReadonlySet<ProviderKind> = new Set([
  "anthropic",
  "gemini",
  "deepseek",
  "ai-sdk",
]);

function buildEmbeddings(
  said: Located<string> | undefined,
  { targets, providers, known }: CacheGround & { readonly known: readonly string[] },
  reader: BuildContext["reader"],
): string | null {
  if (said === undefined) return defaultCache.embeddings;
  const target = targets.get(said.value);
  if (target === undefined) {
    // One that is declared and cannot be used is reported where it stands.
    if (known.includes(said.value)) return null;
    const meant = wrongWord(said.span, didYouMean(said.value, known), known, "the targets are");
    reader.report(
      "C0213",
      said.span,
      `there is no target \`${said.value}\` to place prompts`,
      meant,
    );
    return null;
  }
  const { kind = "openai" } = providers.get(target.provider) ?? {};
  if (!withoutEmbeddings.has(kind)) return said.value;
  reader.report(
    "C0213",
    said.span,
    `the provider \`${target.provider}\` has no embeddings: kind \`${kind}\` is not asked for them`,
    {
      help: "name a target at a provider with OpenAI's `/embeddings`: Ollama, vLLM, llama.cpp, OpenAI",
    },
  );
  return null;
}
