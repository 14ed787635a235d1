import { covered, coveredBut, type FaultRow, row, tested, testedBut } from "./row.ts";

const doors = "gateway/doors.test.ts";

/** What clients send. */
export const inputRows: readonly FaultRow[] = [
  row(
    95,
    "a key that is missing or wrong",
    ["401, the same for all", "compared in constant time"],
    coveredBut(
      "keys that expire or are revoked come with limits",
      covered(
        doors,
        "with client keys only a bearer of one gets in, and errors tell all wrong keys the same",
      ),
    ),
  ),
  row(
    96,
    "a key that may not use a model",
    ["404, as what is not there", "-"],
    covered(
      doors,
      "a key names its policy and what it may ask for; the rest is told like what is not there",
    ),
  ),
  row(
    97,
    "a body announced too large",
    ["413 before it is read", "nobody is asked"],
    covered(doors, "a body over the limit is 413 and read by nobody (%s)"),
  ),
  row(
    98,
    "a body too large in chunks",
    ["413, then the end", "no reset before the answer"],
    covered(doors, "a body over the limit is 413 and read by nobody (%s)"),
  ),
  row(
    99,
    "a body that is compressed",
    ["415", "nothing is unpacked"],
    covered(doors, "what a client may send is bounded, and refused by name"),
  ),
  row(
    100,
    "JSON too deep, too many keys or items",
    ["400", "others are answered meanwhile"],
    tested,
  ),
  row(101, "keys that reach for the prototype", ["plain data", "no object changes"], tested),
  row(102, "fields of wrong types and sizes", ["400 with the field", "never 500"], tested),
  row(
    103,
    "halves of letters, NUL, right to left, bytes that are no UTF-8",
    ["400, or as it was sent", "to the byte"],
    tested,
  ),
  row(
    104,
    "prompts that tokenizers dread",
    ["an answer", "the loop is not held"],
    testedBut("lag of the loop is measured by the bench"),
  ),
  row(
    105,
    "a key twice",
    ["the last counts", "for the policy as for the upstream"],
    covered(
      "gateway/what-is-sent.test.ts",
      "of a key that stands twice, what was decided on is what is sent",
    ),
  ),
  row(
    106,
    "heads with line feeds, NUL, too much, twins of a key's header",
    ["400 or 431", "no twin is a key"],
    tested,
  ),
  row(
    107,
    "lengths that contradict each other, folded heads",
    ["400 and the end", "the strict parser"],
    covered(doors, "%s is 400 and the end of the connection"),
  ),
  row(
    108,
    "two Host headers",
    ["400", "-"],
    covered(doors, "without client keys, %s is let in or not"),
  ),
  row(
    109,
    "targets written in strange ways",
    ["400 or 404", "judged as they are routed"],
    covered(
      doors,
      "every request line but a plain path is refused, and unknown paths are told in the envelope",
    ),
  ),
  row(
    110,
    "a request that comes drop by drop",
    ["408 in time", "-"],
    covered(
      "security/slow.test.ts",
      "%s is 408 and the end of the connection, by the timers that the gateway sets",
    ),
  ),
  row(111, "thousands of idle connections", ["-", "a new client is served"], tested),
  row(
    112,
    "leave to send, fifty requests at once, upgrades",
    ["a defined answer", "in order"],
    tested,
  ),
  row(113, "fields that nobody knows", ["handed on on the same wire", "-"], tested),
  row(
    114,
    "an idempotency key twice",
    ["joined, refused or replayed", "one call"],
    testedBut("answers are not kept: what comes after the end of the first is asked anew"),
  ),
];
