import type { Explanation } from "../runtime/plan/explain.ts";
import { optionWord } from "../runtime/plan/explain-sides.ts";
import type { ExplainedStep } from "../runtime/plan/explain-steps.ts";

/** One line, and the colour that it has on a terminal. */
export interface Line {
  readonly style: "bold" | "green" | "yellow" | null;
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

const candidateMarks = { chosen: "✓", "passed over": "·", refused: "✗" } as const;

/** What there is to say beside the rules; a section without a line is left out. */
export function sectionsBeside(explanation: Explanation): readonly Section[] {
  const sections: readonly Section[] = [
    { title: "Near misses", lines: nearLines(explanation) },
    { title: "Targets", lines: explanation.steps.flatMap(stepLines) },
    { title: "Guards", lines: guardLines(explanation) },
    { title: "Also", lines: alsoLines(explanation) },
    { title: "Dear facts", lines: dearLines(explanation) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

const plain = (text: string): Line => ({ style: null, text });

function nearLines({ nearMisses }: Explanation): readonly Line[] {
  return nearMisses.flatMap(({ why, then }) => [plain(`  ${why}`), plain(`      then: ${then}`)]);
}

/** A step that simply names its target has nothing to tell. */
function stepLines(step: ExplainedStep): readonly Line[] {
  const isNamed = step.target === step.route;
  if (isNamed) return [];
  const missing = step.missing === null ? "" : ` (${step.missing})`;
  const width = Math.max(0, ...step.candidates.map(({ target }) => Math.min(target.length, 32)));
  return [
    plain(`  step ${step.step}: ${step.route}${missing}`),
    ...step.candidates.map(({ target, result, why }): Line => {
      const text = `    ${candidateMarks[result]} ${target.padEnd(width)}  ${why}`;
      return { style: result === "chosen" ? "green" : null, text };
    }),
  ];
}

function guardLines({ guards }: Explanation): readonly Line[] {
  return guards.flatMap(({ guard, result, why, dropped, consequence }): readonly Line[] => [
    plain(`  ${guard}`),
    { style: result === "applied" ? "yellow" : null, text: `      ${result}: ${why}` },
    ...dropped.map(({ target, why: reason }) => plain(`      keeps out ${target}: ${reason}`)),
    ...(consequence === null ? [] : [plain(`      so ${consequence}`)]),
  ]);
}

function alsoLines({ alsos }: Explanation): readonly Line[] {
  return alsos.flatMap(({ also, line, result, why, adds, loses }) => {
    const added = Object.keys(adds).map(optionWord);
    return [
      plain(`  ${also} (line ${line}): ${result}, ${why}`),
      ...(added.length === 0 ? [] : [plain(`      adds ${added.join(", ")}`)]),
      ...loses.map(({ option, why: reason }) => plain(`      not ${option}: ${reason}`)),
    ];
  });
}

function dearLines({ dear }: Explanation): readonly Line[] {
  return dear.map(({ fact, cost, result, why }) => plain(`  ${fact} (${cost}): ${result}, ${why}`));
}
