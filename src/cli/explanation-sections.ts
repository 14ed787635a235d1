import { optionTable } from "../language/checker/option-table.ts";
import type { Explanation } from "../runtime/plan/explain.ts";
import type { ExplainedStep } from "../runtime/plan/explain-steps.ts";

/** Colours a text, or leaves it as it is. */
export type Paint = (style: "bold" | "green" | "yellow", text: string) => string;

const candidateMarks = { chosen: "✓", "passed over": "·", refused: "✗" } as const;

/** What there is to say beside the rules, each with its title first; a section without a line is left out. */
export function sectionsBeside(
  explanation: Explanation,
  paint: Paint,
): readonly (readonly string[])[] {
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["Near misses", nearLines(explanation)],
    ["Targets", explanation.steps.flatMap((step) => stepLines(step, paint))],
    ["Guards", guardLines(explanation, paint)],
    ["Also", alsoLines(explanation)],
    ["Dear facts", dearLines(explanation)],
  ];
  return sections.flatMap(([title, lines]) =>
    lines.length === 0 ? [] : [[paint("bold", title), ...lines]],
  );
}

function nearLines({ nearMisses }: Explanation): readonly string[] {
  return nearMisses.flatMap(({ why, then }) => [`  ${why}`, `      then: ${then}`]);
}

/** A step that simply names its target has nothing to tell. */
function stepLines(step: ExplainedStep, paint: Paint): readonly string[] {
  const isNamed = step.target === step.route;
  if (isNamed) return [];
  const missing = step.missing === null ? "" : ` (${step.missing})`;
  const width = Math.max(0, ...step.candidates.map(({ target }) => Math.min(target.length, 32)));
  return [
    `  step ${step.step}: ${step.route}${missing}`,
    ...step.candidates.map(({ target, result, why }) => {
      const line = `    ${candidateMarks[result]} ${target.padEnd(width)}  ${why}`;
      return result === "chosen" ? paint("green", line) : line;
    }),
  ];
}

function guardLines({ guards }: Explanation, paint: Paint): readonly string[] {
  return guards.flatMap(({ guard, result, why, dropped, consequence }) => {
    const head = `  ${guard}`;
    const verdict = `      ${result}: ${why}`;
    return [
      head,
      result === "applied" ? paint("yellow", verdict) : verdict,
      ...dropped.map(({ target, why: reason }) => `      keeps out ${target}: ${reason}`),
      ...(consequence === null ? [] : [`      so ${consequence}`]),
    ];
  });
}

function alsoLines({ alsos }: Explanation): readonly string[] {
  return alsos.flatMap(({ also, line, result, why, adds, loses }) => {
    const added = Object.keys(adds).map(
      (key) => optionTable.find((entry) => entry.key === key)?.word ?? key,
    );
    return [
      `  ${also} (line ${line}): ${result}, ${why}`,
      ...(added.length === 0 ? [] : [`      adds ${added.join(", ")}`]),
      ...loses.map(({ option, why: reason }) => `      not ${option}: ${reason}`),
    ];
  });
}

function dearLines({ dear }: Explanation): readonly string[] {
  return dear.map(({ fact, cost, result, why }) => `  ${fact} (${cost}): ${result}, ${why}`);
}
