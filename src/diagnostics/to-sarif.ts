import { codeRow } from "./codes.ts";
import type { Diagnostic, Fix, Severity, Span, TextEdit } from "./diagnostic.ts";
import { lineAndColumn } from "./position.ts";

interface Message {
  readonly text: string;
}

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: Region;
  };
}

interface SarifRule {
  readonly id: string;
  readonly shortDescription: Message;
  readonly fullDescription: Message;
  readonly help: { readonly text: string; readonly markdown: string };
  readonly helpUri?: string;
  readonly defaultConfiguration: { readonly level: SarifLevel };
}

type SarifLevel = "error" | "warning" | "note";

interface SarifFix {
  readonly description: Message;
  readonly artifactChanges: readonly {
    readonly artifactLocation: { readonly uri: string };
    readonly replacements: readonly {
      readonly deletedRegion: Region;
      readonly insertedContent: Message;
    }[];
  }[];
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: SarifLevel;
  readonly message: Message;
  readonly locations: readonly [Location];
  readonly relatedLocations?: readonly (Location & {
    readonly id: number;
    readonly message: Message;
  })[];
  readonly fixes?: readonly [SarifFix];
}

/** The part of SARIF 2.1.0 (OASIS, errata 01) that code scanning reads. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: {
          readonly name: string;
          readonly version: string;
          readonly rules: readonly SarifRule[];
        };
      };
      readonly columnKind: "utf16CodeUnits";
      readonly results: readonly SarifResult[];
    },
  ];
}

/** What a log says besides its findings. */
export interface SarifTool {
  readonly version: string;
  /** Address of the page that has an anchor for each code (`#p0203`); null when the tool has no home on the web. */
  readonly pages: string | null;
}

const levels: Readonly<Record<Severity, SarifLevel>> = {
  error: "error",
  warning: "warning",
  info: "note",
};

/** Diagnostics as one SARIF run: a rule for each code that was met, and fixes as replacements. Columns are UTF-16 units. */
export function toSarif(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  tool: SarifTool,
): SarifLog {
  const ids = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const results = diagnostics.map((each) => toResult(each, ids.indexOf(each.code), sources));
  const rules = ids.map((id) => toRule(id, tool));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "Signalbox", version: tool.version, rules } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
}

function toRule(id: string, { pages }: SarifTool): SarifRule {
  const { severity, title, cause, example, remedy } = codeRow(id);
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: cause },
    help: {
      text: `${cause} ${remedy}`,
      markdown: `${cause}\n\n\`\`\`\n${example}\n\`\`\`\n\n${remedy}`,
    },
    ...(pages === null ? {} : { helpUri: `${pages}#${id.toLowerCase()}` }),
    defaultConfiguration: { level: levels[severity] },
  };
}

function toResult(
  { code, severity, message, span, label, related, help, fix }: Diagnostic,
  ruleIndex: number,
  sources: ReadonlyMap<string, string>,
): SarifResult {
  const said = [message, label, help].filter((part) => part !== undefined && part !== "");
  return {
    ruleId: code,
    ruleIndex,
    level: levels[severity],
    message: { text: said.join("; ") },
    locations: [toLocation(span, sources)],
    ...(related === undefined
      ? {}
      : {
          relatedLocations: related.map((each, id) => ({
            id,
            message: { text: each.text },
            ...toLocation(each.span, sources),
          })),
        }),
    ...(fix === undefined ? {} : { fixes: [toFix(fix, sources)] as const }),
  };
}

function toFix({ title, edits }: Fix, sources: ReadonlyMap<string, string>): SarifFix {
  const byFile = Map.groupBy(edits, ({ span }) => span.file);
  return {
    description: { text: title },
    artifactChanges: [...byFile].map(([file, changes]) => ({
      artifactLocation: { uri: uriOf(file) },
      replacements: changes.map(({ span, text }: TextEdit) => ({
        deletedRegion: regionOf(span, sources),
        insertedContent: { text },
      })),
    })),
  };
}

function toLocation(span: Span, sources: ReadonlyMap<string, string>): Location {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(span.file) },
      region: regionOf(span, sources),
    },
  };
}

function regionOf(span: Span, sources: ReadonlyMap<string, string>): Region {
  const text = sources.get(span.file) ?? "";
  const [start, end] = [lineAndColumn(text, span.start), lineAndColumn(text, span.end)];
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** A path as a URI: relative to the working directory as it is, absolute with its scheme. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  const drive = /^([A-Za-z])%3A\//.exec(path);
  if (drive !== null) return `file:///${drive[1]}:/${path.slice(drive[0].length)}`;
  return path.startsWith("/") ? `file://${path}` : path;
}
