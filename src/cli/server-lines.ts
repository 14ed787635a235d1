import type { FoundServer } from "../runtime/servers/discover.ts";

/** Models of a found server that get a target of their own. */
const mostTargets = 3;

/** Lines for `signalbox.yaml` that would take a found server in. */
export function configurationLines({ kind, url, models }: FoundServer): readonly string[] {
  const provider = kind ?? "local-server";
  const written = kind ?? "openai-compatible";
  const names = new Set<string>();
  const targets = models.slice(0, mostTargets).map((model) => {
    const name = unused(targetName(model), names);
    names.add(name);
    return `  ${name}: { provider: ${provider}, model: ${JSON.stringify(model)} }`;
  });
  return [
    "providers:",
    `  ${provider}: { kind: ${written}, url: ${url} }`,
    ...(targets.length === 0 ? [] : ["targets:", ...targets]),
  ];
}

/** A name for policies to call a model by: its own, without folders, endings and what no name may hold. */
function targetName(model: string): string {
  const last = model.split(/[/\\]/).at(-1) ?? "";
  const plain = last
    .toLowerCase()
    .replace(/\.gguf$/, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return /^[a-z]/.test(plain) ? plain.slice(0, 40).replace(/-+$/, "") : `local-${plain}`;
}

function unused(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`;
  return free;
}
