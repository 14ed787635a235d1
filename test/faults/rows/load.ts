import { covered, coveredBut, type FaultRow, notHere, row, tested, testedBut } from "./row.ts";

const outage = "simulator/outage.test.ts";
const health = "runtime/resilience/target-health.test.ts";
const limits = "gateway/limits.test.ts";
const queues = "test/runtime/limits/concurrency-book.test.ts";
const home = "gateway/local-servers.test.ts";

/** Routing, retries, load, and servers at home. */
export const loadRows: readonly FaultRow[] = [
  row(
    63,
    "the first target is down, the second is small",
    ["some 503", "the second keeps its goodput"],
    testedBut("the cap is its provider's `connections`"),
  ),
  row(
    64,
    "a target comes back",
    ["-", "traffic returns by and by"],
    covered(
      outage,
      "a target that comes back is back in full within its longest wait and a slow start, without a second dip",
    ),
  ),
  row(
    65,
    "a target that flaps",
    ["-", "it is asked less and less"],
    covered(outage, "a target that is up and down every five seconds is asked less and less"),
  ),
  row(
    66,
    "a target that refuses quickly",
    ["-", "it is not taken for fast"],
    covered(
      health,
      "a target that refuses quickly counts as slow for as long as it asked, five seconds at least",
    ),
  ),
  row(
    67,
    "a target that turns slow",
    ["-", "traffic moves away"],
    covered(health, "the time to the first token jumps up at once and comes down slowly"),
  ),
  row(
    68,
    "every target is broken",
    ["503 and a time, at once", "probes go on"],
    covered(outage, "where every target is dead the client hears at once, and when to come back"),
  ),
  row(
    69,
    "a storm of retries",
    ["-", "a fifth more calls at most"],
    covered(
      outage,
      "in a full outage, at a hundred in flight, a target gets at most a fifth more than its requests",
    ),
  ),
  row(70, "clients that retry as well", ["-", "calls are bounded"], tested),
  row(
    71,
    "an overload ends",
    ["-", "goodput is back in a minute"],
    covered(
      "simulator/overload.test.ts",
      "after a minute of three times too much, 95 in 100 requests are answered again within a minute",
    ),
  ),
  row(
    72,
    "many wait while a breaker is half open",
    ["-", "one probe"],
    covered(
      "runtime/resilience/health-properties.test.ts",
      "never are two probes under way at once",
    ),
  ),
  row(73, "the wall clock jumps", ["-", "limits do not move"], tested),
  row(
    74,
    "fallbacks that lead back",
    ["-", "-"],
    notHere("a fallback is a list of targets, which lead nowhere"),
  ),
  row(
    75,
    "a target that nobody knows",
    ["an error at the load", "-"],
    covered(
      "gateway/reload/reload.test.ts",
      "%s leaves the last good version in force and says so, until it is mended",
    ),
  ),
  row(
    76,
    "a decision that throws",
    ["500 for that request alone", "others do not notice"],
    covered(
      "gateway/fault.test.ts",
      "is that request's end alone: it is answered and logged, and the next one is served",
    ),
  ),
  row(
    77,
    "a hostile pattern in a policy",
    ["-", "linear time, or refused"],
    covered(
      "gateway/reload/hostile.test.ts",
      "%s ends in a diagnostic, and streams flow on meanwhile",
    ),
  ),
  row(
    78,
    "the deadline passes while waiting",
    ["504", "no further call"],
    covered(
      "runtime/dispatch/machine.test.ts",
      "the deadline stops an attempt, and nothing follows",
    ),
  ),
  row(79, "a full queue", ["429 or 503 and a time", "waits are bounded and fair"], {
    kind: "covered",
    by: [
      [
        `test/${limits}`,
        "as many as may are at work at once; the others wait their turn, or are turned away",
      ],
      [queues, "callers take turns however many requests one of them has"],
      [queues, "a full queue makes room for a caller with fewer requests in it"],
    ],
  }),
  row(
    80,
    "one key sends nearly everything",
    ["its own 429", "others do not notice"],
    covered(
      limits,
      "a limit turns away what is beyond it with its name and the time to come back, each value by itself",
    ),
  ),
  row(
    81,
    "large and tiny requests together",
    ["-", "tiny ones are not starved"],
    covered(
      "runtime/limits/fair-queue.test.ts",
      "tiny requests go before the next huge one of somebody else",
    ),
  ),
  row(
    82,
    "tokens estimated too low",
    ["-", "corrected when settled"],
    covered(limits, "a limit on tokens counts what the provider counted, not what was expected"),
  ),
  row(
    83,
    "an upstream tells that nothing is left",
    ["-", "it is not hammered"],
    covered(
      "gateway/health.test.ts",
      "a target whose answer says that nothing is left of its limit is passed over before it refuses",
    ),
  ),
  row(
    84,
    "a model that still loads",
    ["waits, else the next target", "one load for all"],
    coveredBut(
      "waiting for a load is the policy's own time limit",
      covered(
        home,
        "a model that Ollama loads on demand counts as healthy, and its digest stands in the record",
      ),
    ),
  ),
  row(
    85,
    "a load that fails",
    ["-", "asked less and less"],
    covered(health, "a probe that fails doubles the time, up to a minute"),
  ),
  row(
    86,
    "a server dies while it answers",
    ["an error event", "its slots are free"],
    covered(
      "faults/streams.test.ts",
      "row %i: a stream that is %s after content is raised by the client, never a short answer",
    ),
  ),
  row(
    87,
    "a server hangs while its health is fine",
    ["next target", "only an answer closes the breaker"],
    covered(health, "after a second one request probes, and its answer brings the target back"),
  ),
  row(
    88,
    "measures that are stale, broken or absent",
    ["-", "unknown, never a strange number"],
    covered(
      "runtime/servers/readers.test.ts",
      "answers of any shape make a state, whatever the kind",
    ),
  ),
  row(
    89,
    "hundreds wait at a server",
    ["-", "policies turn elsewhere"],
    covered(
      home,
      "a policy turns to the cloud when the server's own metrics say that its queue is long, and back",
    ),
  ),
  row(
    90,
    "a KV cache that is full",
    ["-", "policies see it"],
    covered(
      home,
      "running requests and the KV cache are facts of a target; for a target that tells neither they are unknown",
    ),
  ),
  row(
    91,
    "a server that says it is busy",
    ["-", "capacity, not a fault"],
    covered(
      health,
      "a server that is full now and then stays in use, one that refuses most is left alone",
    ),
  ),
  row(
    92,
    "another model answers than was asked",
    ["-", "the record and the trace tell it"],
    testedBut("its price stays the target's: servers name their models as they like"),
  ),
  row(
    93,
    "a server starts anew, its cache empty",
    ["-", "traffic returns by and by"],
    covered(
      health,
      "after a recovery it is given more and more, and what has nowhere else to go is sent all the same",
    ),
  ),
  row(
    94,
    "a strict server that takes no null",
    ["-", "what was not said is not sent"],
    covered(
      "runtime/providers/gemini/prepare.test.ts",
      "nothing is said where the client said nothing",
    ),
  ),
];
