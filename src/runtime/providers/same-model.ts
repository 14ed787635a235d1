/**
 * A day, an edition or both behind a model's name, as their makers write them: `-20251001`, `@20251001`, `-2025-08-07`, `-09-2025`,
 * `-05-20`, `-0613`, `-001`, `-v1:0`.
 */
const version =
  /^(?:[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-\d{2}-\d{4}|-\d{2}-\d{2}|-\d{3,4})?(?:-v\d+(?::\d+)?)?$/;

/**
 * Whether two ids name one model, which alone takes back its thinking: answers name the dated model behind the alias that was asked
 * for, and the other way about. Two days of one name are two models, and so are `claude-opus-5` and `claude-opus-5-5`, or `gpt-5` and
 * `gpt-5-mini`.
 */
export function isSameModel(one: string, other: string): boolean {
  const [first, second] = [plainName(one), plainName(other)];
  const [short, long] = first.length < second.length ? [first, second] : [second, first];
  return short !== "" && long.startsWith(short) && version.test(long.slice(short.length));
}

/** Google's ids may stand behind the collection that they are of; the latest may be of any day. */
function plainName(model: string): string {
  return model.replace(/^models\//, "").replace(/-latest$/, "");
}
