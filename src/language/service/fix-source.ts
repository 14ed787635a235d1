import { applyFix } from "../../diagnostics/apply-fix.ts";
import type { Diagnostic, Fix, SourceFile, TextEdit } from "../../diagnostics/diagnostic.ts";
import type { SourceLoader } from "../checker/vocabulary.ts";
import type { CheckedSource } from "./check-source.ts";
import { type ReviewSetting, reviewSource } from "./review-source.ts";

/** Rounds of fixing: a fix can lay bare what the mistake before it hid, and that has an end. */
const mostRounds = 20;

/** How much longer than the original a text may become by its fixes, in characters. */
const mostGrowth = 100_000;

/** A text after its machine-applicable fixes. */
export interface FixedSource {
  /** The text with as many fixes as took it no further from compiling; the original where none did. */
  readonly text: string;
  /** What was fixed, in the order of the fixing; spans are those of the text as it then was. */
  readonly applied: readonly AppliedFix[];
  /** What is left to say about `text`. */
  readonly checked: CheckedSource;
}

export interface AppliedFix {
  readonly diagnostic: Diagnostic;
  readonly fix: Fix;
  /** The text in which the diagnostic was found. */
  readonly source: SourceFile;
}

/**
 * Applies the fixes of a text's errors and warnings until nothing is left to fix. Those that overlap wait for the next round.
 * Fixes of notes, and of mistakes in the libraries it uses, are left alone: both want a person.
 */
export function fixSource(
  source: SourceFile,
  setting: ReviewSetting,
  load: SourceLoader,
): FixedSource {
  const first = reviewSource(source, setting, load);
  const limit = stagesOf(first);
  let best: FixedSource = { text: source.text, applied: [], checked: first };
  let { text, checked } = best;
  let applied: readonly AppliedFix[] = [];
  const seen = new Set([text]);
  for (let round = 0; round < mostRounds; round += 1) {
    const next = oneRound({ file: source.file, text }, checked.diagnostics);
    if (next.applied.length === 0 || seen.has(next.text)) break;
    if (next.text.length > source.text.length + mostGrowth) break;
    seen.add(next.text);
    applied = [...applied, ...next.applied];
    text = next.text;
    checked = reviewSource({ file: source.file, text }, setting, load);
    if (!isFurther(stagesOf(checked), limit)) best = { text, applied, checked };
  }
  return best;
}

/**
 * Errors by the stage that finds them: reading, checking, proving guards. A mistake of one stage keeps the next from looking,
 * so that its end may well lay bare more than it was.
 */
type Stages = readonly [reading: number, checking: number, guards: number];

function stagesOf({ diagnostics }: CheckedSource): Stages {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const reading = errors.filter(({ code }) => code.startsWith("P01")).length;
  const guards = errors.filter(({ code }) => code.startsWith("P05")).length;
  return [reading, errors.length - reading - guards, guards];
}

/** Whether a text is further from compiling than another: more errors in the first stage in which they differ. */
function isFurther(text: Stages, than: Stages): boolean {
  const stage = text.findIndex((count, at) => count !== than[at]);
  return stage >= 0 && (text[stage] as number) > (than[stage] as number);
}

/** Applies the first of every group of fixes that touch each other. */
function oneRound(
  source: SourceFile,
  diagnostics: readonly Diagnostic[],
): { readonly text: string; readonly applied: readonly AppliedFix[] } {
  const together = fixesTogether(source.file, diagnostics);
  const edits = together.flatMap(({ fix }) => fix.edits);
  const text = applyFix(source.text, { title: "all at once", edits });
  return { text, applied: together.map((each) => ({ ...each, source })) };
}

/** The fixes of a file's errors and warnings that can be applied at once: of those that touch each other the first. */
export function fixesTogether(
  file: string,
  diagnostics: readonly Diagnostic[],
): readonly Omit<AppliedFix, "source">[] {
  const together: Omit<AppliedFix, "source">[] = [];
  const taken: TextEdit[] = [];
  for (const diagnostic of diagnostics) {
    const { fix, severity } = diagnostic;
    if (fix === undefined || severity === "info" || fix.edits.length === 0) continue;
    if (!fix.edits.every(({ span }) => span.file === file)) continue;
    if (fix.edits.some((edit) => taken.some((other) => touch(edit, other)))) continue;
    taken.push(...fix.edits);
    together.push({ diagnostic, fix });
  }
  return together;
}

function touch({ span: a }: TextEdit, { span: b }: TextEdit): boolean {
  return a.start <= b.end && b.start <= a.end;
}
