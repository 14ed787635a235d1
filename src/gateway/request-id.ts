import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Ids are unique over restarts by their beginning, and within a process by their end; they are no secrets. */
const idPrefix = randomBytes(9).toString("base64url").replaceAll("_", ".");
let idCount = 0;

const saneId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's own request id when it is a sane one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const said = request.headers["x-request-id"];
  if (typeof said === "string" && saneId.test(said)) return said;
  return newRequestId();
}

/** A new id, never given before. */
export function newRequestId(): string {
  idCount += 1;
  return `req-${idPrefix}-${idCount.toString(36)}`;
}
