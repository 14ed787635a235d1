import type { Target } from "../catalog/target.ts";
import type { SourceFile } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { BuildContext } from "./build.ts";
import { readShape } from "./read-shape.ts";
import { YamlReader } from "./read-yaml.ts";
import { either, type Located, mapOf, quantity, type ValueOf } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

const share = quantity("share", 0, 1);

/** A score in 0..1, or one per intent. */
export const qualityShape = either(share, mapOf("any", share));

/** What a file of rankings holds: targets by name, YAML or JSON. */
const rankingShape = mapOf("any", qualityShape);

/** Scores by intent, `default` for the others. */
export function qualityOf(
  quality: ValueOf<typeof qualityShape> | undefined,
): Readonly<Record<string, number>> {
  if (quality === undefined) return {};
  if (typeof quality === "number") return { default: quality };
  return Object.fromEntries([...quality].map(([intent, score]) => [intent, score.value]));
}

/**
 * Targets with the scores of a file of rankings, which is read anew with every reload. What stands at a target itself is its
 * operator's word, and above the file. A file that is not there, or is no ranking, is an error: `best` must not choose by chance.
 */
export function withRankings(
  targets: ReadonlyMap<string, Target>,
  { file, names }: { readonly file: Located<string> | undefined; readonly names: Iterable<string> },
  context: BuildContext,
): ReadonlyMap<string, Target> {
  if (file === undefined) return targets;
  const text = context.environment.file(file.value);
  if (text === undefined) {
    context.reader.report("C0212", file.span, `there is no file \`${file.value}\``, {
      help: "write it, a line for each target: `claude: { default: 0.9, code: 0.94 }`",
    });
    return targets;
  }
  const ranked = new Map(targets);
  for (const [name, quality] of readRankings(
    { file: context.beside(file.value), text },
    names,
    context,
  )) {
    const target = targets.get(name);
    if (target !== undefined)
      ranked.set(name, { ...target, quality: { ...quality, ...target.quality } });
  }
  return ranked;
}

function readRankings(
  source: SourceFile,
  names: Iterable<string>,
  { reader, sources }: BuildContext,
): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const own = new YamlReader(source, "the file of rankings");
  const known = [...names];
  const place = { path: "rankings", keySpan: own.span(0, 1) };
  const read = own.root === null ? undefined : readShape(own, rankingShape, own.root, place);
  const rankings = new Map<string, Readonly<Record<string, number>>>();
  for (const [name, { value, keySpan }] of read?.value ?? []) {
    if (known.includes(name)) rankings.set(name, qualityOf(value));
    else {
      const meant = wrongWord(keySpan, didYouMean(name, known), known, "the targets are");
      own.report("C0212", keySpan, `there is no target \`${name}\` to rank`, meant);
    }
  }
  reader.diagnostics.push(...own.diagnostics);
  sources.push({ file: source.file, text: own.masked(source.text) });
  return rankings;
}
