import type { ApiProblem } from "../protocol/api-error.ts";
import type { Refusal } from "../runtime/plan/plan.ts";
import type { KeyFault } from "./key-book.ts";

/** What the gateway itself answers, without asking a provider: each with its HTTP status, which stand nowhere else. */
export const problems = {
  malformedTarget: (): ApiProblem =>
    invalid(400, "invalid_url", "the request target has to be a path that starts with a slash"),
  missingHost: (): ApiProblem => invalid(400, "missing_host", "the request has no Host header"),
  repeatedHeader: (name: string): ApiProblem =>
    invalid(400, "repeated_header", `the header ${name} stands more than once`),
  hostRefused: (): ApiProblem =>
    refusal(
      403,
      "host_not_allowed",
      "this gateway answers to loopback names only; see server.allowed-hosts",
    ),
  originRefused: (): ApiProblem =>
    refusal(
      403,
      "origin_not_allowed",
      "this gateway answers no web page of that origin; see server.allowed-origins",
    ),
  keyRefused: (fault: KeyFault): ApiProblem => ({
    ...{ status: 401, type: "authentication_error", param: null },
    ...keyFaults[fault],
  }),
  adminUnauthorised: (): ApiProblem => ({
    status: 401,
    type: "authentication_error",
    code: "invalid_admin_key",
    param: null,
    message: "this needs the admin key in x-signalbox-admin-key",
  }),
  malformedOrder: (param: string | null, message: string): ApiProblem => ({
    ...invalid(400, "invalid_value", message),
    param,
  }),
  targetNotFound: (name: string): ApiProblem =>
    notThere("target_not_found", `there is no target \`${name.slice(0, 100)}\``),
  noLedger: (): ApiProblem =>
    notThere(
      "no_ledger",
      "no ledger is kept: no policy counts anything, and there is no `ledger:`",
    ),
  // What was asked for may be a secret put amiss.
  keyNotFound: (): ApiProblem => notThere("key_not_found", "there is no key of that name"),
  keyExists: (name: string, isConfigured: boolean): ApiProblem =>
    invalid(
      409,
      "key_exists",
      `there is a key \`${name}\` already${isConfigured ? ", in the configuration" : ""}`,
    ),
  keyConfigured: (name: string): ApiProblem =>
    invalid(409, "key_configured", `\`${name}\` is a key of the configuration: change it there`),
  keyRevoked: (): ApiProblem =>
    invalid(409, "key_revoked", "the key was revoked, which is not undone: make another"),
  keyChanged: (): ApiProblem =>
    invalid(412, "key_changed", "the key is not what it was: read it again"),
  tooManyKeys: (most: number): ApiProblem =>
    invalid(409, "too_many_keys", `there are ${most} keys already: delete some`),
  tooManySecrets: (most: number): ApiProblem =>
    invalid(
      409,
      "too_many_secrets",
      `${most} secrets of this key are good already: wait, or say a \`grace\` of 0s`,
    ),
  versionNotKept: (): ApiProblem =>
    notThere("version_not_kept", "that version is not kept; see /admin/versions"),
  policyNotInVersion: (): ApiProblem =>
    notThere("policy_not_in_version", "that version has no such policy"),
  configurationDiffers: (): ApiProblem =>
    invalid(
      409,
      "configuration_differs",
      "that version had another configuration, which its policies were checked under: roll back the whole version, without `policy`",
    ),
  rollbackRefused: (reasons: readonly string[]): ApiProblem =>
    invalid(409, "rollback_refused", `that version cannot be in force: ${reasons.join("; ")}`),
  versionChanged: (version: number): ApiProblem =>
    invalid(412, "version_changed", `version ${version} is in force, not that of If-Match`),
  noShadowPolicy: (policy: string): ApiProblem =>
    notThere(
      "no_shadow_policy",
      `no policy decides beside \`${policy.slice(0, 200)}\`: \`shadow-policies\` of signalbox.yaml names none`,
    ),
  shadowNotInForce: (): ApiProblem =>
    invalid(
      409,
      "policy_not_in_force",
      "the policy, or the one beside it, is not in force; /readyz says why",
    ),
  nothingBefore: (policy: string): ApiProblem =>
    notThere(
      "nothing_before",
      `there is no ${policy.slice(0, 200)}.policy.before: nothing has replaced it`,
    ),
  candidateChanged: (hash: string): ApiProblem =>
    invalid(412, "candidate_changed", `the candidate in force has the hash ${hash}, not this one`),
  replacementRefused: (reasons: readonly string[]): ApiProblem =>
    invalid(409, "replacement_refused", `nothing was changed: ${reasons.join("; ")}`),
  explainForbidden: (configured: boolean): ApiProblem =>
    refusal(
      403,
      "explain_not_allowed",
      configured
        ? "an explanation needs the admin key in x-signalbox-admin-key"
        : "an explanation needs an admin key, and none is configured: let `admin.key` in signalbox.yaml name a variable or file",
    ),
  explainBusy: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "explanation_unavailable",
    param: null,
    message:
      "too many explanations wait, or this one went over its limits; the request was not sent",
    retryAfterMs: 1_000,
  }),
  malformedSeed: (): ApiProblem =>
    invalid(400, "malformed_seed", "x-signalbox-seed takes a whole number below 4294967296"),
  notFound: (method: string, path: string): ApiProblem => ({
    status: 404,
    type: "invalid_request_error",
    code: "unknown_url",
    param: null,
    message: `there is no ${method} ${path.slice(0, 200)} here`,
  }),
  methodNotAllowed: (allowed: string): ApiProblem =>
    invalid(405, "method_not_allowed", `this takes ${allowed} only`),
  modelNotFound: (model: string): ApiProblem => ({
    status: 404,
    type: "invalid_request_error",
    code: "model_not_found",
    param: "model",
    message: `there is no policy or target \`${model.slice(0, 200)}\` that this key may use`,
  }),
  bodyTooLarge: (limitBytes: number): ApiProblem =>
    invalid(413, "request_too_large", `the request body is larger than ${limitBytes} bytes`),
  encodedBody: (): ApiProblem =>
    invalid(415, "unsupported_content_encoding", "send the request body without content-encoding"),
  fileTooLarge: (limitBytes: number): ApiProblem =>
    invalid(413, "file_too_large", `a file of requests takes at most ${limitBytes} bytes`),
  storageFull: (limitBytes: number): ApiProblem =>
    invalid(
      413,
      "storage_full",
      `the files of this key would take more than ${limitBytes} bytes: delete some`,
    ),
  notAForm: (): ApiProblem =>
    invalid(415, "unsupported_media_type", "a file is uploaded as multipart/form-data"),
  malformedForm: (why: string): ApiProblem =>
    invalid(400, "malformed_form", `the form cannot be read: ${why}`),
  fileNotFound: (id: string): ApiProblem =>
    notThere("file_not_found", `there is no file \`${id.slice(0, 100)}\``),
  fileInUse: (): ApiProblem =>
    invalid(409, "file_in_use", "a batch still reads from this file: cancel it first"),
  batchNotFound: (id: string): ApiProblem =>
    notThere("batch_not_found", `there is no batch \`${id.slice(0, 100)}\``),
  notBatched: (): ApiProblem => ({
    ...invalid(400, "invalid_value", "`endpoint` is none that answers batches here"),
    param: "endpoint",
  }),
  batchOver: (status: string): ApiProblem =>
    invalid(409, "batch_not_cancellable", `a batch that is ${status} cannot be cancelled`),
  tooManyBatches: (most: number): ApiProblem => ({
    status: 429,
    type: "rate_limit_error",
    code: "too_many_batches",
    param: null,
    message: `at most ${most} batches of one key may be at work; wait for some to end`,
    retryAfterMs: 60_000,
  }),
  storeUnusable: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "store_unusable",
    param: null,
    message: "the gateway's store cannot be used at the moment; its log says why",
    retryAfterMs: 30_000,
  }),
  streamedBatch: (): ApiProblem => ({
    ...invalid(
      400,
      "batch_not_streamable",
      "the policy lets this request wait for a batch, so its answer cannot be streamed: leave `stream` out and fetch the answer from /v1/batches",
    ),
    param: "stream",
  }),
  streamedLine: (): ApiProblem => ({
    ...invalid(400, "batch_not_streamable", "a request of a batch cannot be streamed"),
    param: "stream",
  }),
  overloaded: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "overloaded",
    param: null,
    message: "the gateway has too much to do at the moment; the request was not begun",
    retryAfterMs: 2_000,
  }),
  sameKeyRunning: (): ApiProblem =>
    invalid(
      409,
      "idempotency_key_in_use",
      "a request with this Idempotency-Key is being answered: wait for its end",
    ),
  limited: (option: string, retryAfterMs: number | null): ApiProblem => ({
    status: 429,
    type: "rate_limit_error",
    code: "limit_reached",
    param: null,
    message: `the limit \`${option}\` of the policy has no room for this request at the moment`,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  }),
  stopping: (): ApiProblem => ({
    status: 503,
    type: "server_error",
    code: "shutting_down",
    param: null,
    message: "the gateway is stopping",
    retryAfterMs: 1_000,
  }),
  rejectedByRule: (status: number, message: string): ApiProblem => ({
    status,
    type: rejectionType(status),
    code: "rejected_by_policy",
    param: null,
    message: message === "" ? "the policy rejects this request" : message,
  }),
  refusedByPlan: ({ status, code, message }: Refusal): ApiProblem => ({
    status,
    type: rejectionType(status),
    code,
    param: null,
    message,
  }),
  bug: (): ApiProblem => ({
    status: 500,
    type: "server_error",
    code: "internal_error",
    param: null,
    message: "the gateway failed; its log says why under this answer's x-request-id",
  }),
};

/** What is told of a key that opens nothing. Only who has the right one hears what has become of it. */
const unknownKey = { code: "invalid_api_key", message: "the API key is missing or not known here" };
const keyFaults: Readonly<Record<KeyFault, Pick<ApiProblem, "code" | "message">>> = {
  missing: unknownKey,
  malformed: unknownKey,
  unknown: unknownKey,
  expired: { code: "expired_api_key", message: "this API key has expired" },
  disabled: { code: "disabled_api_key", message: "this API key is disabled at the moment" },
  revoked: { code: "revoked_api_key", message: "this API key was revoked" },
};

/** Status of a record whose client left before an answer, after nginx's custom. */
export const clientGoneStatus = 499;

function invalid(status: number, code: string, message: string): ApiProblem {
  return { status, type: "invalid_request_error", code, param: null, message };
}

function notThere(code: string, message: string): ApiProblem {
  return invalid(404, code, message);
}

function refusal(status: number, code: string, message: string): ApiProblem {
  return { status, type: "permission_error", code, param: null, message };
}

function rejectionType(status: number): string {
  if (status === 429) return "rate_limit_error";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
