import type { Batch } from "../store/batch-records.ts";

/** A batch of nobody with nothing in it, to make others from. */
export const emptyBatch: Batch = {
  id: "",
  owner: "",
  inputFile: "",
  endpoint: "",
  single: false,
  status: "validating",
  createdAtMs: 0,
  expiresAtMs: 0,
  since: {},
  total: 0,
  completed: 0,
  failed: 0,
  usage: { input: 0, cached: 0, output: 0, reasoning: 0 },
  outputFile: null,
  errorFile: null,
  errors: [],
  metadata: null,
  headers: {},
};
