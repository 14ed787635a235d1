import type { Command } from "commander";
import type { Configuration } from "../configuration/configuration.ts";
import { lineAndColumn } from "../diagnostics/position.ts";
import { discoverServers, wellKnownPorts } from "../runtime/servers/discover.ts";
import { readerFor } from "../runtime/servers/readers.ts";
import { createFetcher } from "../runtime/transport/bounded-fetch.ts";
import { lookAtProviders } from "./doctor-providers.ts";
import {
  type DoctorReport,
  type Finding,
  isFine,
  printReport,
  reportToJson,
} from "./doctor-report.ts";
import { lookAtServers } from "./doctor-servers.ts";
import { exitCode, FindingsError, printJson, UsageError } from "./output.ts";
import { openWorkspace } from "./workspace.ts";

interface DoctorOptions {
  readonly config?: string;
  readonly ports?: string;
  readonly json?: boolean;
}

/** `doctor`: whether what the configuration names is there and answers; exit 1 when there is something to mend. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "look at the configuration, its keys, providers and local servers, and say what to mend",
    )
    .option(
      "--config <file>",
      "the configuration; else ./signalbox.yaml or policies/signalbox.yaml",
    )
    .option("--ports <ports>", "look for local servers on these ports instead of the usual ones")
    .option("--json", "print one JSON document")
    .action((options: DoctorOptions) => doctor(options));
}

async function doctor(options: DoctorOptions): Promise<void> {
  const ports = readPorts(options.ports);
  const read = readConfiguration(options.config);
  const report = await examine(read, ports);
  if (options.json === true) printJson(reportToJson(report));
  else printReport(report);
  process.exitCode = isFine(report) ? exitCode.fine : exitCode.findings;
}

function readPorts(text: string | undefined): readonly number[] {
  if (text === undefined) return wellKnownPorts;
  const ports = text.split(",").filter((part) => part.trim() !== "");
  return ports.map((part) => {
    const port = Number(part);
    if (!/^\s*\d+\s*$/.test(part) || port < 1 || port > 65_535) {
      throw new UsageError(`--ports takes ports from 1 to 65535, such as 8000,8080, not ${part}`);
    }
    return port;
  });
}

/** The configuration, null when it has errors, with what is to be said of it. */
interface ReadConfiguration {
  readonly file: string | null;
  readonly configuration: Configuration | null;
  readonly findings: readonly Finding[];
}

function readConfiguration(named: string | undefined): ReadConfiguration {
  try {
    const { configuration, diagnostics, sources, note } = openWorkspace(named, undefined);
    const { file } = configuration;
    const missing: Finding[] =
      note === null
        ? []
        : [
            {
              level: "warning",
              subject: "configuration",
              message: note,
              help: "`signalbox init` writes one",
            },
          ];
    return {
      file,
      configuration,
      findings: [...missing, ...diagnosed(diagnostics, sources), ...keyFindings(configuration)],
    };
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    const { diagnostics, sources } = error;
    const file = diagnostics[0]?.span.file ?? null;
    return { file, configuration: null, findings: diagnosed(diagnostics, sources) };
  }
}

function diagnosed(
  diagnostics: FindingsError["diagnostics"],
  sources: ReadonlyMap<string, string>,
): readonly Finding[] {
  return diagnostics.map(({ severity, code, message, span, help }) => {
    const { line } = lineAndColumn(sources.get(span.file) ?? "", span.start);
    return {
      level: severity === "info" ? ("note" as const) : severity,
      subject: `${span.file}:${line}`,
      message: `${code}: ${message}`,
      ...(help === undefined ? {} : { help }),
    };
  });
}

/** Keys of clients and of the operator that are named and not there; those of providers are looked at with them. */
function keyFindings({ keys, adminKey }: Configuration): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { name, secret } of keys) {
    if (secret.kind !== "missing") continue;
    const message = `client key \`${name}\` is missing: ${secret.from} is not set`;
    findings.push({ level: "error", subject: "keys", message });
  }
  if (adminKey?.kind === "missing") {
    const message = `the admin key is missing: ${adminKey.from} is not set`;
    findings.push({ level: "warning", subject: "admin", message });
  }
  return findings;
}

async function examine(
  { file, configuration, findings }: ReadConfiguration,
  ports: readonly number[],
): Promise<DoctorReport> {
  const all = [...(configuration?.providers.values() ?? [])];
  const [local, hosted] = [
    all.filter(({ kind }) => readerFor(kind) !== null),
    all.filter(({ kind }) => readerFor(kind) === null),
  ];
  const fetcher = createFetcher();
  try {
    const [providers, servers, found] = await Promise.all([
      configuration === null ? null : lookAtProviders(hosted, configuration, fetcher.fetch),
      configuration === null ? null : lookAtServers(local, configuration, fetcher.fetch),
      discoverServers(
        ports.filter((port) => !all.some(({ url }) => isAt(url, port))),
        fetcher.fetch,
      ),
    ]);
    return {
      node: process.versions.node,
      configuration: file,
      providers: providers?.providers ?? [],
      servers: servers?.servers ?? [],
      found,
      findings: [...findings, ...(providers?.findings ?? []), ...(servers?.findings ?? [])],
    };
  } finally {
    await fetcher.close();
  }
}

/** Whether a provider's URL is that port of this machine. */
function isAt(url: string, port: number): boolean {
  if (url === "") return false;
  const { hostname, port: given } = new URL(url);
  return Number(given) === port && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
