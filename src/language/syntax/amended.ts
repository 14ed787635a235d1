import type { Code } from "../../diagnostics/codes.ts";

/** What a slip means and what is written instead; `text` null when nothing sure can be said. */
export interface Amended {
  readonly code: Code;
  readonly message: string;
  readonly help: string;
  readonly text: string | null;
  /** What the parser reads when there is no sure text, so that errors behind are still found; null reads nothing. */
  readonly readAs?: string;
}
