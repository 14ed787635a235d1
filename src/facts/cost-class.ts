import type { CostClass } from "./fact.ts";

/** What reading a fact costs, in words. */
export const costClassDocs: Readonly<Record<CostClass, string>> = {
  0: "at hand",
  1: "from memory",
  2: "text, µs",
  3: "local model",
  4: "model call",
};

/** The class from which on a fact is dear: it is read late, and only for requests that reach its test. */
export const firstDearClass: CostClass = 2;
