import type { BuildContext, Section } from "./build.ts";
import type { ClientKey, Secret } from "./configuration.ts";
import { resolveSecret } from "./environment.ts";

/**
 * The clients' keys of a configuration. Two of the same secret are an error: nobody could tell whose request it is. So is one that
 * is the operator's own.
 */
export function buildKeys(
  section: Section<"keys">,
  adminKey: Secret | null,
  context: BuildContext,
): readonly ClientKey[] {
  const built: ClientKey[] = [];
  const owners = new Map<string, string>();
  for (const [name, { value, keySpan }] of section) {
    if (value.key === undefined) continue;
    const secret = resolveSecret(value.key.value, context.environment);
    if (secret.kind === "value") {
      const owner = owners.get(secret.value);
      if (owner !== undefined) {
        const message = `keys \`${owner}\` and \`${name}\` have the same secret`;
        context.reader.report("C0104", keySpan, message);
      }
      owners.set(secret.value, name);
      if (adminKey?.kind === "value" && adminKey.value === secret.value)
        context.reader.report("C0104", keySpan, `key \`${name}\` has the secret of \`admin\``);
    }
    built.push({
      name,
      secret,
      user: value.user?.value ?? null,
      team: value.team?.value ?? null,
      attributes: attributesOf(value),
      policy: value.policy?.value ?? null,
      models: value.models?.value.map((each) => each.value) ?? null,
    });
  }
  return built;
}

type KeySection =
  Section<"keys"> extends ReadonlyMap<string, { readonly value: infer K }> ? K : never;

function attributesOf(value: KeySection): ClientKey["attributes"] {
  const given = [...(value.attributes?.value ?? [])].map(
    ([name, each]) => [name, each.value] as const,
  );
  const tier = value.tier === undefined ? [] : [["tier", value.tier.value] as const];
  return Object.fromEntries([...tier, ...given]);
}
