import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Name } from "../syntax/ast.ts";
import type { Report } from "./report.ts";

const longestId = 100;

/** A rule's name as an id that a header can carry: ASCII, lower case, words joined by hyphens; empty when nothing is left. */
export function idOfName(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/[^\x20-\x7e]/g, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, longestId)
    .replaceAll(/^-+|-+$/g, "");
}

/** Hands out ids: a rule's name made ASCII, else its ordinal; an id that two rules would share is reported. */
export class RuleIds {
  readonly #taken = new Map<string, Span>();
  #ordinal = 0;

  next(report: Report, name: Name | null, span: Span): string {
    this.#ordinal += 1;
    const ordinal = `rule-${this.#ordinal}`;
    const id = name === null ? ordinal : idOfName(name.text) || ordinal;
    const place = name?.span ?? span;
    const first = this.#taken.get(id);
    if (first !== undefined) {
      report.add("P0218", place, `another rule has the id \`${id}\``, {
        label: "second rule of this id",
        related: [{ span: first, text: "first rule of this id" }],
        help: "logs and metrics tell rules apart by their id: rename one",
      });
    } else if (id === "otherwise") {
      report.add("P0218", place, "`otherwise` is the id of the last rule", {
        help: "give this rule another name",
      });
    } else this.#taken.set(id, place);
    return id;
  }
}
