import type { Diagnostic, Span } from "../diagnostics/diagnostic.ts";
import type { DraftReview } from "../language/service/review-draft.ts";
import type { Analyst } from "./analysis.ts";
import { findingsOf, type PolicyModel, type Workspace } from "./workspace.ts";

/** Runs something later; the result calls it off. */
export interface Timers {
  start(delayMs: number, run: () => void): () => void;
}

/** How long nothing may have changed before the deeper analysis begins. */
export const analysisIdleMs = 250;

interface Findings {
  readonly text: string;
  readonly checked: readonly Diagnostic[];
  /** The analysis of this very text; null until it is done. */
  readonly review: DraftReview | null;
  /** What the analysis of an earlier text said, until then. */
  readonly carried: readonly Diagnostic[];
}

interface Pending {
  readonly stopCheck: () => void;
  readonly stopAnalysis: () => void;
}

export interface DiagnosticsSetting {
  readonly workspace: Workspace;
  readonly timers: Timers;
  /** Hands on all that is known of one file. */
  readonly publish: (file: string, diagnostics: readonly Diagnostic[]) => void;
  readonly analyst: Analyst;
  /** Told when an analysis has come to its end. */
  readonly analysed: (name: string) => void;
}

/**
 * Two stages for each open policy: syntax and types at once, on the text as it stands when all waiting messages are read; the
 * analysis when nothing has changed for a while. A change calls both off. What one policy says of a library is shown in it.
 */
export class DiagnosticsFeature {
  readonly #setting: DiagnosticsSetting;
  readonly #findings = new Map<string, Findings>();
  readonly #pending = new Map<string, Pending>();
  /** What was last told of each file, so that it can be taken back, and is not told twice. */
  readonly #told = new Map<string, readonly Diagnostic[]>();

  constructor(setting: DiagnosticsSetting) {
    this.#setting = setting;
  }

  /** A policy, a library or a configuration was opened or changed. */
  changed(name: string): void {
    const policies = this.#setting.workspace.openPolicies();
    if (policies.includes(name)) this.#schedule(name);
    for (const policy of policies) {
      if (policy !== name && this.#reads(policy, name)) this.#schedule(policy);
    }
  }

  /** Checks every open policy again. */
  allChanged(): void {
    for (const policy of this.#setting.workspace.openPolicies()) this.#schedule(policy);
  }

  closed(name: string): void {
    this.#callOff(name);
    this.#findings.delete(name);
    this.#publish(name);
    this.changed(name);
  }

  /** What the analysis says of a policy as it stands; null while it is not done. */
  reviewOf({ name, document }: PolicyModel): DraftReview | null {
    const findings = this.#findings.get(name);
    return findings?.text === document.getText() ? findings.review : null;
  }

  /** Calls everything off. */
  stop(): void {
    for (const name of [...this.#pending.keys()]) this.#callOff(name);
  }

  #reads(policy: string, name: string): boolean {
    const model = this.#setting.workspace.lastModel(policy);
    return model === null || model.checked.sources.has(name) || model.configured.file === name;
  }

  #callOff(name: string): void {
    const pending = this.#pending.get(name);
    pending?.stopCheck();
    pending?.stopAnalysis();
    this.#pending.delete(name);
  }

  #schedule(name: string): void {
    this.#callOff(name);
    const { timers } = this.#setting;
    const stopCheck = timers.start(0, () => this.#check(name));
    this.#pending.set(name, { stopCheck, stopAnalysis: () => {} });
  }

  #check(name: string): void {
    const model = this.#setting.workspace.model(name);
    if (model === null) return;
    const text = model.document.getText();
    const before = this.#findings.get(name);
    const carried = before === undefined ? [] : carriedOver(before, name, text);
    const checked = findingsOf(model);
    this.#findings.set(name, { text, checked, review: null, carried });
    this.#publish(name);
    if (model.checked.draft === null) return;
    const stopAnalysis = this.#setting.timers.start(analysisIdleMs, () => this.#analyse(model));
    this.#pending.set(name, { stopCheck: () => {}, stopAnalysis });
  }

  #analyse({ name, checked, configured }: PolicyModel): void {
    const { analyst } = this.#setting;
    if (checked.draft === null) return;
    const run = analyst.start(checked.draft, configured.configuration);
    this.#pending.set(name, { stopCheck: () => {}, stopAnalysis: run.cancel });
    void run.done.then((review) => this.#take(name, review));
  }

  #take(name: string, review: DraftReview | null): void {
    const findings = this.#findings.get(name);
    if (review === null || findings === undefined) return;
    this.#findings.set(name, { ...findings, review });
    this.#publish(name);
    this.#setting.analysed(name);
  }

  /** Tells of a policy, and of every other file of which there is now something else to tell. */
  #publish(name: string): void {
    const byFile = new Map<string, Map<string, Diagnostic>>();
    for (const { checked, review, carried } of this.#findings.values()) {
      for (const diagnostic of [...checked, ...(review?.diagnostics ?? carried)]) {
        const { file, start, end } = diagnostic.span;
        const own = byFile.get(file) ?? new Map<string, Diagnostic>();
        byFile.set(file, own);
        // A library that several policies use says the same with each.
        const key = `${start} ${end} ${diagnostic.code} ${diagnostic.message}`;
        if (!own.has(key)) own.set(key, diagnostic);
      }
    }
    for (const file of new Set([name, ...this.#told.keys(), ...byFile.keys()])) {
      const own = [...(byFile.get(file)?.values() ?? [])];
      if (file !== name && isSame(own, this.#told.get(file) ?? [])) continue;
      if (own.length > 0) this.#told.set(file, own);
      else this.#told.delete(file);
      this.#setting.publish(file, own);
    }
  }
}

function isSame(some: readonly Diagnostic[], others: readonly Diagnostic[]): boolean {
  return some.length === others.length && some.every((each, at) => each === others[at]);
}

/** What an analysis said of the text before, where the change left it standing; it is said anew when the next one is done. */
function carriedOver(before: Findings, file: string, text: string): readonly Diagnostic[] {
  const old = before.text;
  const analysed = before.review?.diagnostics ?? before.carried;
  if (old === text) return analysed;
  let same = 0;
  while (same < old.length && same < text.length && old[same] === text[same]) same += 1;
  let sameEnd = 0;
  const most = Math.min(old.length, text.length) - same;
  while (sameEnd < most && old.at(-1 - sameEnd) === text.at(-1 - sameEnd)) sameEnd += 1;
  const moved = (span: Span): Span | null => {
    if (span.file !== file || span.end < same) return span;
    if (span.start <= old.length - sameEnd) return null;
    const by = text.length - old.length;
    return { ...span, start: span.start + by, end: span.end + by };
  };
  return analysed.flatMap(({ fix: _, related: __, ...rest }) => {
    const span = moved(rest.span);
    return span === null ? [] : [{ ...rest, span }];
  });
}
