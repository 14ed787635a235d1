import type { Drawing, DrawnAlso, DrawnRow, DrawnRule } from "./drawing.ts";

/** Most rules of one merged row that are named. */
const namedRules = 6;

/** What a row is called: `"long documents"`, `rule-3`, `rule-1, else`; of a merged row all its rules. */
export function rowTitle({ rules, steps }: DrawnRow): string {
  const names = rules.slice(0, namedRules).map(ruleTitle);
  const more = rules.length - names.length;
  if (names.length === 0) return steps[0] ?? "";
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function ruleTitle({ id, name, arm }: DrawnRule): string {
  const title = name ?? id;
  return arm === "else" || arm === "else if" ? `${title}, ${arm}` : title;
}

/** Lines under a row's title: its steps, its options, and the alsos that can add to it. */
export function rowLines({ kind, steps, options, alsos, reached }: DrawnRow): string[] {
  if (kind === "elsewhere" || kind === "none") return [];
  return [
    ...steps,
    ...(options.length === 0 ? [] : [`with ${options.join(", ")}`]),
    ...(alsos.length === 0 ? [] : [`may add ${alsos.join(", ")}`]),
    ...(reached ? [] : ["no request comes here"]),
  ];
}

/** The condition of a row as its rule begins: `if tokens < 200`; empty where there is none. */
export function conditionLine({ condition, rules }: DrawnRow): string {
  const arm = rules[0]?.arm;
  if (condition === null) return "";
  return `${arm === "else if" ? "else if" : "if"} ${condition}`;
}

/** An also as it is written: `also if tier is free with limit 20 per minute by user`. */
export function alsoLine({ id, line, condition, options }: DrawnAlso): string {
  return `${id}, line ${line}: also if ${condition} with ${options.join(", ")}`;
}

/** What stands above the diagram and beside it, in lines with a heading each; headings without lines are left out. */
export function besideLines({ guards, alsos }: Drawing): { heading: string; lines: string[] }[] {
  return [
    { heading: "Guards, which hold for every rule", lines: guards.map(({ text }) => text) },
    { heading: "Options that are added to a plan", lines: alsos.map(alsoLine) },
  ].filter(({ lines }) => lines.length > 0);
}
