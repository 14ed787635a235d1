import type { ApiProblem } from "../protocol/api-error.ts";
import { invalidRequest } from "../protocol/api-error.ts";
import type { PageOf } from "../runtime/store/file-store.ts";

export type PageRead =
  | { readonly ok: true; readonly page: PageOf; readonly query: URLSearchParams }
  | { readonly ok: false; readonly problem: ApiProblem };

/** Reads `after`, `limit` and `order` of a list's address. */
export function readPage(
  url: string,
  { most, usual }: { readonly most: number; readonly usual: number },
): PageRead {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  const said = query.get("limit");
  const limit = said === null ? usual : Number(said);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    return wrong("limit", `\`limit\` is a whole number from 1 to ${most}`);
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") return wrong("order", "`order` is `asc` or `desc`");
  return { ok: true, page: { after: query.get("after"), limit, order }, query };
}

function wrong(param: string, message: string): PageRead {
  return { ok: false, problem: invalidRequest(param, message, "invalid_value") };
}
