import type { KeyGrant } from "../../configuration/configuration.ts";
import { readExpiry } from "../../configuration/expiry.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { readQuantity } from "../../facts/quantity.ts";
import type { KeyRecord } from "../../runtime/store/key-store.ts";
import type { Snapshot } from "../snapshot.ts";
import { field, type Order, OrderError } from "./read-order.ts";

/** What an operator says of a key. */
export type KeyFields = Omit<KeyGrant, "name"> & Pick<KeyRecord, "expiresAtMs" | "disabled">;

/** The fields of an order that makes or changes a key. */
export const keyFieldNames = [
  "user",
  "team",
  "tier",
  "attributes",
  "policy",
  "models",
  "expires",
  "disabled",
] as const;

type Name = (typeof keyFieldNames)[number];
type Scalar = KeyFields["attributes"][string];

const plainName = /^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,99}$/;
const attributeName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const plainText = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
const mostAttributes = 32;
const mostModels = 1_000;
const dayMs = 86_400_000;
const longestGraceMs = 90 * dayMs;
const longestLifeMs = 36_525 * dayMs;

const unnamed: KeyFields = {
  ...{ user: null, team: null, attributes: {}, policy: null, models: null },
  ...{ expiresAtMs: null, disabled: false },
};

/** The name of a key that is to be made. */
export function keyNameOf(order: Order): string {
  const name = field(order, "name");
  if (typeof name === "string" && plainName.test(name)) return name;
  throw wrong(
    "name",
    "has to be 1 to 100 letters, digits and `. _ @ : + -`, the first a letter or a digit",
  );
}

/** How long an old secret goes on, in milliseconds. */
export function graceOf(order: Order): number {
  const said = field(order, "grace");
  const grace = typeof said === "string" ? durationOf(said) : null;
  if (grace !== null && grace <= longestGraceMs) return grace;
  throw wrong("grace", "has to be a duration of 90d at most such as 1h, or 0s to end it at once");
}

interface Reading {
  /** Names are looked up there. */
  readonly snapshot: Pick<Snapshot, "policies" | "targets">;
  readonly nowMs: number;
}

/** The fields of a key after an order: those that it leaves out are as before, null takes one away. */
export function keyFieldsOf(
  order: Order,
  before: KeyFields | null,
  { snapshot, nowMs }: Reading,
): KeyFields {
  const old = before ?? unnamed;
  const after = <V>(name: Name, was: V, read: (value: unknown) => V): V | null => {
    if (!order.has(name)) return was;
    const value = field(order, name);
    return value === undefined ? null : read(value);
  };
  const tier = after<Scalar | null>("tier", old.attributes["tier"] ?? null, textIn("tier"));
  const others = after("attributes", withoutTier(old.attributes), attributesOf) ?? {};
  return {
    user: after("user", old.user, textIn("user")),
    team: after("team", old.team, textIn("team")),
    attributes: tier === null ? others : { tier, ...others },
    policy: after("policy", old.policy, (value) => policyOf(value, snapshot)),
    models: after("models", old.models, (value) => modelsOf(value, snapshot)),
    expiresAtMs: after("expires", old.expiresAtMs, (value) => expiryOf(value, nowMs)),
    disabled: after("disabled", old.disabled, booleanOf) ?? false,
  };
}

function withoutTier({ tier: _, ...others }: KeyFields["attributes"]): KeyFields["attributes"] {
  return others;
}

function wrong(param: string, why: string): OrderError {
  return new OrderError(`\`${param}\` ${why}`, { param });
}

const textIn =
  (name: string) =>
  (value: unknown): string => {
    if (typeof value === "string" && plainText.test(value)) return value;
    throw wrong(name, "has to be a text of 1 to 200 characters");
  };

function booleanOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrong("disabled", "has to be true or false");
}

/** What a policy reads of a key under these names stands in fields of their own. */
const ownFields: ReadonlySet<string> = new Set(["name", "user", "team", "tier"]);

function attributesOf(value: unknown): KeyFields["attributes"] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong("attributes", "has to be a JSON object");
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  if (entries.length > mostAttributes)
    throw wrong("attributes", `takes ${mostAttributes} of them at most`);
  return Object.fromEntries(
    entries.map(([name, each]) => {
      if (ownFields.has(name)) throw wrong("attributes", `has \`${name}\`, which is a field`);
      if (!attributeName.test(name) || name === "__proto__")
        throw wrong("attributes", "has a name that is not letters, digits and `_ . -`");
      return [name, scalarOf(each)];
    }),
  );
}

function scalarOf(value: unknown): Scalar {
  const isPlain =
    typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
  if (isPlain || (typeof value === "string" && plainText.test(value))) return value;
  throw wrong("attributes", "holds texts of 1 to 200 characters, numbers, true and false only");
}

function policyOf(value: unknown, { policies }: Reading["snapshot"]): string {
  if (typeof value === "string" && policies.has(value)) return value;
  throw wrong("policy", `names no policy${meaning(value, [...policies.keys()])}`);
}

function modelsOf(value: unknown, { policies, targets }: Reading["snapshot"]): readonly string[] {
  if (!Array.isArray(value) || value.length > mostModels)
    throw wrong("models", `has to be a list of ${mostModels} names at most`);
  return value.map((name: unknown) => {
    const isThere =
      typeof name === "string" && (policies.has(name) || targets.requested(name) !== null);
    if (isThere) return name as string;
    const known = [...policies.keys(), ...targets.configured.keys()];
    throw wrong(
      "models",
      `names no policy and no target with ${shown(name)}${meaning(name, known)}`,
    );
  });
}

function shown(value: unknown): string {
  return `\`${String(JSON.stringify(value)).slice(0, 100)}\``;
}

function meaning(value: unknown, known: readonly string[]): string {
  const near = typeof value === "string" ? didYouMean(value.slice(0, 200), known) : null;
  return near === null ? "" : `; \`${near}\` is near`;
}

function expiryOf(value: unknown, nowMs: number): number {
  const text = typeof value === "string" ? value : "";
  const life = durationOf(text);
  const at = life === null ? readExpiry(text) : nowMs + life;
  if (at === null || at > nowMs + longestLifeMs)
    throw wrong("expires", "has to be a duration (90d), a date, or a time with its zone");
  if (at <= nowMs) throw wrong("expires", "has to lie ahead; `disabled` and revoke end a key now");
  return at;
}

function durationOf(text: string): number | null {
  const read = readQuantity(text);
  return read.ok && read.type.kind === "duration" && read.value >= 0 ? read.value : null;
}
