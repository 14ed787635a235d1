import type { CostClass } from "./fact.ts";

/** What reading a fact of each cost class takes, in words (LANGUAGE §5). */
export const costWords: Readonly<Record<CostClass, string>> = {
  0: "at hand",
  1: "from memory",
  2: "text, µs",
  3: "local model",
  4: "model call",
};

/** The class from which on a fact is dear: it is read late, and only for requests that reach its test. */
export const firstDearClass: CostClass = 2;
