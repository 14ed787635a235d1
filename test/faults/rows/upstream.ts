import { covered, coveredBut, type FaultRow, notHere, row, tested, testedBut } from "./row.ts";

const faults = "runtime/transport/upstream-faults.test.ts";
const world = "runtime/transport/socket-world.test.ts";

/** What an upstream does before anything of an answer has reached the client. */
export const upstreamRows: readonly FaultRow[] = [
  row(1, "nobody listens", ["next target, else 502", "nothing billed"], tested),
  row(
    2,
    "a name that does not resolve",
    ["as 1", "asked anew each time"],
    covered(faults, "a name that does not resolve is unreachable, and is not asked twice"),
  ),
  row(
    3,
    "a name that comes to lead to a private address",
    ["502", "no byte is sent there"],
    coveredBut(
      "what a configuration names is trusted; what a request can influence is not",
      covered(
        "runtime/transport/public-address.test.ts",
        "a name that leads to this machine alone is not resolved (all: %s)",
      ),
    ),
  ),
  row(
    4,
    "no connection is made nor refused",
    ["next target after the connect limit", "the deadline holds"],
    covered(faults, "a server that accepts no connection is given up after the connect timeout"),
  ),
  row(
    5,
    "a certificate nobody vouches for",
    ["502, next target", "no environment switches the check off"],
    covered(
      "runtime/transport/pools.test.ts",
      "a certificate that nobody vouches for is refused, whatever the environment says",
    ),
  ),
  row(
    6,
    "takes the request and says nothing",
    ["next target, last 504", "in the first-token limit"],
    tested,
  ),
  row(7, "a head at once, then nothing", ["as 6", "a head does not stop the limit"], tested),
  row(8, "a role, then nothing", ["as 6", "the role is held back"], tested),
  row(9, "pings and nothing else", ["as 6", "pings are no content"], tested),
  row(
    10,
    "500, 502, 503, 504",
    ["next target, else its class", "its Retry-After is passed on"],
    tested,
  ),
  row(11, "529", ["as 503", "the target rests, not the key"], tested),
  row(
    12,
    "429 with a time to come back",
    ["next target, else 429 and the time", "not asked before it"],
    {
      kind: "covered",
      by: [
        [
          "test/gateway/health.test.ts",
          "nobody asks a target before the time that it named, and other targets are not held",
        ],
      ],
    },
  ),
  row(
    13,
    "Retry-After as a date, in the past, negative, no number, ten years",
    ["read or ignored", "never too long for a timer"],
    covered(
      "runtime/providers/retry-hint.test.ts",
      "no hint is ever too long for a timer",
      "ten years as a date",
      "a date in the past",
      "NaN",
    ),
  ),
  row(
    14,
    "two times that contradict each other",
    ["milliseconds win", "-"],
    covered("runtime/providers/retry-hint.test.ts", "milliseconds win"),
  ),
  row(
    15,
    "429 that means an empty account",
    ["429 insufficient_quota", "no retry, a long rest"],
    tested,
  ),
  row(
    16,
    "401, 403",
    ["502, never 401", "nothing of the key is told"],
    testedBut("goes on only where the policy says `on auth`"),
  ),
  row(17, "400 for a parameter", ["400 with its field", "one call, no fallback"], tested),
  row(
    18,
    "a prompt beyond the context",
    ["next target, else 400", "no fault of the target"],
    tested,
  ),
  row(19, "a content filter", ["400", "no other provider is asked unbidden"], tested),
  row(
    20,
    "a model that is not there",
    ["next target, else 502", "told as a mistake of the set-up"],
    tested,
  ),
  row(
    21,
    "413 below our own bound",
    ["413", "the target is not asked again"],
    testedBut("another target is asked only where the policy says so"),
  ),
  row(22, "a redirect to another host", ["502", "it hears neither key nor prompt"], tested),
  row(
    23,
    "informational answers without end",
    ["passed over", "memory is flat"],
    covered(faults, "informational answers, however many, are passed over"),
  ),
  row(
    24,
    "a head beyond all bounds",
    ["502", "the process lives"],
    covered(faults, "thousands of headers are a bad response"),
  ),
  row(25, "a page of HTML", ["502, next target", "no HTML is handed on"], tested),
  row(26, "200 with an error inside", ["the error's class", "never taken for an answer"], tested),
  row(27, "an overload as a stream's first event", ["next target", "one clean stream"], tested),
  row(
    28,
    "a whole answer cut short",
    ["next target, else 502", "never half a document with 200"],
    tested,
  ),
  row(
    29,
    "no JSON, a byte order mark, NaN, keys twice",
    ["502, or read", "one choice for repeated keys"],
    tested,
  ),
  row(
    30,
    "letters split over pieces, bytes that are no UTF-8",
    ["the same text, U+FFFD", "however it is cut"],
    tested,
  ),
  row(
    31,
    "a gzip bomb",
    ["502", "nothing is unpacked"],
    covered(world, "a compressed answer that was not asked for"),
  ),
  row(32, "an encoding a hundred times over", ["502", "nothing is unpacked"], tested),
  row(
    33,
    "an answer without end",
    ["502, after content an error event", "cut at the bound"],
    covered(
      world,
      "a body larger than its bound",
      "lifecycle events without end before any content",
    ),
  ),
  row(34, "a kept connection closes as it is used", ["nothing", "sent again once"], tested),
  row(
    35,
    "the other side vanishes without an end",
    ["next target in time", "the connection is not kept"],
    tested,
  ),
  row(
    36,
    "an answer to nothing behind the answer",
    ["nothing", "the connection is dropped"],
    covered(
      faults,
      "an answer to nothing behind the answer costs the connection, and reaches nobody",
    ),
  ),
  row(
    37,
    "an answer before the request was read",
    ["that answer", "no hang"],
    covered(faults, "a refusal that comes before the whole request was read is told"),
  ),
  row(
    38,
    "HTTP/2 connections that go away",
    ["-", "-"],
    notHere("upstreams are asked over HTTP/1.1 only"),
  ),
];
