/**
 * A value as JSON that does not depend on the order of its members: names are sorted, members that are undefined are left out. Two
 * texts are the same where the values hold the same.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value as readonly unknown[])
      items += items === "" ? canonicalJson(item) : `,${canonicalJson(item)}`;
    return `[${items}]`;
  }
  const members = value as Readonly<Record<string, unknown>>;
  let text = "";
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}
