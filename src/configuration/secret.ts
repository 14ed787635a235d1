import type { Configuration, Secret } from "./configuration.ts";

const shown = "[secret]";
const inspected = Symbol.for("nodejs.util.inspect.custom");

/** Lets an object be read by its fields alone: as JSON, in a log line and in a console it is what `show` makes of it. */
function veil<T extends object>(value: T, show: (value: T) => unknown): T {
  const instead = (): unknown => show(value);
  // Not enumerable, so that copies, comparisons and the way between threads see plain data.
  for (const name of ["toJSON", inspected])
    if (!Object.hasOwn(value, name)) Object.defineProperty(value, name, { value: instead });
  return value;
}

/** The same secret, which shows where it came from and not what it is. */
export function veilSecret(secret: Secret): Secret {
  return veil(secret, ({ kind, from }) =>
    kind === "value" ? { kind, value: shown, from } : { kind, from },
  );
}

/** Veils every secret of a configuration, headers and options of packages included: what comes from another thread comes bare. */
export function veilSecrets(configuration: Configuration): void {
  for (const { key, headers, sdk } of configuration.providers.values()) {
    if (key !== null) veilSecret(key);
    veil(headers, (all) => Object.fromEntries(Object.keys(all).map((name) => [name, shown])));
    if (sdk !== undefined) veil(sdk, ({ package: name }) => ({ package: name, options: shown }));
  }
  if (configuration.redis !== null) veilSecret(configuration.redis.url);
  for (const { secret } of configuration.keys) if (secret.kind !== "hash") veilSecret(secret);
  if (configuration.adminKey !== null) veilSecret(configuration.adminKey);
}
