import { styleText } from "node:util";
import { printable } from "../diagnostics/excerpt.ts";
import type { FoundServer } from "../runtime/servers/discover.ts";
import type { ServerModel, ServerState } from "../runtime/servers/server-state.ts";
import { printLine, wantsColor } from "./output.ts";
import { configurationLines } from "./server-lines.ts";

/** What is wrong, or worth knowing (`note`), with what to do about it. Only notes leave the exit code at 0. */
export interface Finding {
  readonly level: "error" | "warning" | "note";
  /** What it is about: a provider, a target, the clock. */
  readonly subject: string;
  readonly message: string;
  readonly help?: string;
}

export interface ProviderCheck {
  readonly name: string;
  readonly kind: string;
  readonly url: string;
  readonly key: "present" | "missing" | "none";
  readonly reachable: boolean;
  /** HTTP status of the list of models; null where nothing came back. */
  readonly status: number | null;
  readonly tookMs: number | null;
  /** By how much the provider's clock is ahead of this machine's; null where it does not say. */
  readonly clockAheadMs: number | null;
}

export interface ServerCheck {
  readonly name: string;
  readonly url: string;
  readonly state: ServerState;
}

export interface DoctorReport {
  readonly node: string;
  readonly configuration: string | null;
  readonly providers: readonly ProviderCheck[];
  readonly servers: readonly ServerCheck[];
  readonly found: readonly FoundServer[];
  readonly findings: readonly Finding[];
}

/** A provider's URL as it may be shown: a name and a password in it are left out. */
export function shownUrl(url: string): string {
  if (url === "") return url;
  const shown = new URL(url);
  if (shown.username === "" && shown.password === "") return url;
  shown.username = "";
  shown.password = "";
  return shown.href.replace(/\/$/, "");
}

/** Whether there is nothing to mend. */
export function isFine({ findings }: DoctorReport): boolean {
  return findings.every(({ level }) => level === "note");
}

/** The one document of `--json`. */
export function reportToJson(report: DoctorReport): object {
  const { servers, found, ...rest } = report;
  return {
    ok: isFine(report),
    ...rest,
    servers: servers.map(({ state, ...server }) => ({ ...server, ...stateToJson(state) })),
    found: found.map(({ state, ...server }) => ({
      ...server,
      ...(state === null ? {} : { health: state.health, version: state.version }),
      yaml: configurationLines({ ...server, state }),
    })),
  };
}

function stateToJson({ models, ...state }: ServerState): object {
  const plain = (each: ServerModel): object => ({
    ...each,
    abilities: each.abilities === null ? null : [...each.abilities],
  });
  return { ...state, models: models === null ? null : models.map(plain) };
}

type Style = "green" | "red" | "yellow" | "bold" | "dim";

function paint(style: Style, text: string): string {
  return wantsColor(process.stdout) ? styleText(style, text, { validateStream: false }) : text;
}

const marks = {
  fine: paintedMark("green", "✓"),
  note: paintedMark("dim", "○"),
  warning: paintedMark("yellow", "!"),
  error: paintedMark("red", "✗"),
} as const;

function paintedMark(style: Style, mark: string): () => string {
  return () => paint(style, mark);
}

/** Prints the report for a person. What servers sent is shown without control characters. */
export function printReport(report: DoctorReport): void {
  const { node, configuration, providers, servers, found, findings } = report;
  printLine(`node           ${node}`);
  printLine(`configuration  ${configuration ?? "none"}`);
  section("providers", providers.map(providerLine));
  section("local servers", servers.flatMap(serverLines));
  section("running here, not configured", found.flatMap(foundLines));
  printLine();
  for (const finding of findings) printFinding(finding);
  const count = findings.filter(({ level }) => level !== "note").length;
  printLine(
    count === 0
      ? `${marks.fine()} nothing to mend`
      : `${count} ${count === 1 ? "finding" : "findings"}`,
  );
}

function section(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  printLine();
  printLine(paint("bold", title));
  for (const line of lines) printLine(`  ${line}`);
}

function providerLine({ name, url, key, reachable, status, tookMs }: ProviderCheck): string {
  const isRefused = status === 401 || status === 403;
  const isFineHere = reachable && key !== "missing" && !isRefused;
  const answer = reachable ? `answers in ${Math.round(tookMs ?? 0)} ms` : "no answer";
  const words = { none: "no key", missing: "key missing", present: "key present" };
  const word = isRefused && key === "present" ? "key refused" : words[key];
  const mark = isFineHere ? marks.fine() : marks.error();
  return `${mark} ${name}  ${paint("dim", url)}  ${answer}, ${word}`;
}

function serverLines({ name, url, state }: ServerCheck): readonly string[] {
  const { kind, version, health, why, models } = state;
  const mark = marks[serverLevel(state)]();
  const told = [health, ...(why === null ? [] : [why]), ...loadWords(state)].join(", ");
  return [
    `${mark} ${name}  ${printable(`${kind} ${version ?? ""}`.trim())} ${paint("dim", url)}  ${printable(told)}`,
    ...(models ?? []).slice(0, 20).map(modelLine),
    ...((models?.length ?? 0) > 20 ? [`    and ${(models?.length ?? 0) - 20} further models`] : []),
  ];
}

function serverLevel({ health }: ServerState): keyof typeof marks {
  if (health === "up") return "fine";
  if (health === "saturated") return "note";
  return health === "loading" || health === "unrecognised" ? "warning" : "error";
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** The load of a server in words; what it does not say is left out. */
function loadWords({
  running,
  queued,
  slots,
  kvUse,
  speculative,
  tokensPerSecond,
}: ServerState): readonly string[] {
  const words: string[] = [];
  if (running !== null)
    words.push(slots === null ? `${running} running` : `${running} of ${slots} running`);
  if (queued !== null) words.push(`${queued} waiting`);
  if (kvUse !== null) words.push(`KV cache ${percent(kvUse)}`);
  if (tokensPerSecond !== null) words.push(`${Math.round(tokensPerSecond)} tokens/s`);
  if (speculative !== null) {
    const { draft, acceptance, acceptedLength } = speculative;
    const parts = [
      ...(draft === null ? [] : [draft]),
      ...(acceptance === null ? [] : [`${percent(acceptance)} accepted`]),
      ...(acceptedLength === null ? [] : [`${acceptedLength.toFixed(1)} tokens a step`]),
    ];
    words.push(
      parts.length === 0 ? "speculative decoding" : `speculative decoding (${parts.join(", ")})`,
    );
  }
  return words;
}

function modelLine(model: ServerModel): string {
  const { id, loaded, contextTokens, trainedContextTokens, quantization, identity } = model;
  const words = [
    ...(loaded === null ? [] : [loaded ? "loaded" : "not loaded"]),
    ...(contextTokens === null ? [] : [`context ${contextTokens}`]),
    ...(trainedContextTokens === null ? [] : [`trained for ${trainedContextTokens}`]),
    ...(quantization === null ? [] : [quantization]),
    ...(identity === null ? [] : [`${identity.kind} ${identity.value}`]),
  ];
  return `    ${printable(id)}  ${paint("dim", printable(words.join(", ")))}`;
}

function foundLines(found: FoundServer): readonly string[] {
  const { kind, url, models } = found;
  const listed = models.slice(0, 5).join(", ");
  return [
    `${marks.note()} ${kind ?? "a server in OpenAI's format"} ${paint("dim", url)}  ${printable(listed)}`,
    ...configurationLines(found).map((line) => `    ${paint("dim", printable(line))}`),
  ];
}

function printFinding({ level, subject, message, help }: Finding): void {
  printLine(`${marks[level]()} ${paint("bold", printable(subject))}: ${printable(message)}`);
  if (help !== undefined) printLine(`  ${paint("dim", `help: ${printable(help)}`)}`);
}
