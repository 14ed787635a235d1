import { bearsAdminKey } from "../client-keys.ts";
import { type Exchange, fault, guarded, isGet, notAllowed, pathOf, refuse } from "../exchange.ts";
import { problems } from "../problems.ts";
import { readiness } from "../readiness.ts";
import { decoded } from "../surfaces.ts";
import { sendAccepted, sendJson } from "../to-response.ts";
import type { RollbackProblem } from "../version-book.ts";
import { audit } from "./audit.ts";
import { listLimits } from "./list-limits.ts";
import { listSpend } from "./list-spend.ts";
import { listTargets } from "./list-targets.ts";
import { listPolicies, listVersions } from "./list-versions.ts";
import { choiceOf, field, ifMatch, readOrder, textOf, versionOf } from "./read-order.ts";
import { serveCache } from "./serve-cache.ts";
import { isOfKeys, serveKeys } from "./serve-keys.ts";
import { serveShadow } from "./serve-shadow.ts";

/** Answers a request under `/admin`, for whoever bears the admin key. */
export function serveAdmin(exchange: Exchange): void {
  const { core, request, snapshot, headers, response } = exchange;
  if (!bearsAdminKey(request, snapshot.configuration.adminKey)) {
    refuse(exchange, problems.adminUnauthorised());
    return;
  }
  const path = pathOf(request);
  const show = (body: object): void => {
    if (isGet(exchange)) sendJson(response, body, [...headers, "etag", `"${snapshot.version}"`]);
  };
  const read = (answer: (exchange: Exchange) => void): void => {
    if (isGet(exchange)) answer(exchange);
  };
  const change = (act: (exchange: Exchange) => void): void => {
    if (request.method === "POST") act(exchange);
    else notAllowed(exchange, "POST");
  };
  const breaker = /^\/admin\/targets\/([^/]+)\/breaker$/.exec(path)?.[1];
  if (breaker !== undefined) change((each) => setBreaker(each, decoded(breaker)));
  else if (isOfKeys(path)) serveKeys(exchange, path);
  else if (serveShadow(exchange, path)) return;
  else if (path === "/admin/policies") show(listPolicies(core, readiness(core)));
  else if (path === "/admin/targets") show(listTargets(core));
  else if (path === "/admin/limits") read(listLimits);
  else if (path === "/admin/spend") read(listSpend);
  else if (path === "/admin/cache") serveCache(exchange);
  else if (path === "/admin/versions") show(listVersions(core));
  else if (path === "/admin/reload") change(reload);
  else if (path === "/admin/rollback") change(rollBack);
  else if (path === "/admin/drain") change(drain);
  else refuse(exchange, problems.notFound(request.method ?? "", path));
}

function reload(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  core.reload(null).then(
    guarded(exchange, (event) => {
      const { result, version, changed } = event;
      audit(exchange, "reload", { result, version, changed });
      sendJson(response, event, headers);
    }),
    (error) => fault(exchange, error),
  );
}

function setBreaker(exchange: Exchange, target: string): void {
  const { core, snapshot, response, headers } = exchange;
  if (!snapshot.targets.configured.has(target)) {
    refuse(exchange, problems.targetNotFound(target));
    return;
  }
  readOrder(exchange, ["state", "reason"], (order) => {
    const state = choiceOf(field(order, "state"), "state", ["closed", "open", "auto"] as const);
    const reason = textOf(field(order, "reason"), "reason");
    core.health.force(target, state === "auto" ? null : state);
    audit(exchange, "breaker", { target, state, reason });
    const found = listTargets(core).targets.find(({ name }) => name === target);
    sendJson(response, found, headers);
  });
}

function rollBack(exchange: Exchange): void {
  const { core, request, response, headers } = exchange;
  const ifVersion = ifMatch(request);
  readOrder(exchange, ["version", "policy"], (order) => {
    const version = versionOf(field(order, "version"), "version");
    const policy = textOf(field(order, "policy"), "policy");
    core.rollBack({ version, policy, ifVersion }).then(
      guarded(exchange, (event) => {
        if (typeof event === "string") {
          refuse(exchange, rollbackProblem(event, core.snapshot.version));
          return;
        }
        const { result, changed } = event;
        audit(exchange, "rollback", {
          ...{ to: version, policy, result, changed },
          version: event.version,
        });
        if (result !== "refused") sendJson(response, event, headers);
        else refuse(exchange, problems.rollbackRefused(event.problems.map((each) => each.summary)));
      }),
      (error) => fault(exchange, error),
    );
  });
}

function rollbackProblem(problem: RollbackProblem, version: number) {
  switch (problem) {
    case "version-changed":
      return problems.versionChanged(version);
    case "not-kept":
      return problems.versionNotKept();
    case "no-such-policy":
      return problems.policyNotInVersion();
    case "other-configuration":
      return problems.configurationDiffers();
  }
}

function drain(exchange: Exchange): void {
  const { core, response, headers } = exchange;
  audit(exchange, "drain", { inFlight: core.live.size });
  response.shouldKeepAlive = false;
  response.on(
    "close",
    guarded(exchange, () => core.drain()),
  );
  // No balancer shall believe it ready until the answer is out.
  core.stopping = true;
  sendAccepted(response, { draining: true, inFlight: core.live.size }, headers);
}
