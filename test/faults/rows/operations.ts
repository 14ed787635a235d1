import { covered, coveredBut, type FaultRow, row, tested } from "./row.ts";

const overload = "gateway/overload.test.ts";
const byPriority = "a gateway that is %s takes new work by the priority of its plan";

const reload = "gateway/reload/reload.test.ts";
const stop = "gateway/stop.test.ts";
const store = "runtime/store/sqlite.test.ts";
const log = "runtime/telemetry/decision-log.test.ts";
const embeddings = "gateway/embeddings.test.ts";
const cache = "gateway/cache.test.ts";
const ledger = "runtime/store/ledger.test.ts";
const leavesGood = "%s leaves the last good version in force and says so, until it is mended";

/** Configuration, caches, budgets, storage and the process. */
export const operationRows: readonly FaultRow[] = [
  row(
    115,
    "a file that is empty, cut or half written",
    ["-", "the old version serves, the place is told"],
    covered(reload, leavesGood),
  ),
  row(
    116,
    "editors that rename, back up, probe",
    ["-", "one reading"],
    covered(
      reload,
      "a write in place",
      "a hundred saves in a row end in the last content, after a few readings",
    ),
  ),
  row(
    117,
    "links that are swapped, dangle, loop; devices",
    ["-", "read or refused, never a hang"],
    {
      kind: "covered",
      by: [
        [
          `test/${reload}`,
          "a Kubernetes volume's swapped `..data` link takes effect, policies and configuration at once",
        ],
        ["test/cli/hostile.test.ts", "a device without an end is one clear line"],
      ],
    },
  ),
  row(
    118,
    "a file deleted and made again",
    ["-", "the old one serves meanwhile"],
    covered(reload, "a deleted file", leavesGood),
  ),
  row(
    119,
    "a hundred saves in a second",
    ["-", "few readings, the last content"],
    covered(reload, "a hundred saves in a row end in the last content, after a few readings"),
  ),
  row(120, "good syntax, no sense", ["-", "all mistakes at once, nothing changed"], {
    kind: "covered",
    by: [
      [
        "test/configuration/read.test.ts",
        "every mistake of a file is reported at once, in the order of the file",
      ],
      [`test/${reload}`, leavesGood],
    ],
  }),
  row(
    121,
    "a file far larger than ever",
    ["-", "a limit that is told"],
    covered(
      "gateway/reload/hostile.test.ts",
      "%s ends in a diagnostic, and streams flow on meanwhile",
    ),
  ),
  row(
    122,
    "blanks in every place",
    ["-", "a diagnostic, never a fault"],
    covered(
      "configuration/hostile.test.ts",
      "no text whatsoever throws, every span lies in the text, and there is a configuration or an error",
    ),
  ),
  row(
    123,
    "a version that fails at its first request",
    ["-", "kept out by its tests"],
    coveredBut(
      "a rollback by hand comes with operations",
      covered(
        "gateway/reload/tested.test.ts",
        "an edit that breaks a test of its own file keeps the last version serving, and says which test and why",
      ),
    ),
  ),
  row(
    124,
    "reloads under load",
    ["no failed request", "one version for each"],
    covered(
      "gateway/reload/under-load.test.ts",
      "reloads under load never yield a mixture of two versions",
      "with 50 streams under way, the first request after a swap follows the new version and none fails",
    ),
  ),
  row(
    125,
    "a target that goes while it streams",
    ["the stream ends well", "its connections close when idle"],
    covered(
      "runtime/transport/pools.test.ts",
      "a provider that leaves the configuration closes only when its last request is over",
    ),
  ),
  row(
    126,
    "what is derived from a version",
    ["-", "made anew with it"],
    covered(
      reload,
      "a changed configuration swaps with the policies; a bad one, or one a policy cannot live with, is refused",
    ),
  ),
  row(
    127,
    "a provider's key is rotated",
    ["-", "the next request has the new one"],
    covered(reload, "a rotated secret file takes effect"),
  ),
  row(
    128,
    "two changes at once, by hand and by file",
    ["-", "one wins, the other hears it"],
    covered(
      "gateway/admin.test.ts",
      "If-Match guards a rollback against a change in between; the last ten versions are kept",
    ),
  ),
  row(
    129,
    "a start with a broken configuration",
    ["-", "one clear message, nothing is served"],
    coveredBut(
      "no last good version outlives the process yet",
      covered(stop, "%s is told at the start, and nothing is served"),
    ),
  ),
  row(
    130,
    "a price that is missing",
    ["served", "the cost is unknown and says so"],
    covered(
      "runtime/telemetry/decision-record.test.ts",
      "the cost of an attempt is exact, and null where its usage or its price is not known",
    ),
  ),
  row(
    131,
    "one prompt, two tenants",
    ["-", "nothing crosses"],
    covered(cache, "of scope %s, what the keys %s ask is a %s"),
  ),
  row(
    132,
    "one prompt, other settings",
    ["-", "a miss"],
    covered(
      "gateway/cache-identity.test.ts",
      "has another key when anything changes that a provider may see",
      "has another key when a field is left out",
    ),
  ),
  row(
    133,
    "a prompt that differs by a number or a name",
    ["-", "a miss"],
    covered(
      "gateway/semantic-cache.test.ts",
      "what differs by its %s is a miss",
      "prompts that are made to lie where %j lies are a miss",
    ),
  ),
  row(
    134,
    "prompts made to collide",
    ["-", "a miss"],
    coveredBut(
      "a text of the very words of another, in an order that no guard knows, is taken for it",
      covered(
        "gateway/semantic-cache.test.ts",
        "prompts that are made to lie where %j lies are a miss",
      ),
    ),
  ),
  row(135, "an answer that is not whole", ["-", "not kept"], covered(cache, "%s is not kept")),
  row(
    136,
    "hundreds of equal requests at once",
    ["-", "one call"],
    covered(
      "gateway/cache-sharing.test.ts",
      "hundreds of requests that ask the same at the same time are sent once, whole or streamed, and all are answered",
      "when the one that is sent fails the others go on, one at a time",
    ),
  ),
  row(
    137,
    "an embedding service that is down",
    ["-", "the cache is passed by"],
    covered(
      embeddings,
      "where the server of the embeddings %s requests are answered, and equal ones found",
      "a server that says nothing holds a request for a second and no longer",
    ),
  ),
  row(
    138,
    "a cache's store that is slow or full",
    ["-", "the cache is passed by"],
    covered(
      "gateway/cache-stores.test.ts",
      "while its server is gone or hangs requests are answered as if nothing were kept",
    ),
  ),
  row(
    139,
    "a client that wants no cache",
    ["-", "the cache is passed by"],
    covered(cache, "a client that says cache-control: %s is heard"),
  ),
  row(
    140,
    "another embedding model",
    ["-", "old vectors are not compared"],
    covered(
      embeddings,
      "places of another model are not compared",
      "of a server at home that tells its weights, other weights are another place",
    ),
  ),
  row(141, "more at once than a budget pays", ["some 429", "never more than it pays"], tested),
  row(
    142,
    "a cost that cannot be told",
    ["as the policy says", "never free unseen"],
    coveredBut(
      "check warns of each such target (P0434); until it is given a price it costs a budget nothing",
      covered("language/analysis/unpriced-budgets.test.ts", "`%s` finds %j"),
    ),
  ),
  row(143, "large reservations, small use", ["-", "nobody is starved"], tested),
  row(
    144,
    "a crash between reserving and settling",
    ["-", "counts as spent"],
    covered(ledger, "outlive the process, and what was reserved counts as spent then"),
  ),
  row(
    145,
    "a budget's day turns over",
    ["-", "once"],
    covered(
      "runtime/limits/limit-book.test.ts",
      "what began in one window and ends in the next is no part of the next",
      "a clock that goes back opens no window twice",
    ),
  ),
  row(
    146,
    "kill -9 at any moment",
    ["-", "what was acknowledged is there"],
    coveredBut(
      "for the store of batches; the ledger's own comes with limits",
      covered(
        store,
        "what was acknowledged survives the process being killed, and what was not leaves nothing",
      ),
    ),
  ),
  row(
    147,
    "a disk that is full or fails",
    ["served", "told and counted"],
    covered(log, "a disk that takes nothing is reported once, and lines are counted as dropped"),
  ),
  row(
    148,
    "a store that is corrupt",
    ["-", "told in words"],
    covered(store, "a file that cannot be the store is told in words"),
  ),
  row(149, "no file descriptors left", ["503", "streams go on"], tested),
  row(150, "memory runs short", ["503 before it does", "-"], covered(overload, byPriority)),
  row(151, "the loop is held", ["503", "-"], covered(overload, byPriority)),
  row(
    152,
    "a fault of our own",
    ["500 for that request", "others go on"],
    covered(
      "gateway/fault.test.ts",
      "is that request's end alone: it is answered and logged, and the next one is served",
    ),
  ),
  row(
    153,
    "SIGTERM while streams run",
    ["they end, or an error event", "exit 0 in time"],
    covered(
      stop,
      "a graceful stop lets streams end, and takes no new connection meanwhile",
      "streams that outlast the drain end with an error event and no [DONE]; the rest gets 503",
    ),
  ),
  row(154, "a second signal", ["-", "an end at once"], tested),
  row(155, "SIGHUP", ["-", "the files are read anew"], tested),
  row(
    156,
    "a port that is taken",
    ["-", "one clear line"],
    covered(stop, "a taken port is told in one line"),
  ),
  row(
    157,
    "a log that takes nothing",
    ["served", "lines dropped and counted"],
    covered(log, "what the disk cannot take in time is dropped by whole lines and counted"),
  ),
  row(
    158,
    "a flood of names in metrics",
    ["-", "labels are the configuration's"],
    covered(
      "runtime/telemetry/metrics.test.ts",
      "meters count by labels of the configuration, and the gauges are read at the scrape",
    ),
  ),
  row(
    159,
    "a day of mixed load",
    ["-", "memory is flat"],
    coveredBut("an hour of it: `npm run soak`; its judgement is what is tested here", {
      kind: "covered",
      by: [
        ["test/bench/soak/ending.test.ts", "%s is classified"],
        ["test/bench/soak/trend.test.ts", "the slope of a line is found, whatever it begins at"],
      ],
    }),
  ),
  row(
    160,
    "two processes on one store",
    ["-", "one of them works on it"],
    covered(
      "gateway/files.test.ts",
      "that another gateway works on cannot be had: it says so and serves the rest",
    ),
  ),
];
