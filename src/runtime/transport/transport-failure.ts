import type { Failure } from "../../protocol/failure.ts";

const unreachable = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Faults of the answer itself: it breaks HTTP, or a limit of ours. */
const malformed = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_|RESPONSE|EXCEEDED|CONTENT_LENGTH))/;

/** This process, or the machine, has no file descriptor left. */
const outOfSockets = new Set(["EMFILE", "ENFILE"]);

const tls = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Code of the error with which a connection to an address that is not public ends. */
export const addressRefused = "ERR_SIGNALBOX_ADDRESS";

/** A package wanted to send somewhere that its provider's settings do not name. */
export const refusedAddress: Failure = {
  cause: "unavailable",
  retrySame: false,
  code: "upstream_address_refused",
  message: "the model's server is at an address that is not allowed for it",
};

/** A response that cannot be relayed: not HTTP, not what was asked for, or larger than is allowed. */
export const badResponse: Failure = {
  cause: "server_error",
  retrySame: false,
  code: "upstream_bad_response",
  message: "the model's server sent a response that cannot be used",
};

/**
 * Classifies an error of the socket or of HTTP's framing. `begun` tells that a response had started. Messages name no
 * address; codes are Node's and undici's own, turned into four words.
 */
export function transportFailure(error: Error, begun: boolean): Failure {
  const code = codeOf(error);
  if (tls.test(code)) {
    return network("upstream_tls_error", "the model's server has no valid certificate", false);
  }
  if (malformed.test(code)) return badResponse;
  if (outOfSockets.has(code)) return noSockets;
  if (code === addressRefused) return refusedAddress;
  if (code === "ENOTFOUND") {
    return network("upstream_unreachable", "the model's server was not found", false);
  }
  if (!begun && unreachable.has(code)) {
    return network("upstream_unreachable", "the model's server could not be reached", true);
  }
  return network("upstream_connection_lost", "the connection to the model's server was lost", true);
}

function network(code: string, message: string, retrySame: boolean): Failure {
  return { cause: "network", retrySame, code, message };
}

function codeOf(error: Error): string {
  // Connecting to a name with several addresses fails with all their errors in one.
  const first: unknown = error instanceof AggregateError ? error.errors.at(0) : error;
  const code: unknown = first instanceof Error && "code" in first ? first.code : undefined;
  return typeof code === "string" ? code : "";
}

/** Keeps with a socket's error what was read before it, as undici's own errors have it: see `diedIdle`. */
export function noteBytesRead(error: Error, bytesRead: number): void {
  if (!("socket" in error)) Object.assign(error, { socket: { bytesRead } });
}

/**
 * True when a connection that had served requests before turned out to be closed by the other side. Where no byte of an
 * answer has come, and little time has passed, the request cannot have been processed: it may be sent once more.
 */
export function diedIdle(error: Error): boolean {
  const code = codeOf(error);
  if (code === "EPIPE") return true;
  const socket: unknown = "socket" in error ? error.socket : undefined;
  return (
    (code === "UND_ERR_SOCKET" || code === "ECONNRESET") &&
    typeof socket === "object" &&
    socket !== null &&
    "bytesRead" in socket &&
    typeof socket.bytesRead === "number" &&
    socket.bytesRead > 0
  );
}

/** True when undici would not send what it was given: a request that we have built wrongly. */
export function refusedBySender(error: Error): boolean {
  return /^UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/.test(codeOf(error));
}

/** As many requests wait for this provider's connections as may. */
export const queueFull: Failure = {
  cause: "overloaded",
  retrySame: true,
  code: "queue_full",
  message: "too many requests wait for the model's server",
};

/** Nothing could be sent for want of file descriptors: the gateway's own trouble, and no fault of the target. */
const noSockets: Failure = {
  cause: "overloaded",
  retrySame: true,
  code: "no_sockets",
  message: "the gateway can open no more connections at the moment",
  retryAfterMs: 1_000,
};

/** A stream broke off; before anything of it reached the client another target may take over. */
export const cutStream: Failure = {
  cause: "cut_stream",
  retrySame: true,
  code: "upstream_stream_broken",
  message: "the model's answer broke off",
};
