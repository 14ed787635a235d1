/** What an error of any provider's shape says, before it is classified. */
export interface ErrorSignal {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  /** A status named inside the body, where the HTTP status says nothing. */
  readonly innerStatus: number | null;
}

/** An error that says nothing. */
export const noSignal: ErrorSignal = {
  message: "",
  type: "",
  code: "",
  param: null,
  innerStatus: null,
};

type Fields = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object and not a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Reads an error out of a parsed body: wrapped (`{error:{…}}`, `{error:"…"}`, in a list), flat (`{object:"error",…}`,
 * `{message}`) or a validation list (`{detail:[…]}`). Null when the value is not an error.
 */
export function errorSignal(value: unknown): ErrorSignal | null {
  if (Array.isArray(value)) return value.length > 0 ? errorSignal(value[0]) : null;
  if (!isFields(value)) return null;
  const error = value["error"];
  if (typeof error === "string" && error !== "")
    return { ...noSignal, message: error, type: text(value["error_type"]) };
  if (isFields(error)) return wrapped(error);
  if (value["object"] === "error") return wrapped(value);
  // What holds choices is an answer, whatever further fields its provider adds.
  if (value["choices"] !== undefined) return null;
  if (value["detail"] !== undefined) return fromDetail(value["detail"]);
  return text(value["message"]) === "" ? null : wrapped(value);
}

function wrapped(error: Fields): ErrorSignal {
  const metadata = isFields(error["metadata"]) ? error["metadata"] : {};
  const details = isFields(error["details"]) ? error["details"] : {};
  const code = error["code"];
  const innerStatus = typeof code === "number" ? code : Number(/^[45]\d\d$/.exec(text(code))?.[0]);
  return {
    message: text(error["message"]),
    type: text(metadata["error_type"]) || text(error["type"]) || text(error["status"]),
    code: text(details["error_code"]) || (Number.isInteger(innerStatus) ? "" : text(code)),
    param: typeof error["param"] === "string" ? error["param"] : null,
    innerStatus: Number.isInteger(innerStatus) ? innerStatus : null,
  };
}

function fromDetail(detail: unknown): ErrorSignal {
  if (typeof detail === "string") return { ...noSignal, message: detail };
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  if (!isFields(first)) return noSignal;
  const place = Array.isArray(first["loc"]) ? first["loc"].filter((step) => step !== "body") : [];
  return {
    ...noSignal,
    message: text(first["msg"]),
    type: text(first["type"]),
    param: place.length > 0 ? place.join(".") : null,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
