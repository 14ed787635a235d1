import type { Configuration } from "../configuration/configuration.ts";

/** What commands say once where an intent was left unknown that a gateway would ask its classifier for; null without one. */
export function classifierNote({ facts }: Pick<Configuration, "facts">): string | null {
  const classifier = facts.get("intent")?.classifier;
  if (classifier === undefined) return null;
  return `note: a gateway would ask \`${classifier.target}\` for an intent that neither clues nor a model are sure of; nobody is asked here, so that it is unknown unless it is given`;
}
