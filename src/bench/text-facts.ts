import { existsSync, readFileSync } from "node:fs";
import { detectLanguage, loadLanguages } from "../meaning/language.ts";
import { findPii, type PiiKind, piiKinds } from "../meaning/pii.ts";
import { countTokens, loadEncoder } from "../meaning/token-count.ts";
import { type Figure, figureOf } from "./figure.ts";

const runs = 7;

/** Presidio's labelled sentences beside the checkout; a user's clone has none. */
const presidio = new URL(
  "../../../shared/data/prompts/presidio-pii/synth_dataset_v2.json",
  import.meta.url,
);

const labels: Readonly<Record<PiiKind, string>> = {
  ...{ email: "EMAIL_ADDRESS", phone: "PHONE_NUMBER", iban: "IBAN_CODE" },
  ...{ card: "CREDIT_CARD", ssn: "US_SSN", ip: "IP_ADDRESS" },
};

interface Sentence {
  readonly full_text: string;
  readonly spans: readonly {
    readonly entity_type: string;
    readonly start_position: number;
    readonly end_position: number;
  }[];
}

/** What counting tokens costs at its worst, and telling a language as a rule; where presidio's sentences lie beside the checkout, also how personal data is found. */
export async function textFactsBench(): Promise<Figure[]> {
  const values: number[] = [];
  await loadEncoder();
  for (let run = 0; run <= runs; run += 1) {
    const startedAtMs = performance.now();
    await countTokens(["a".repeat(100_000)], () => new Promise((resolve) => setImmediate(resolve)));
    // The first run warms up.
    if (run > 0) values.push(performance.now() - startedAtMs);
  }
  const figures = [figureOf({ name: "tokens of 100 KB of one letter", unit: "ms", values })];
  figures.push(await onLanguages());
  if (existsSync(presidio)) figures.push(...onPresidio());
  return figures;
}

const fiftyWords = "Please tell me why the water of the river was cold this morning ".repeat(4);

async function onLanguages(): Promise<Figure> {
  await loadLanguages();
  const values: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const startedAtMs = performance.now();
    for (let time = 0; time < 1_000; time += 1) detectLanguage(fiftyWords);
    // Of a thousand, milliseconds are microseconds of one. The first run warms up.
    if (run > 0) values.push(performance.now() - startedAtMs);
  }
  return figureOf({ name: "language of a 50-word prompt", unit: "µs", values });
}

function onPresidio(): Figure[] {
  const sentences = JSON.parse(readFileSync(presidio, "utf8")) as Sentence[];
  return piiKinds.flatMap((kind) => {
    const { recall, precision } = measuresOf(kind, sentences);
    const one = (name: string, value: number): Figure =>
      figureOf({ name: `personal data, ${kind}: ${name}`, unit: "%", values: [100 * value] });
    return [one("recall", recall), one("precision", precision)];
  });
}

/** Of one kind: the share of what is labelled that is found, and of what is found that is labelled; any overlap will do. */
function measuresOf(
  kind: PiiKind,
  sentences: readonly Sentence[],
): { readonly recall: number; readonly precision: number } {
  let [wanted, met, found, right] = [0, 0, 0, 0];
  for (const { full_text: text, spans } of sentences) {
    const gold = spans.filter((span) => span.entity_type === labels[kind]);
    const own = findPii(text).filter((each) => each.kind === kind);
    const meets = (start: number, end: number, span: (typeof gold)[number]): boolean =>
      start < span.end_position && span.start_position < end;
    wanted += gold.length;
    found += own.length;
    met += gold.filter((span) => own.some(({ start, end }) => meets(start, end, span))).length;
    right += own.filter(({ start, end }) => gold.some((span) => meets(start, end, span))).length;
  }
  return { recall: met / wanted, precision: right / found };
}
