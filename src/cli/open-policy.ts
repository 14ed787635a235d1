import type { Configuration } from "../configuration/configuration.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { checkSource } from "../language/service/check-source.ts";
import { FindingsError, UsageError } from "./output.ts";
import { loadBeside, openWorkspace, readSource } from "./workspace.ts";

/** A policy that checks, with the configuration it was checked against. */
export interface OpenPolicy {
  readonly configuration: Configuration;
  readonly policy: CheckedPolicy;
}

/** Reads and checks one policy for a command that needs it whole; throws a FindingsError with its errors. */
export function openPolicy(file: string, config: string | undefined): OpenPolicy {
  const { configuration, note } = openWorkspace(config, file);
  const { kind, policy, diagnostics, sources } = checkSource(
    readSource(file),
    configuration,
    loadBeside,
  );
  if (policy !== null) return { configuration, policy };
  if (kind === "library") throw new UsageError(`${file} is a library: it has no rules to run`);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  throw new FindingsError(errors, sources, note);
}
