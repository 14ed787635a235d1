import type { Diagnostic, SourceFile, Span } from "../diagnostics/diagnostic.ts";
import { buildConfiguration } from "./build.ts";
import type { Configuration } from "./configuration.ts";
import type { Environment } from "./environment.ts";
import { configurationKeys } from "./keys.ts";
import { readShape } from "./read-shape.ts";
import { YamlReader } from "./read-yaml.ts";
import type { ValueOf } from "./shape.ts";

/** What reading a configuration gives. `configuration` is null when there is any error. */
export interface ReadConfiguration {
  readonly configuration: Configuration | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The source to render diagnostics with: secrets that stand in the file are dots, spans still fit. */
  readonly source: SourceFile;
  /** That and every other file that diagnostics may point into. */
  readonly sources: readonly SourceFile[];
  /** Where the names stand that policies refer to. */
  readonly places: ConfigurationPlaces;
}

export interface ConfigurationPlaces {
  readonly targets: ReadonlyMap<string, Span>;
  readonly facts: ReadonlyMap<string, Span>;
}

/**
 * Reads `signalbox.yaml`. Every mistake is reported at once, with its place; no text whatsoever makes it throw. Secrets come
 * from the environment handed in; one that it lacks is `missing`, not an error.
 */
export function readConfiguration(source: SourceFile, environment: Environment): ReadConfiguration {
  const reader = new YamlReader(source);
  const { root } = reader;
  const place = { path: "", keySpan: reader.span(0, 1) };
  const read = root === null ? undefined : readShape(reader, configurationKeys, root, place);
  const sections: ValueOf<typeof configurationKeys> = read?.value ?? {};
  const further: SourceFile[] = [];
  const parts = { source, environment, reader, sources: further };
  const configuration = buildConfiguration(sections, parts);
  const diagnostics = reader.diagnostics.sort((a, b) => a.span.start - b.span.start);
  const failed = diagnostics.some((each) => each.severity === "error");
  const shown = { file: source.file, text: reader.masked(source.text) };
  return {
    configuration: failed ? null : configuration,
    diagnostics,
    source: shown,
    sources: [shown, ...further],
    places: { targets: keySpans(sections.targets), facts: keySpans(sections.facts) },
  };
}

function keySpans(
  section: { readonly value: ReadonlyMap<string, { readonly keySpan: Span }> } | undefined,
): ReadonlyMap<string, Span> {
  const entries = [...(section?.value ?? [])];
  return new Map(entries.map(([name, { keySpan }]) => [name, keySpan]));
}
