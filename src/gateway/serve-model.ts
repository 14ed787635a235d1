import type { KeyGrant } from "../configuration/configuration.ts";
import type { RequestContext } from "../extract/context.ts";
import type { ModelRequest } from "../protocol/model-request.ts";
import { caller, keysWatch } from "./caller.ts";
import { choosePolicy } from "./choose-policy.ts";
import { classifyFor } from "./classify.ts";
import { contextOf } from "./decision.ts";
import { type Exchange, fault, guarded, refuse } from "./exchange.ts";
import { explainLive, mayExplain, wantsExplanation } from "./explain-live.ts";
import { ModelExchange } from "./model-exchange.ts";
import { problems } from "./problems.ts";
import { PromptPrints } from "./prompt-memory.ts";
import { type BodyRead, readBody } from "./read-body.ts";
import type { Surface } from "./surfaces.ts";
import { withCounted } from "./tallies.ts";

/** Answers a request to a model for a caller whose key was found (null: none are configured). */
export function serveModel(exchange: Exchange, surface: Surface, key: KeyGrant | null): void {
  if (wantsExplanation(exchange) && !mayExplain(exchange)) return;
  const keysChanged = keysWatch(exchange.core);
  const arrivedAtMs = exchange.core.clock.monotonic();
  const { server } = exchange.snapshot.configuration;
  const answer = guarded(exchange, (read: BodyRead) => {
    if (read.kind === "gone") return;
    if (read.kind === "problem") {
      refuse(exchange, read.problem);
      return;
    }
    // A key that was taken away while the body came in sends nothing any more.
    if (keysChanged() && caller({ ...exchange, snapshot: exchange.core.snapshot }) === false)
      return;
    const readAtMs = exchange.core.clock.monotonic();
    const request = requestOf(exchange, surface, read.bytes);
    if (request === null) return;
    const choice = choosePolicy(request.body.model, key, exchange.snapshot);
    if (choice === null) {
      refuse(exchange, problems.modelNotFound(request.body.model));
      return;
    }
    const prints = choice.policy.weighsCache ? new PromptPrints(request) : null;
    const context = contextOf(exchange, request, {
      caller: key,
      endpoint: surface.endpoint,
      requested: choice.requested,
      prints,
      // Counting a prompt's tokens is free.
      classify: request.counting === true ? undefined : classifyFor(exchange, choice.policy),
    });
    if (!claimsKey(exchange, key)) return;
    const serve = (counted: RequestContext): void => {
      // Its close is over: nobody would stop what is begun for it now.
      if (exchange.response.destroyed) return;
      if (wantsExplanation(exchange)) {
        explainLive(exchange, choice.policy, counted);
        return;
      }
      const given = { request, context: counted, prints, arrivedAtMs, readAtMs };
      new ModelExchange(exchange, choice.policy, given).begin();
    };
    const counted = withCounted(exchange.core, choice.policy, context);
    if (!(counted instanceof Promise)) serve(counted);
    else counted.then(guarded(exchange, serve), (error: unknown) => fault(exchange, error));
  });
  readBody(exchange, server.bodyLimitBytes, answer);
}

/** What the bytes ask; null after the request was refused. */
function requestOf(exchange: Exchange, surface: Surface, bytes: Uint8Array): ModelRequest | null {
  const { server } = exchange.snapshot.configuration;
  const popular = exchange.core.cache.popular.find(surface, server, bytes);
  if (popular !== null) return popular;
  const read = surface.read(bytes, server, exchange.request.headers);
  if (read.ok) return read.request;
  refuse(exchange, read.problem);
  return null;
}

/**
 * Whether a request may go on under its Idempotency-Key; false after it was refused, since another one of the same caller runs under
 * it. Answers are not kept: one that comes after the end of the first is asked anew.
 */
function claimsKey(exchange: Exchange, key: KeyGrant | null): boolean {
  const named = exchange.request.headers["idempotency-key"];
  if (typeof named !== "string" || exchange.response.destroyed) return true;
  const { live } = exchange.core;
  const claim = JSON.stringify([key?.name ?? null, named]);
  if (!live.claim(claim)) {
    refuse(exchange, problems.sameKeyRunning());
    return false;
  }
  exchange.response.once("close", () => live.release(claim));
  return true;
}
