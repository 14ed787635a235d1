import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../diagnostics/position.ts";
import type { SourceLoader } from "../../language/checker/vocabulary.ts";
import type { CheckedSource } from "../../language/service/check-source.ts";
import { fixSource } from "../../language/service/fix-source.ts";
import { type ReviewSetting, reviewSource } from "../../language/service/review-source.ts";
import { parse } from "../../language/syntax/parse.ts";
import type { Example, Fault } from "./fault.ts";

/** What became of one fault. */
export interface Scored {
  readonly fault: Fault;
  /** True when the text with the fault is a policy without a new finding: it is not counted. */
  readonly silent: boolean;
  /** A finding stands on the fault's line. */
  readonly line: boolean;
  /** A finding overlaps the mutated characters, or touches the place of the missing ones. */
  readonly token: boolean;
  /** `restored`: applying the fixes gives the intended policy. `other`: another one, without an error. `none`: errors are left. */
  readonly fix: "restored" | "other" | "none";
  readonly findings: readonly Diagnostic[];
  /** The text after the fixes. */
  readonly fixed: string;
}

/** The examples with what each of them means, as faults are scored against it. */
export class Scorer {
  readonly #load: SourceLoader;
  readonly #intended: ReadonlyMap<string, Intended>;

  /** Throws a RangeError for an example that does not check: its faults could not be told from its own. */
  constructor(examples: readonly Example[], load: SourceLoader) {
    this.#load = load;
    this.#intended = new Map(
      examples.map((example) => {
        const checked = reviewSource(example, example.setting, load);
        const wrong = checked.diagnostics.find(({ severity }) => severity === "error");
        if (wrong !== undefined) throw new RangeError(`${example.file}: ${wrong.message}`);
        const warnings = new Set(checked.diagnostics.map(keyOf));
        const { setting } = example;
        return [example.file, { setting, identity: identityOf(example, checked), warnings }];
      }),
    );
  }

  score(fault: Fault): Scored {
    const { file, text } = fault;
    const intended = this.#intended.get(file);
    if (intended === undefined) throw new RangeError(`no example ${file}`);
    const checked = reviewSource({ file, text }, intended.setting, this.#load);
    const findings = checked.diagnostics.filter(
      (each) =>
        each.severity === "error" ||
        (each.severity === "warning" && !intended.warnings.has(keyOf(each))),
    );
    const spans = findings.map(({ span }) => span).filter((span) => span.file === file);
    const { start, end } = fault.place;
    const { from, to } = fault.lines;
    const fixed = fixSource({ file, text }, intended.setting, this.#load);
    const failed = fixed.checked.diagnostics.some(({ severity }) => severity === "error");
    const restored = identityOf({ file, text: fixed.text }, fixed.checked) === intended.identity;
    return {
      fault,
      silent: findings.length === 0,
      line: spans.some(
        (span) =>
          lineAndColumn(text, span.start).line <= to &&
          lineAndColumn(text, Math.max(span.start, span.end - 1)).line >= from,
      ),
      token: spans.some((span) => span.start < end && span.end > start),
      fix: failed ? "none" : fixedTo(restored),
      findings,
      fixed: fixed.text,
    };
  }
}

function fixedTo(restored: boolean): "restored" | "other" {
  return restored ? "restored" : "other";
}

interface Intended {
  readonly setting: ReviewSetting;
  readonly identity: string;
  readonly warnings: ReadonlySet<string>;
}

function keyOf({ code, message }: Diagnostic): string {
  return `${code} ${message}`;
}

/** What a text means: a policy's hash and its tests, a library's tree; places and comments apart. */
function identityOf(source: { file: string; text: string }, checked: CheckedSource): string {
  const { policy, tests } = checked;
  const meant =
    policy === null ? (parse(source).ast?.statements ?? []) : { hash: policy.hash, tests };
  return JSON.stringify(meant, (key, value: unknown) =>
    key === "span" || key === "line" ? undefined : value,
  );
}
