import type { Cause } from "../../protocol/cause.ts";

/** Names of SDKs' errors and words of providers', with what they mean; the first that fits counts. */
const meanings: readonly (readonly [RegExp, Cause])[] = [
  [/rate.?limit|too many requests/i, "rate_limited"],
  [/time.?out|timed out/i, "timeout"],
  [/context.?(window|length)/i, "context_exceeded"],
  [/content.?(policy|filter)/i, "content_filtered"],
  [/authentication|permission.?denied|unauthori[sz]ed/i, "auth"],
  [/budget.?exceeded/i, "budget_exceeded"],
  [/service.?unavailable|overloaded/i, "overloaded"],
  [/api.?connection|connection (error|refused|reset)|ECONN/i, "network"],
  [/bad.?request|not.?found|unprocessable|invalid.?request/i, "bad_request"],
  [/internal.?server|api.?error/i, "server_error"],
];

/** An HTTP status at the beginning, or behind a word that says what it is; no count of something. */
const statusForm =
  /(?:^\W*|\b(?:http|status|code|error)\b[^\w]{0,4}(?:code\b[^\w]{0,4})?)([45]\d\d)\b(?!\s+(?:requests|tokens))/i;

/** The longest message that is looked through. */
const longestMessage = 2_000;

/** The HTTP status that a message of an error names; null for none. */
export function statusInError(message: string): number | null {
  const match = statusForm.exec(message.slice(0, longestMessage));
  return match === null ? null : Number(match[1]);
}

/** What the name of an error, or its message, says of why; null for nothing known. */
export function causeOfError(message: string): Cause | null {
  const looked = message.slice(0, longestMessage);
  return meanings.find(([form]) => form.test(looked))?.[1] ?? null;
}
