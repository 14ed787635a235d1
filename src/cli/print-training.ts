import type { IntentMeasures } from "../training/measure-intents.ts";
import { printLine } from "./output.ts";

const shownConfusions = 10;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Prints what a model was worth on some texts: figures, the worst confusions, and whether its probabilities hold. */
export function printMeasures(title: string, measures: IntentMeasures): void {
  const { texts, accuracy, macroF1, toOther, accuracyWithoutOther, calibrationError } = measures;
  printLine();
  printLine(`${texts} ${title}`);
  printLine(`  right                          ${percent(accuracy)}`);
  printLine(`  mean F1 of the labels          ${macroF1.toFixed(3)}`);
  printLine(`  given up to other              ${percent(toOther)}`);
  printLine(`  right among the rest           ${percent(accuracyWithoutOther)}`);
  printLine(`  calibration error (ECE)        ${calibrationError.toFixed(3)}`);
  printLine();
  printLine("  probability      texts    said   right");
  for (const { from, to, texts: own, said, right } of measures.reliability) {
    const range = `${from.toFixed(1)} to ${to.toFixed(1)}`;
    printLine(
      `  ${range.padEnd(14)} ${String(own).padStart(7)}  ${said.toFixed(2).padStart(6)}  ${right.toFixed(2).padStart(6)}`,
    );
  }
  if (measures.confusions.length === 0) return;
  printLine();
  printLine("  most often taken for another");
  for (const { label, taken, count } of measures.confusions.slice(0, shownConfusions)) {
    printLine(`  ${String(count).padStart(5)} × ${label} as ${taken}`);
  }
}
