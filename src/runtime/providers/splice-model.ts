import { jsonName } from "../../base/json-name.ts";
import type { ModelRequest } from "../../protocol/model-request.ts";

/**
 * The client's own bytes with another model, and with further JSON members behind it (`,"name":value`): no serialising, which is
 * most of the work on long prompts. Null when the model's place is not known for sure.
 */
export function spliceModel(
  { bytes, modelSpan }: Pick<ModelRequest, "bytes" | "modelSpan">,
  model: string,
  added: string,
): Uint8Array | null {
  if (modelSpan === null) return null;
  const value = jsonName(model) + added;
  const out = Buffer.allocUnsafe(
    bytes.length - (modelSpan.end - modelSpan.start) + Buffer.byteLength(value),
  );
  out.set(modelSpan.start === 0 ? bytes : bytes.subarray(0, modelSpan.start), 0);
  const end = modelSpan.start + out.write(value, modelSpan.start);
  out.set(bytes.subarray(modelSpan.end), end);
  return out;
}
