import type { Scalar } from "yaml";
import { parseMicrodollars, parseMoney, parsePrice } from "../base/money.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { readQuantity } from "../facts/quantity.ts";
import type { YamlReader } from "./read-yaml.ts";
import type { QuantityShape, SecretReference, TextShape, Unit } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

/** How each unit is written, for help. */
export const unitExamples: Readonly<Record<Unit, string>> = {
  whole: "a whole number such as 200, 8k or 32Ki",
  duration: "a duration such as 500ms, 10s or 5m",
  price: "a price per million tokens such as $3/M",
  share: "a share such as 0.9 or 90%",
  money: "an amount of money such as $0.30",
  spend: "an amount of money such as $1000",
  rate: "tokens per second such as 45 or 45/s",
};

/** A scalar's text as written: what YAML would turn into a number or a boolean stays text. */
export function writtenText(node: Scalar): string {
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}

/** A text, one of its declared values where it has any; undefined and reported when it does not fit. */
export function readText(
  reader: YamlReader,
  shape: TextShape<string>,
  node: Scalar,
): string | undefined {
  const span = reader.spanOf(node);
  const text = writtenText(node);
  if (shape.values !== null) {
    if (shape.values.includes(text)) return text;
    const details = wrongWord(span, didYouMean(text, shape.values), shape.values, "one of");
    reader.report("C0106", span, `\`${text}\` is not known here`, details);
    return undefined;
  }
  if (text === "") {
    reader.report("C0106", span, "the text is empty");
    return undefined;
  }
  if (shape.like !== null && !shape.like.pattern.test(text)) {
    if (shape.like.hides === true) reader.hide(span);
    const isUrl = shape.like.hides !== true && reader.hidesCredentials(text, span);
    const shown = shape.like.hides === true ? "this text" : `\`${text}\``;
    const what = isUrl ? "a URL with a password" : shown;
    reader.report("C0106", span, `${what} does not fit here`, {
      help: `write it like ${shape.like.example}`,
    });
    return undefined;
  }
  return text;
}

function valueIn(unit: Unit, written: string): number | undefined {
  if (unit === "price") return parsePrice(written) ?? undefined;
  if (unit === "money") return parseMoney(written) ?? undefined;
  if (unit === "spend") return parseMicrodollars(written) ?? undefined;
  if (unit === "rate")
    return /^\d{1,9}(\.\d{1,6})?(\/s)?$/.test(written) ? Number.parseFloat(written) : undefined;
  const read = readQuantity(written);
  if (!read.ok) return undefined;
  const kinds = unit === "share" ? ["whole", "decimal"] : [unit];
  return kinds.includes(read.type.kind) ? read.value : undefined;
}

/** A number with its unit, within its bounds; undefined and reported otherwise. */
export function readNumber(
  reader: YamlReader,
  shape: QuantityShape,
  node: Scalar,
): number | undefined {
  const span = reader.spanOf(node);
  const written = writtenText(node).trim();
  const value = valueIn(shape.unit, written);
  if (value === undefined) {
    const looksBare = shape.unit === "duration" && /^\d+$/.test(written);
    reader.report("C0106", span, `\`${written}\` is not ${unitExamples[shape.unit]}`, {
      ...(looksBare
        ? {
            help: "a duration needs its unit",
            fix: { title: `write \`${written}s\``, edits: [{ span, text: `${written}s` }] },
          }
        : {}),
    });
    return undefined;
  }
  if (value < shape.min || value > shape.max) {
    const unit = shape.unit === "duration" ? " ms" : "";
    reader.report("C0106", span, `\`${written}\` is outside ${shape.min}..${shape.max}${unit}`);
    return undefined;
  }
  return value;
}

const variableReference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
const fileReference = /^file:\s*(\S.*)$/;

/** A reference to a secret, `${NAME}` or `file:path`; null when the text is the secret itself. */
export function secretReference(text: string): SecretReference | null {
  const variable = variableReference.exec(text)?.[1];
  if (variable !== undefined) return { from: "variable", name: variable };
  const file = fileReference.exec(text)?.[1];
  return file === undefined ? null : { from: "file", name: file };
}
