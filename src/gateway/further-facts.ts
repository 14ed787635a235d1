import type { Configuration } from "../configuration/configuration.ts";
import { secretHeaders } from "../extract/configured-facts.ts";
import type { RequestContext } from "../extract/context.ts";
import type { Extractor } from "../extract/extractor.ts";
import { createFactsByName } from "../extract/facts-by-name.ts";
import type { FactTable, FactValue } from "../facts/fact.ts";
import { lookUpFact } from "../facts/look-up.ts";
import { type FactFrame, frameState } from "../language/program/frame.ts";
import type { Program } from "../language/program/program.ts";

/** Facts that `telemetry.facts` wants in every record, beyond those that the policy asked for. */
export interface FurtherFacts {
  /** Reads into the frame those that the policy knows too, and returns the others by name; null is unknown. */
  read(
    frame: FactFrame,
    context: RequestContext,
  ): Promise<Readonly<Record<string, FactValue | null>>>;
}

/** Binds the further facts of a policy's records; null where none are wanted. */
export function createFurtherFacts(
  program: Program,
  extractor: Extractor,
  configuration: Configuration,
): FurtherFacts | null {
  const wanted = configuration.telemetry.facts;
  if (wanted.length === 0) return null;
  const shared = program.operands.flatMap(({ key }, operand) =>
    wanted.includes(key) ? [operand] : [],
  );
  const own = new Set(shared.map((operand) => program.operands[operand]?.key));
  const names = wanted.filter((name) => !own.has(name));
  const readNamed = createFactsByName(names, program.intents, configuration);
  return {
    async read(frame, asked) {
      // What is only recorded is not worth the price of a model's answer.
      const context = { ...asked, classify: undefined };
      for (const operand of shared) {
        const state = frame.state[operand];
        if (state === frameState.known || state === frameState.unknown) continue;
        await extractor.read(operand, frame, context);
      }
      return await readNamed(context);
    },
  };
}

const texts: ReadonlySet<string> = new Set(["prompt", "system"]);
/** Why a fact must not be recorded: it is a person's text, or holds a secret. Null when it may be. */
export function whyNeverRecorded(name: string, facts: FactTable): string | null {
  const from = lookUpFact(facts, name)?.from ?? [];
  if (from.length === 0 && texts.has(name)) return "it is the text of a person";
  const isSecret = [name, ...from].some((source) => {
    const [family, header] = source.toLowerCase().split(".", 2);
    return family === "header" && secretHeaders.has(header ?? "");
  });
  return isSecret ? "it is a secret of the client" : null;
}
