import type { Target } from "../../src/catalog/target.ts";
import { applyFix } from "../../src/diagnostics/apply-fix.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { builtInFacts } from "../../src/facts/built-in.ts";
import type { Fact, FactType } from "../../src/facts/fact.ts";
import type { CheckedPolicy } from "../../src/language/checker/checked-policy.ts";
import type { SourceLoader, Vocabulary } from "../../src/language/checker/vocabulary.ts";
import { type CheckedSource, checkSource } from "../../src/language/service/check-source.ts";

/** A target with plain data. */
export function aTarget(name: string, changes: Partial<Target> = {}): Target {
  return {
    name,
    provider: "cloud",
    model: `${name}-model`,
    region: "us",
    local: false,
    quantization: null,
    prices: [],
    contextTokens: 200_000,
    maxOutputTokens: 8_000,
    abilities: new Set(["tools", "json"]),
    quality: { default: 0.8 },
    rejectsSampling: false,
    rejectsForcedTools: false,
    rejectsEffort: false,
    ...changes,
  };
}

/** A fact as a configuration declares it. */
export function aFact(name: string, type: FactType, changes: Partial<Fact> = {}): Fact {
  return {
    name,
    type,
    costClass: 0,
    trust: "key",
    mayBeUnknown: true,
    from: [`key.${name}`],
    doc: "",
    ...changes,
  };
}

/** Targets and declared facts of the tests' policies. */
export const vocabulary: Vocabulary = {
  targets: new Map(
    [
      aTarget("local-gpu", {
        region: "eu",
        local: true,
        quality: { default: 0.6, classify: 0.9 },
      }),
      ...["claude", "gpt", "gpt-4.1", "qwen", "mistral-eu"].map((name) => aTarget(name)),
    ].map((target) => [target.name, target]),
  ),
  facts: new Map(
    [
      ...builtInFacts,
      aFact("grade", { kind: "text", values: ["free", "pro"] }),
      aFact("spend", { kind: "money" }),
      aFact("rate", { kind: "price" }),
      aFact("risk", { kind: "decimal" }),
    ].map((fact) => [fact.name, fact]),
  ),
};

/** Files by name, found wherever they are asked for from. */
export function filesOf(files: Readonly<Record<string, string>>): SourceLoader {
  return (_from, path) => {
    const file = path.replace(/^\.\//, "");
    const text = files[file];
    return text === undefined ? null : { file, text };
  };
}

/** Checks a text as `test.policy`. */
export function checkText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  words: Vocabulary = vocabulary,
): CheckedSource {
  return checkSource({ file: "test.policy", text }, words, filesOf(files));
}

/** The policy of a text that must be sound. */
export function soundPolicy(
  text: string,
  files: Readonly<Record<string, string>> = {},
): CheckedPolicy {
  const { policy, diagnostics } = checkText(text, files);
  if (policy === null) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return policy;
}

/** A diagnostic as its code and the text it underlines. */
export function marked(checked: CheckedSource, diagnostic: Diagnostic): string {
  const { code, span } = diagnostic;
  return `${code} ${checked.sources.get(span.file)?.slice(span.start, span.end)}`;
}

/** The text with a diagnostic's fix applied; null when it offers none. */
export function fixed(checked: CheckedSource, { fix, span }: Diagnostic): string | null {
  return fix === undefined ? null : applyFix(checked.sources.get(span.file) ?? "", fix);
}
