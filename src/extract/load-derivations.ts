import type { Operand } from "../facts/fact.ts";
import { loadLanguages } from "../meaning/language.ts";

/**
 * Loads what operands are told from a prompt with. Whoever reads facts by name awaits it before the first record that holds a
 * `prompt`; requests load it as they need it.
 */
export async function loadDerivations(operands: readonly Pick<Operand, "key">[]): Promise<void> {
  if (operands.some(({ key }) => key === "language")) await loadLanguages();
}
