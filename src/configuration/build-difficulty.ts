import type { FactModel, FactTable } from "../facts/fact.ts";
import type { BuildContext, Section } from "./build.ts";

function measuredDoc({ auc, texts }: NonNullable<FactModel["measured"]>): string {
  const what = "How likely the prompt is to be too hard, 0 to 1, by the configured model.";
  return auc === null
    ? `${what} What it is worth was not measured: the ${texts} texts that it had not seen were all hard, or all easy.`
    : `${what} On ${texts} texts that it had not seen its AUC was ${auc.toFixed(2)}; 0.5 is chance.`;
}

/** The facts with `difficulty` told by the configured model; as they were without one. Reports a model that cannot be used. */
export function withDifficultyModel(
  facts: FactTable,
  section: Section<"difficulty"> | undefined,
  { environment, reader }: BuildContext,
): FactTable {
  const named = section?.model;
  const difficulty = facts.get("difficulty");
  if (named === undefined || difficulty === undefined) return facts;
  if (difficulty.from.length > 0) {
    reader.report(
      "C0106",
      named.keySpan,
      "`difficulty` is a fact of your own here, so no model tells it",
      { help: "remove `difficulty` from `facts`, or the model" },
    );
    return facts;
  }
  const read = environment.difficultyModel?.(named.value);
  if (read === undefined) return facts;
  if (!read.ok) {
    reader.report("C0211", named.span, `the model \`${named.value}\` cannot be used: ${read.why}`, {
      help: "`signalbox train difficulty judged.csv -o MODEL` writes one",
    });
    return facts;
  }
  const { model } = read;
  const doc = model.measured === undefined ? difficulty.doc : measuredDoc(model.measured);
  return new Map([...facts, ["difficulty", { ...difficulty, model, doc }]]);
}
