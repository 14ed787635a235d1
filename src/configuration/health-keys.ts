import { field, quantity, record } from "./shape.ts";

const day = 86_400_000;
const duration = quantity("duration", 1, day);
const noneOrDuration = quantity("duration", 0, day);
const share = quantity("share", 0, 1);
const count = quantity("whole", 1, 1_000_000_000);

/** The section `health` of `signalbox.yaml`. */
export const healthKeys = record({
  failures: field(count, "Failures in a row after which a target is left alone."),
  "failure-share": field(
    quantity("share", 0.01, 1),
    "The share of its attempts that failed lately after which it is, too.",
  ),
  "least-attempts": field(count, "From how many attempts on that share counts."),
  window: field(quantity("duration", 1_000, day), "What `lately` is."),
  open: field(duration, "How long it is left alone at first; doubled while probes of it fail."),
  "longest-open": field(duration, "How long it is left alone at most."),
  "slow-start": field(noneOrDuration, "How long it takes to be given its full share again."),
  "retry-share": field(
    share,
    "Retries at a target for each request in flight there; three may always be.",
  ),
  "max-ejected": field(
    share,
    "The share of the targets in use that may be left alone for failures at once; beyond, each is let a little through all the same.",
  ),
  "longest-pause": field(
    noneOrDuration,
    "The longest wait that a provider may ask for (Retry-After) before other requests are sent there.",
  ),
});
