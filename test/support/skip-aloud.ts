/** Whether tests are left out for want of something; says so where it is, since a list of results passes over it in silence. */
export function skipAloud(isMissing: boolean, what: string): boolean {
  if (isMissing) console.warn(`skipped: ${what}`);
  return isMissing;
}
