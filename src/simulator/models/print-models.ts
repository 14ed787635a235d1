import { count, ms, percent, table } from "../print-table.ts";
import { kindName } from "./failure-counts.ts";
import { meanOf, type Quantiles, quantileAt } from "./quantiles.ts";
import type { ModelledLog, Models, Outage, TargetModel, TimeModel } from "./target-model.ts";

/** What a model comes to for the middle prompt and answer of its target; null where no answer was seen. */
export interface ModelFigures {
  readonly firstTokenMs: { readonly p50: number; readonly p95: number };
  /** After the first token; null where answers come at once. */
  readonly tokensPerSecond: number | null;
}

export function figuresOf(model: TargetModel): ModelFigures | null {
  const { usual, firstToken, rest } = model;
  if (usual === null || model.answers === 0) return null;
  const gaps = Math.max(usual.outputTokens - 1, 0);
  const restMs = timeAt(rest, gaps, 0.5);
  return {
    firstTokenMs: {
      p50: timeAt(firstToken, usual.inputTokens, 0.5),
      p95: timeAt(firstToken, usual.inputTokens, 0.95),
    },
    tokensPerSecond: restMs <= 0 || gaps === 0 ? null : (gaps * 1_000) / restMs,
  };
}

const timeAt = ({ baseMs, perTokenMs, ratios }: TimeModel, tokens: number, share: number): number =>
  (baseMs + perTokenMs * tokens) * quantileAt(ratios, share);

const head = [
  ...["target", "attempts", "answers", "first token p50", "p95", "tokens/s"],
  ...["fails", "429 beyond", "at once", "outages"],
];

/** The models for a person: a row for each target, and what fails there and when. */
export function printModels({ log, targets, outages }: Models): string {
  const rows = [...targets].map(([name, model]) => {
    const figures = figuresOf(model);
    const failing = sum([...model.failures, ...model.breaks].map(({ share }) => share));
    const own = outages.filter(({ target }) => target === name).length;
    return [
      ...[name, count(model.attempts), count(model.answers)],
      figures === null ? "–" : ms(figures.firstTokenMs.p50),
      figures === null ? "–" : ms(figures.firstTokenMs.p95),
      figures?.tokensPerSecond == null ? "–" : count(Math.round(figures.tokensPerSecond)),
      percent(failing + model.silent),
      model.throttle === null ? "–" : `${count(model.throttle.perMinute)}/min`,
      model.capacity === null ? "–" : count(model.capacity),
      own === 0 ? "–" : count(own),
    ];
  });
  const batches = [...targets].flatMap(([name, { batchMs }]) =>
    batchMs == null ? [] : [batchLine(name, batchMs)],
  );
  const failures = [...targets].flatMap(([name, model]) => failureLines(name, model));
  return [
    logLine(log),
    "",
    table(head, rows),
    ...section("What fails, by share of attempts outside outages", failures),
    ...section("Batches, from their making to their end", batches),
    ...section("Outages, after the log's first request", outages.map(outageLine)),
    ...section("What to know", notes(log, targets)),
  ].join("\n");
}

function logLine({ requests, attempts, fromMs, toMs }: ModelledLog): string {
  const counted = `${count(requests)} requests, ${count(attempts)} attempts`;
  if (fromMs === null || toMs === null) return `${counted}; the log tells no times of day`;
  return `${counted} in ${spanText(toMs - fromMs)}`;
}

function failureLines(name: string, { failures, breaks, silent }: TargetModel): string[] {
  const told = failures.map(
    (each) => `${kindName(each)} ${percent(each.share)} after ${ms(meanOf(each.afterMs))}`,
  );
  const broken = breaks.map(
    (each) =>
      `${each.silent ? "streams that stall" : `streams cut by ${kindName(each)}`} ${percent(each.share)}`,
  );
  const unheard = silent > 0 ? [`no answer for as long as was waited ${percent(silent)}`] : [];
  const all = [...told, ...broken, ...unheard];
  return all.length === 0 ? [] : [`${name}: ${all.join(", ")}`];
}

function batchLine(name: string, batchMs: Quantiles): string {
  const [half, most] = [0.5, 0.95].map((share) => spanText(quantileAt(batchMs, share)));
  return `${name}: p50 ${half}, p95 ${most}`;
}

function outageLine({ target, fromMs, toMs, attempts, share, ...kind }: Outage): string {
  return `${target}: from ${spanText(fromMs)} for ${spanText(toMs - fromMs)}, ${percent(share)} of ${count(attempts)} attempts failed, mostly ${kindName(kind)}`;
}

function notes(log: ModelledLog, targets: Models["targets"]): string[] {
  const unseen = [...targets].filter(([, { answers }]) => answers === 0).map(([name]) => name);
  const few = [...targets].filter(([, { answers }]) => answers > 0 && answers < 100);
  const told: string[] = [];
  if (unseen.length > 0)
    told.push(
      `no answer of ${unseen.join(", ")} is in the log: the speed is that of the configuration, or assumed`,
    );
  if (few.length > 0)
    told.push(
      `${few.map(([name]) => name).join(", ")} ${few.length === 1 ? "has" : "have"} fewer than 100 answers: p95 is a guess`,
    );
  if (log.leftOut > 0)
    told.push(`${count(log.leftOut)} attempts are at targets beyond the first ${targets.size}`);
  return told;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** A span in the two largest of its units: `2 h 5 min`. */
function spanText(span: number): string {
  const seconds = Math.round(Math.max(span, 0) / 1_000);
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = units.findIndex(([value]) => value > 0);
  if (first < 0) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
