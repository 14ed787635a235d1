/** How a model's thinking is steered. */
export type ThinkingControl =
  /** By words, weakest first. It cannot be switched off: the weakest is as near as it gets. */
  | { readonly by: "level"; readonly levels: readonly ThinkingLevel[] }
  /** By tokens, within bounds; whether 0 switches it off. */
  | {
      readonly by: "budget";
      readonly least: number;
      readonly most: number;
      readonly mayStop: boolean;
    }
  /** Not at all: the model does not think, or refuses the setting. */
  | { readonly by: "nothing" };

export type ThinkingLevel = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH" | "XHIGH";

/** Where models of this wire differ (wire-formats §3.2, §3.6, §6.2). */
export interface ModelTraits {
  readonly thinking: ThinkingControl;
  /** A replayed call without its `thoughtSignature` is answered 400. */
  readonly wantsSignatures: boolean;
  readonly takesPenalties: boolean;
  /** Whether results of calls may hold images and files. */
  readonly takesMediaInResults: boolean;
  /** Whether a JSON answer may be asked for together with functions. */
  readonly takesJsonWithTools: boolean;
  /** Whether functions and the provider's own tools may stand in one request. */
  readonly mixesTools: boolean;
  /** Whether calls can be held to their schemas without being forced. */
  readonly validatesCalls: boolean;
}

const byLevel = (...levels: readonly ThinkingLevel[]): ThinkingControl => ({ by: "level", levels });

const third: ModelTraits = {
  thinking: byLevel("MINIMAL", "LOW", "MEDIUM", "HIGH"),
  wantsSignatures: true,
  takesPenalties: true,
  takesMediaInResults: true,
  takesJsonWithTools: true,
  mixesTools: true,
  validatesCalls: true,
};

const second: ModelTraits = {
  thinking: { by: "budget", least: 1, most: 24_576, mayStop: true },
  wantsSignatures: false,
  takesPenalties: false,
  takesMediaInResults: false,
  takesJsonWithTools: false,
  mixesTools: false,
  validatesCalls: false,
};

const unthinking: ModelTraits = { ...second, thinking: { by: "nothing" }, takesPenalties: true };

/** First fit wins. What is not listed among the names of the house is taken for a newer model, since those come and the old ones go. */
const table: readonly (readonly [ids: RegExp, traits: ModelTraits])[] = [
  [/^gemini-4-hydrogen/, { ...third, thinking: byLevel("LOW", "MEDIUM", "HIGH", "XHIGH") }],
  [/^gemini-3-pro/, { ...third, thinking: byLevel("LOW", "HIGH") }],
  [/^gemini-3(?:\.\d+)?-pro/, { ...third, thinking: byLevel("LOW", "MEDIUM", "HIGH") }],
  [
    /^gemini-2\.5-pro/,
    { ...second, thinking: { by: "budget", least: 128, most: 32_768, mayStop: false } },
  ],
  [/^gemini-2\.5/, second],
  [/^gemini-(?:1|2|pro)(?:[.-]|$)/, unthinking],
  [/^gemini-/, third],
];

/** The traits of a model by its id, with or without `models/` before it; those of one that does not think where the name is not the house's own. */
export function traitsOf(model: string): ModelTraits {
  const id = model.replace(/^models\//, "").toLowerCase();
  return table.find(([ids]) => ids.test(id))?.[1] ?? unthinking;
}
