import { createHash } from "node:crypto";
import type { BuildContext, Section } from "./build.ts";
import type { ClientKey, KeySecret, Secret } from "./configuration.ts";
import { resolveSecret } from "./environment.ts";
import { readExpiry } from "./expiry.ts";

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
  const adminPrint = adminKey === null ? null : keyPrint(adminKey);
  for (const [name, { value, keySpan }] of section) {
    const secret = secretOf(value, context);
    if (secret === null) continue;
    const print = keyPrint(secret);
    if (print !== null) {
      const owner = owners.get(print);
      if (owner !== undefined) {
        const message = `keys \`${owner}\` and \`${name}\` have the same secret`;
        context.reader.report("C0104", keySpan, message);
      }
      owners.set(print, name);
      if (adminPrint === print)
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
      expiresAtMs: expiryOf(value, context),
      disabled: value.disabled?.value ?? false,
    });
  }
  return built;
}

/** The SHA-256 of a key's secret, as 64 hexadecimal digits; null where there is none. */
export function keyPrint(secret: KeySecret): string | null {
  if (secret.kind === "hash") return secret.sha256;
  if (secret.kind === "missing" || secret.value === "") return null;
  return createHash("sha256").update(secret.value).digest("hex");
}

type KeySection =
  Section<"keys"> extends ReadonlyMap<string, { readonly value: infer K }> ? K : never;

function secretOf({ key, hash }: KeySection, { environment }: BuildContext): KeySecret | null {
  if (key !== undefined) return resolveSecret(key.value, environment);
  if (hash === undefined) return null;
  return { kind: "hash", sha256: hash.value.slice("sha256:".length).toLowerCase() };
}

function expiryOf({ expires }: KeySection, { reader }: BuildContext): number | null {
  if (expires === undefined) return null;
  const at = readExpiry(expires.value);
  if (at === null) reader.report("C0106", expires.span, `there is no \`${expires.value}\``);
  return at;
}

function attributesOf(value: KeySection): ClientKey["attributes"] {
  const given = [...(value.attributes?.value ?? [])].map(
    ([name, each]) => [name, each.value] as const,
  );
  const tier = value.tier === undefined ? [] : [["tier", value.tier.value] as const];
  return Object.fromEntries([...tier, ...given]);
}
