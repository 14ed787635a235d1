import type { ApiProblem } from "../../protocol/api-error.ts";
import { type Exchange, fault, guarded, isGet, notAllowed, refuse } from "../exchange.ts";
import { problems } from "../problems.ts";
import {
  promote,
  putBack,
  type ShadowAnswer,
  type ShadowOrder,
  type ShadowRefusal,
} from "../promotion.ts";
import { sendJson } from "../to-response.ts";
import { audit } from "./audit.ts";
import { field, OrderError, readOrder, textOf } from "./read-order.ts";

/** Answers what candidates made of requests, or puts one in force, or what it replaced back. False where the path is none of these. */
export function serveShadow(exchange: Exchange, path: string): boolean {
  if (path === "/admin/shadow") {
    const { core, response, headers } = exchange;
    if (isGet(exchange)) sendJson(response, { shadows: core.policyShadows.report() }, headers);
    return true;
  }
  const act = acts.get(path);
  if (act === undefined) return false;
  if (exchange.request.method !== "POST") notAllowed(exchange, "POST");
  else change(exchange, act);
  return true;
}

interface Act {
  readonly name: "promote" | "put-back";
  run(core: Exchange["core"], order: ShadowOrder): Promise<ShadowAnswer>;
}

const acts: ReadonlyMap<string, Act> = new Map([
  ["/admin/shadow/promote", { name: "promote", run: promote }],
  ["/admin/shadow/rollback", { name: "put-back", run: putBack }],
]);

function change(exchange: Exchange, { name, run }: Act): void {
  const { core, response, headers } = exchange;
  readOrder(exchange, name === "promote" ? ["policy", "hash"] : ["policy"], (order) => {
    const policy = textOf(field(order, "policy"), "policy");
    if (policy === null)
      throw new OrderError("`policy` has to name the policy in force", { param: "policy" });
    const hash = textOf(field(order, "hash"), "hash");
    run(core, { policy, hash }).then(
      guarded(exchange, (answer) => {
        const { kind: result } = answer;
        if (answer.kind === "done" || answer.kind === "unchanged") {
          const told = { result, hash: answer.hash, version: answer.version };
          audit(exchange, name, { policy, wanted: hash, ...told });
          sendJson(response, { policy, ...told }, headers);
        } else {
          audit(exchange, name, { policy, wanted: hash, result });
          refuse(exchange, problemOf(answer, policy));
        }
      }),
      (error: unknown) => fault(exchange, error),
    );
  });
}

function problemOf(answer: ShadowRefusal, policy: string): ApiProblem {
  switch (answer.kind) {
    case "no-shadow":
      return problems.noShadowPolicy(policy);
    case "not-in-force":
      return problems.shadowNotInForce();
    case "other-folder":
      return problems.replacementRefused([
        "the two policies lie in different folders, so what they use is not the same",
      ]);
    case "nothing-before":
      return problems.nothingBefore(policy);
    case "other-hash":
      return problems.candidateChanged(answer.hash);
    case "refused":
      return problems.replacementRefused(answer.reasons);
  }
}
