import { expect, test } from "vitest";
import { askedBehind } from "../../../src/language/checker/asked.ts";
import { parse } from "../../../src/language/syntax/parse.ts";
import { vocabulary } from "../../support/checking.ts";

const asked: readonly (readonly [option: string, asked: readonly string[]])[] = [
  ["timeout", ["duration"]],
  ["timeout 5s", []],
  ["cache", ["exact or semantic"]],
  ["cache semantic above", ["decimal"]],
  ["cache semantic above 0.9", ["for"]],
  ["cache semantic above 0.9 for 1h", ["within"]],
  ["limit 20 per minute by user", ["or"]],
  ["limit 20 per minute or", ["wait"]],
  ["budget $5 per", ["hour or day or week or month"]],
  ["shadow 5% to", ["name"]],
  ["nonsense", []],
];

test.each(asked)("behind `%s` its reader looks for %j", (option, expected) => {
  const { ast } = parse({ file: "", text: `otherwise x with ${option}` });
  const [statement] = ast?.statements ?? [];
  if (statement?.kind !== "otherwise" || statement.action.kind !== "plan")
    throw new Error("it parses");
  const [read] = statement.action.options;
  if (read === undefined) throw new Error("there is an option");
  const words = askedBehind(read, vocabulary).map((each) =>
    each.kind === "word" ? each.words.join(" or ") : each.kind,
  );
  expect(words).toEqual(expected);
});
