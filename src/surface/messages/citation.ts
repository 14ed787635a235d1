import type { Fields } from "../../protocol/conversation.ts";
import { isFields, textOf } from "../fields.ts";

/** A citation as this wire has it: places of URLs become what a search found; all others pass as they came. */
export function citationBlock(citation: Fields, text: string): Fields {
  if (citation["type"] !== "url_citation") return citation;
  const inner = citation["url_citation"];
  const { url, title, start_index: start, end_index: end } = isFields(inner) ? inner : citation;
  const placed = typeof start === "number" && typeof end === "number" && start >= 0;
  return {
    type: "web_search_result_location",
    url: textOf(url) ?? "",
    title: textOf(title),
    cited_text: placed ? text.slice(start, end) : "",
    // Only the maker of a search can give one; `ownBody` takes such citations out again.
    encrypted_index: "",
  };
}
