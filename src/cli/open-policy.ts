import type { Configuration } from "../configuration/configuration.ts";
import type { CheckedPolicy } from "../language/checker/checked-policy.ts";
import { checkSource } from "../language/service/check-source.ts";
import { UsageError } from "./output.ts";
import { loadBeside, openWorkspace, readSource, renderAll } from "./workspace.ts";

/** A policy that checks, with the configuration it was checked against. */
export interface OpenPolicy {
  readonly configuration: Configuration;
  readonly policy: CheckedPolicy;
}

/** Reads and checks one policy for a command that needs it whole; with errors in it, a UsageError shows them. */
export function openPolicy(file: string, config: string | undefined): OpenPolicy {
  const { configuration } = openWorkspace(config, file);
  const { kind, policy, diagnostics, sources } = checkSource(
    readSource(file),
    configuration,
    loadBeside,
  );
  if (policy !== null) return { configuration, policy };
  if (kind === "library") throw new UsageError(`${file} is a library: it has no rules to run`);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
  throw new UsageError(renderAll(errors, sources, process.stderr));
}
