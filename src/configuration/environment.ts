import type { FactModel } from "../facts/fact.ts";
import type { Secret } from "./configuration.ts";
import { veilSecret } from "./secret.ts";
import type { SecretReference } from "./shape.ts";

/** A trained model as its file holds it, or why it cannot be used. */
export type ModelRead =
  | { readonly ok: true; readonly model: FactModel }
  | { readonly ok: false; readonly why: string };

/** What a configuration may read beside itself. Neither throws: undefined is "there is none". */
export interface Environment {
  variable(name: string): string | undefined;
  /** Contents of a file, its path relative to the configuration's folder. */
  file(path: string): string | undefined;
  /** A model of intents, its path relative to the configuration's folder, or `shipped`; left out where no files are read. */
  intentModel?(path: string): ModelRead;
  /** A model of difficulty, likewise. */
  difficultyModel?(path: string): ModelRead;
}

/** The secret a reference leads to. Line ends around it are dropped, as editors and `echo` leave them; an empty one is missing. */
export function resolveSecret(reference: SecretReference, environment: Environment): Secret {
  const isVariable = reference.from === "variable";
  const from = isVariable ? reference.name : `file:${reference.name}`;
  const found = isVariable
    ? environment.variable(reference.name)
    : environment.file(reference.name);
  const value = found?.trim() ?? "";
  return veilSecret(value === "" ? { kind: "missing", from } : { kind: "value", value, from });
}
