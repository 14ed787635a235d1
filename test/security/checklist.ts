/** A test that shows a point to hold: its file below `test/`, and words of its name. */
export type Evidence = readonly [file: string, name: string];

/** One point of what an attacker tries, and what the house says to it. */
export interface Point {
  /** Its number in the list of the research on reliability (§4.2). */
  readonly number: number;
  readonly area: string;
  readonly rule: string;
  /** `partly` holds but for what is said; `elsewhere` does not apply to this code, and why is said. */
  readonly state: "holds" | "partly" | "elsewhere";
  readonly tests: readonly Evidence[];
  readonly note?: string;
}

const keys = "security/keys.test.ts";
const headers = "security/headers.test.ts";
const doors = "gateway/doors.test.ts";
const runtime = "security/runtime.test.ts";
const media = "runtime/providers/media-urls.test.ts";
const reload = "gateway/reload/hostile.test.ts";
const supply = "security/supply.test.ts";

const point = (
  [area, number]: readonly [area: string, number: number],
  rule: string,
  tests: readonly Evidence[],
  rest: Partial<Pick<Point, "state" | "note">> = {},
): Point => ({ number, area, rule, tests, state: "holds", ...rest });

/** Every point of the list, in its order. */
export const checklist: readonly Point[] = [
  point(
    ["keys", 1],
    "Of a key its digest is kept, looked up and compared in constant time.",
    [
      [keys, "words of a database"],
      [keys, "a twin of twenty letters"],
      [doors, "errors tell all wrong keys the same"],
      ["configuration/keys.test.ts", "can be given by its hash"],
      ["gateway/admin-keys.test.ts", "no secret or digest is in any"],
    ],
    {
      note: "the secret of a key that the configuration refers to by variable or file stands in memory, veiled; by `hash` none does",
    },
  ),
  point(["keys", 2], "Keys that differ, or stand twice, open nothing.", [
    [keys, "two right keys of two clients"],
    [keys, "two headers of one key"],
  ]),
  point(
    ["keys", 3],
    "A flood of wrong keys costs a digest each, and no line of a log.",
    [[keys, "a flood of wrong keys"]],
    { state: "partly", note: "no penalty by address: that is for what stands in front" },
  ),
  point(
    ["keys", 4],
    "A key that is taken away opens nothing from then on, nor what is still being sent; streams under way end by themselves.",
    [
      ["gateway/reload/reload.test.ts", "a rotated secret file takes effect"],
      ["gateway/made-keys.test.ts", "what is still being sent is refused"],
      ["gateway/made-keys.test.ts", "revoked, it stays so"],
      ["gateway/caller.test.ts", "may do what that may now"],
      ["gateway/keys-restart.test.ts", "knows each key again as it was answered"],
      ["gateway/reload/keys-under-load.test.ts", "no request with a valid key fails"],
    ],
    { state: "partly", note: "requests that wait for a limit go on to their end" },
  ),
  point(
    ["keys", 5],
    "Every wrong key is answered alike; what has become of a right one only its bearer hears.",
    [
      [doors, "errors tell all wrong keys the same"],
      ["gateway/made-keys.test.ts", "expires by the clock, and only its bearer hears so"],
      ["gateway/configured-keys.test.ts", "is refused in the envelope of"],
    ],
  ),
  point(
    ["admin", 6],
    "The operator's routes want a key of their own; Host and Origin are checked.",
    [
      [doors, "admin routes want the admin key"],
      [doors, "a rebound name"],
      [doors, "a web page of elsewhere"],
      ["configuration/read.test.ts", "a client's key that is the operator's own is an error"],
      ["gateway/stop.test.ts", "a host beyond loopback without client keys"],
      ["gateway/admin.test.ts", "on a port of their own, the operator's pages are nowhere else"],
    ],
  ),
  point(["admin", 7], "What an operator writes is checked field by field, and noted.", [
    ["gateway/admin-keys.test.ts", "is refused by name, and changes nothing"],
    ["gateway/admin-keys.test.ts", "every change is one line of the log"],
    ["gateway/admin.test.ts", "is refused by name, and changes nothing"],
  ]),
  point(["admin", 8], "Metrics, health and lists of models show no key and no address.", [
    ["security/canary.test.ts", "no secret stands anywhere"],
  ]),
  point(["egress", 9], "Only the configuration names where requests go.", [
    [headers, "nothing of a client's head reaches the provider"],
    [media, "an address inside is found at every depth"],
  ]),
  point(
    ["egress", 10],
    "Addresses of a client's are refused in every spelling of what lies inside.",
    [
      [media, "%s may not"],
      ["security/media-urls.test.ts", "on any wire"],
    ],
    {
      state: "partly",
      note: "a name is judged as a name: what it resolves to is known to the server alone that fetches it (`media-urls: none` for one that cannot be told)",
    },
  ),
  point(
    ["egress", 11],
    "What we fetch for a package is checked as a literal and when its name is looked up.",
    [
      ["runtime/transport/public-address.test.ts", "%s is public: %s"],
      ["runtime/transport/public-address.test.ts", "a host says so itself"],
    ],
    { state: "partly", note: "the address after the connection is the one that the look-up gave" },
  ),
  point(["egress", 12], "No redirect is followed, and no proxy of the environment is used.", [
    ["runtime/transport/socket-world.test.ts", "a redirect is a failure and is not followed"],
    ["runtime/transport/bounded-fetch.test.ts", "a redirect is an answer, and is not followed"],
    [runtime, "reads a proxy from the environment"],
  ]),
  point(["headers", 13], "Heads of requests to providers are built from nothing.", [
    [headers, "nothing of a client's head reaches the provider"],
  ]),
  point(["headers", 14], "Heads of answers to clients are built from nothing.", [
    [headers, "nothing of a provider's head reaches the client"],
  ]),
  point(["headers", 15], "No name makes a line of a head, an event or a log.", [
    [headers, "a model's name makes no line"],
    [headers, "what a user calls itself makes no event"],
  ]),
  point(
    ["http", 16],
    "Requests that can be read in two ways are refused.",
    [
      [doors, "content-length and transfer-encoding together"],
      [doors, "two content-lengths"],
      [doors, "a space before the colon"],
    ],
    { state: "partly", note: "not tried behind other proxies" },
  ),
  point(["http", 17], "The parser is strict, heads are bounded, and a second Host is refused.", [
    [runtime, "reads HTTP leniently"],
    [doors, "two hosts"],
    [keys, "a key of a mebibyte"],
  ]),
  point(
    ["parsing", 18],
    "Bytes, depth and keys are bounded before a body is parsed; prototypes stay as they are.",
    [
      [doors, "a body over the limit is 413"],
      [doors, "what a client may send is bounded"],
      ["protocol/read-chat-request.test.ts", "__proto__ and constructor keys are plain data"],
      ["gateway/what-is-sent.test.ts", "of a key that stands twice deep inside"],
    ],
  ),
  point(["parsing", 19], "No path of a client's is written to.", [
    ["protocol/read-chat-request.test.ts", "__proto__ and constructor keys are plain data"],
    ["configuration/hostile.test.ts", "keys of prototypes"],
    [runtime, "__proto__ is gone"],
  ]),
  point(
    ["parsing", 20],
    "A client's schema is data; nothing is compiled from it or fetched for it.",
    [[runtime, "makes code from text"]],
  ),
  point(
    ["patterns", 21],
    "Users' patterns run in linear time, and are bounded when they are compiled.",
    [
      [reload, "a pattern that other engines take for ever with"],
      [reload, "a pattern that grows when it is compiled"],
    ],
  ),
  point(
    ["patterns", 22],
    "Our own patterns do not hold the loop.",
    [["security/patterns.test.ts", "hostile text does not hold the loop"]],
    {
      state: "partly",
      note: "looked through once with recheck 4.5.0: what is left beyond linear meets the operator's text or bounded text alone",
    },
  ),
  point(["policy", 23], "A policy reads neither files nor the network, and has no loop.", [
    ["architecture.test.ts", "reach"],
  ]),
  point(
    ["policy", 24],
    "Files are opened once, without waiting, regular and bounded.",
    [
      [reload, "larger than 8388608 bytes"],
      ["cli/hostile.test.ts", "a device without an end"],
    ],
    {
      state: "partly",
      note: "links are followed, as Kubernetes needs; who owns a file is not looked at",
    },
  ),
  point(
    ["policy", 25],
    "YAML without tags of code; aliases are bounded; a name given twice is an error.",
    [
      ["configuration/hostile.test.ts", "aliases of aliases"],
      ["configuration/hostile.test.ts", "a merge with itself"],
    ],
  ),
  point(["policy", 26], "Secrets stand in variables and files alone.", [
    ["configuration/secrets.test.ts", "is an error that does not show it"],
  ]),
  ...[27, 28, 29].map((number) =>
    point(["caches", number], "Caches of answers keep clients apart.", [], {
      state: "elsewhere",
      note: "answers are not cached yet; the memory of prompts holds digests, and tells nobody",
    }),
  ),
  point(["secrets", 30], "Secrets show themselves nowhere, and a prompt only where it was sent.", [
    ["configuration/veiled.test.ts", "no secret of a configuration is shown in"],
    ["security/canary.test.ts", "no secret stands anywhere"],
  ]),
  point(["secrets", 31], "Errors tell no address and no key of a provider.", [
    [
      "runtime/transport/upstream-faults.test.ts",
      "no secret that a provider echoes is in what is told",
    ],
    ["runtime/transport/socket-world.test.ts", "a network failure that names no address"],
  ]),
  point(["secrets", 32], "A log is lines of JSON with bounded fields.", [
    ["runtime/telemetry/logger.test.ts", "a line feed in a field cannot forge a line"],
    ["runtime/telemetry/logger.test.ts", "a field of a mebibyte is cut"],
  ]),
  point(
    ["races", 33],
    "What races is tried with every order of events.",
    [["gateway/reload/under-load.test.ts", "reloads under load never yield a mixture"]],
    {
      state: "partly",
      note: "budgets, idempotency and shared answers have tests of their own where they are built",
    },
  ),
  point(["resources", 34], "Slow heads, slow bodies and slow readers are cut, and hold little.", [
    ["gateway/overload.test.ts", "hold a bounded part of their answers"],
    ["gateway/overload.test.ts", "does not read the end of a whole answer is cut off"],
    ["security/slow.test.ts", "a head that never ends"],
    ["security/slow.test.ts", "a body that never ends"],
    ["runtime/transport/pools.test.ts", "a response larger than the bound is cut"],
  ]),
  point(
    ["resources", 35],
    "Counting tokens and looking for personal data are bounded; what compiles runs in a thread with an end.",
    [
      ["extract/token-facts.test.ts", "is bounded without looking at all of it"],
      ["security/patterns.test.ts", "hostile text does not hold the loop"],
      ["gateway/bounded-worker.test.ts", "is ended by force"],
    ],
  ),
  point(["runtime", 36], "Node's permissions are a second wall.", [], {
    state: "elsewhere",
    note: "a matter of how it is started, and no wall for the network",
  }),
  point(["runtime", 37], "Containers without root, shell or more than they need.", [], {
    state: "elsewhere",
    note: "no image is shipped; the code runs with --disable-proto=delete (38)",
  }),
  point(["runtime", 38], "No code is made from text, here or in what we use.", [
    [runtime, "makes code from text"],
    [runtime, "runs where making code from text is forbidden"],
  ]),
  point(
    ["supply", 39],
    "Exact versions, digests, no script at installation, known faults looked up.",
    [
      [supply, "named by one exact version"],
      [supply, "known by its digest"],
      [supply, "starts no script when it is installed"],
    ],
    {
      note: "`npm run audit:packages`, which `.ci/run` ends with, asks npm audit where the registry answers",
    },
  ),
  point(["supply", 40], "CI's keys read only, and publishing is apart.", [], {
    state: "elsewhere",
    note: "nothing is published from here",
  }),
];
