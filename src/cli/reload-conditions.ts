import type { Configuration } from "../configuration/configuration.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { parseFailIf } from "../simulator/fail-if.ts";

/** A condition of `reload.replay.fail-if` that no reload could be held to. */
export interface WrongCondition {
  readonly span: Span;
  readonly message: string;
}

/** Conditions before a reload that are not understood, or that decisions alone do not tell where no more is asked for. */
export function wrongConditions({
  reload,
  targets,
}: Pick<Configuration, "reload" | "targets">): readonly WrongCondition[] {
  return (reload.replay?.failIf ?? []).flatMap(({ text, span }) => {
    const parsed = parseFailIf(text, targets.keys());
    if (!parsed.ok) return [{ span, message: parsed.message }];
    const { name, figure } = parsed.condition;
    if (name === "cached.wrong")
      return [
        { span, message: `\`${name}\` cannot be told before a reload: records hold no answers` },
      ];
    if (reload.replay?.carriesOut === true || !figure.needs.includes("replay")) return [];
    const message = `\`${name}\` is told by carrying requests out, and here they are only decided: add \`carry-out: true\``;
    return [{ span, message }];
  });
}
