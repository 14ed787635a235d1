import { parentPort } from "node:worker_threads";
import { invariant } from "../base/assert.ts";
import { type Explainable, explainSnapshot } from "../explain/explain-snapshot.ts";
import { loadDerivations } from "../extract/load-derivations.ts";
import { hearOrders } from "./bounded-worker.ts";
import type { ExplainAnswer, ExplainOrder } from "./explainer.ts";
import { remake } from "./reload/check-bundle.ts";

/** Where explanations are made: a thread of its own, so that checking a policy again stalls no stream. */
const port = parentPort;
invariant(port !== null, "explanations are made in a worker");

/** Policies that were explained last, by hash; checking one of a thousand rules takes some 100 ms. */
const kept = new Map<string, Explainable>();
const mostKept = 8;

hearOrders<ExplainOrder>(port, (order) => {
  void answerOf(order).then((answer) => port.postMessage(answer));
});

async function answerOf(order: ExplainOrder): Promise<ExplainAnswer> {
  try {
    const explainable = explainableOf(order);
    await loadDerivations(explainable.policy.operands);
    const { explanation } = explainSnapshot(explainable, order.configuration, order.snapshot);
    const { rule, targets } = explanation.decision;
    const { decided } = order;
    // What is explained is what would have been served.
    invariant(rule?.id === decided.rule, `the rule is ${rule?.id}, and was ${decided.rule}`);
    invariant(
      targets.join("\n") === decided.targets.join("\n"),
      `the targets are ${targets.join()}, and were ${decided.targets.join()}`,
    );
    return { ok: true, json: JSON.stringify(explanation) };
  } catch (error) {
    return {
      ok: false,
      fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

function explainableOf({ bundle, hash, configuration }: ExplainOrder): Explainable {
  let found = kept.get(hash);
  if (found === undefined) {
    const made = remake(bundle, configuration);
    invariant(made?.policy.hash === hash, `the policy ${hash} can be checked again`);
    found = made;
  }
  // The one used last stands last, so that the first is the one to let go.
  kept.delete(hash);
  kept.set(hash, found);
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  return found;
}
