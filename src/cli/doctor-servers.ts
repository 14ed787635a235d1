import type { Target } from "../catalog/target.ts";
import type { Configuration, Provider } from "../configuration/configuration.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { askServer, headersOf, rootOf } from "../runtime/servers/ask-server.ts";
import type { BoundedFetch } from "../runtime/servers/bounded-fetch.ts";
import { readerFor } from "../runtime/servers/readers.ts";
import { bareState, findModel, type ServerState } from "../runtime/servers/server-state.ts";
import { servedState } from "../runtime/servers/server-targets.ts";
import { type Finding, type ServerCheck, shownUrl } from "./doctor-report.ts";

export interface ServersLook {
  readonly servers: readonly ServerCheck[];
  readonly findings: readonly Finding[];
}

const limits = { timeoutMs: 2_000, maxBytes: 4 * 1024 * 1024 };

/** Asks the configured servers at home for their states, and holds the targets against them. */
export async function lookAtServers(
  providers: readonly Provider[],
  { targets }: Configuration,
  fetch: BoundedFetch,
): Promise<ServersLook> {
  const looks = await Promise.all(
    providers.map(async (provider) => {
      const served = [...targets.values()].filter((target) => target.provider === provider.name);
      const state = await stateOf(provider, served, fetch);
      if (state === null) return null;
      const check: ServerCheck = { name: provider.name, url: shownUrl(provider.url), state };
      return { check, findings: findingsOf(check, served) };
    }),
  );
  const asked = looks.filter((look) => look !== null);
  return {
    servers: asked.map(({ check }) => check),
    findings: asked.flatMap(({ findings }) => findings),
  };
}

async function stateOf(
  provider: Provider,
  served: readonly Target[],
  fetch: BoundedFetch,
): Promise<ServerState | null> {
  const reader = readerFor(provider.kind);
  if (reader === null) return null;
  const models = served.map(({ model }) => model);
  const asked = { reader, root: rootOf(provider), headers: headersOf(provider) };
  const first = await askServer(asked, { models, previous: null, wanted: true }, fetch, limits);
  if (first.kind === "unsure") return bareState(reader.kind, "down", first.why);
  // Some things are asked once it is known what there is.
  const second = await askServer(
    asked,
    { models, previous: first.state, wanted: true },
    fetch,
    limits,
  );
  return second.kind === "state" ? second.state : first.state;
}

function findingsOf({ name, url, state }: ServerCheck, served: readonly Target[]): Finding[] {
  const { health, why } = state;
  const isUsed = served.length > 0;
  const tell = (level: Finding["level"], message: string, help?: string): Finding => ({
    level: isUsed ? level : "note",
    subject: name,
    message,
    ...(help === undefined ? {} : { help }),
  });
  switch (health) {
    case "down":
      return [
        tell(
          "error",
          `${url} is down: ${why}`,
          "start the server, or start with --stand-ins to try policies without it",
        ),
      ];
    case "unauthorised":
      return [tell("error", `${why}`, `give provider \`${name}\` its \`key\``)];
    case "unrecognised":
      return [
        tell(
          "warning",
          `${url} does not answer as ${state.kind} does: ${why}`,
          "is the `url` right, and the `kind`?",
        ),
      ];
    case "loading":
      return [tell("warning", `it is loading: ${why}`)];
    case "saturated":
    case "up":
      return served.flatMap((target) => targetFindings(target, state));
  }
}

function targetFindings(target: Target, state: ServerState): readonly Finding[] {
  const { name: subject, model, provider } = target;
  if (servedState(state, model) === "absent") return [absent(target, state)];
  const found = findModel(state, model) ?? onlyModel(state);
  const counted = target.contextTokens;
  if (found === undefined || counted === null) return [];
  const { contextTokens, trainedContextTokens } = found;
  const fits = contextTokens ?? trainedContextTokens;
  if (fits === null || counted <= fits) return [];
  const message =
    contextTokens === null
      ? `its context counts as ${counted} tokens, and ${found.id} was trained for ${fits}`
      : `its context counts as ${counted} tokens, and \`${provider}\` runs ${found.id} with ${fits}`;
  const truncates = state.kind === "ollama" ? "longer prompts are cut without a word: " : "";
  const help = `${truncates}give the server a longer context, or write \`context: ${fits}\` at the target`;
  return [{ level: "warning", subject, message, help }];
}

/** The model of a server that answers to any name. */
function onlyModel({ models, answersListedOnly }: ServerState): ReturnType<typeof findModel> {
  return !answersListedOnly && models?.length === 1 ? models[0] : undefined;
}

function absent({ name, model, provider }: Target, { kind, models }: ServerState): Finding {
  const ids = models?.map(({ id }) => id) ?? [];
  const near = didYouMean(model, [...ids, ...ids.map((id) => id.replace(/:latest$/, ""))]);
  const has = ids.length === 0 ? "it has none" : `it has ${ids.slice(0, 8).join(", ")}`;
  const pull = kind === "ollama" ? `; \`ollama pull ${model}\` fetches it` : "";
  return {
    level: "error",
    subject: name,
    message: `\`${provider}\` has no model \`${model}\``,
    help: near === null ? `${has}${pull}` : `did you mean \`${near}\`?${pull}`,
  };
}
