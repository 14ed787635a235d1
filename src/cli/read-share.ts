/** `20%` or `0.2`, from 0 to 1; NaN for anything else. */
export function readShare(text: string): number {
  const given = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const share = given === null ? Number.NaN : Number(given[1]) / (given[2] === "%" ? 100 : 1);
  return share <= 1 ? share : Number.NaN;
}
