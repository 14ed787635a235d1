import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  type LoadedModel,
  loadDifficultyModel,
  loadIntentModel,
  modelPlace,
} from "./read-intent-model.ts";

export const configurationName = "signalbox.yaml";

/** Where the configuration of the policies in a folder may stand, the first that is there counts: beside them, or in `policies/` of the root. */
export function configurationPlaces(folder: string, root: string): readonly string[] {
  return [join(folder, configurationName), join(root, "policies", configurationName)];
}

/** What a configuration may read beside itself: environment variables, and secret files and models relative to it. */
export function configurationEnvironment(path: string): {
  variable(name: string): string | undefined;
  file(path: string): string | undefined;
  intentModel(path: string): LoadedModel;
  difficultyModel(path: string): LoadedModel;
} {
  return {
    variable: (name) => process.env[name],
    file: (name) => {
      const place = resolve(dirname(path), name);
      return existsSync(place) ? readFileSync(place, "utf8") : undefined;
    },
    intentModel: (name) => loadIntentModel(modelPlace(path, name)),
    difficultyModel: (name) => loadDifficultyModel(modelPlace(path, name)),
  };
}
