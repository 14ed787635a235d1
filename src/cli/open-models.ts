import { ModelsFileError } from "../simulator/models/model-fields.ts";
import { readModels } from "../simulator/models/models-file.ts";
import type { Models } from "../simulator/models/target-model.ts";
import { UsageError } from "./output.ts";
import { readSource } from "./workspace.ts";

/** Reads the models that `calibrate providers` wrote; a UsageError names the file and the field at fault. */
export function openModels(path: string): Models {
  const { text } = readSource(path);
  try {
    return readModels(text);
  } catch (error) {
    if (!(error instanceof ModelsFileError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}
