/** A day, an edition or both behind a model's name: `-20251001`, `@20251001`, `-latest`, `-v1:0`. */
const version = /^(?:[-@]\d{8})?(?:-latest)?(?:-v\d+(?::\d+)?)?$/;

/**
 * Whether two ids name one model: answers name the dated model behind the alias that was asked for, and the other way about. Two
 * days of one name are two models, and so are `claude-opus-5` and `claude-opus-5-5`.
 */
export function isSameModel(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short !== "" && long.startsWith(short) && version.test(long.slice(short.length));
}
