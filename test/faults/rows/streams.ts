import { covered, coveredBut, type FaultRow, row, tested, testedBut } from "./row.ts";

/** What happens to a stream once its client has seen some of it, and what clients do. */
export const streamRows: readonly FaultRow[] = [
  row(
    39,
    "a reset after some tokens",
    ["an error event, no [DONE]", "the client raises, usage is kept"],
    tested,
  ),
  row(40, "an end inside a chunk", ["as 39", "as 39"], tested),
  row(41, "an end in order, unfinished", ["an error event", "never called whole"], tested),
  row(42, "finished, without its end mark", ["whole, with the mark", "usage is read"], tested),
  row(43, "more after the end, the end twice", ["one end", "the connection is closed"], tested),
  row(44, "a stall between tokens", ["an error event in time", "the upstream is cut"], tested),
  row(
    45,
    "an error event in the middle",
    ["our error event, then the end", "nothing behind it"],
    tested,
  ),
  row(46, "an event that is no JSON", ["an error event", "nothing is skipped in silence"], tested),
  row(47, "a line without end", ["an error event", "memory is flat"], tested),
  row(
    48,
    "every way to write an event stream",
    ["the same text", "as the standard reads it"],
    tested,
  ),
  row(49, "pieces of one byte, pieces of a megabyte", ["the same bytes", "for any cut"], tested),
  row(
    50,
    "tens of thousands of tiny events",
    ["all of them", "others are answered meanwhile"],
    testedBut("lag of the loop is measured by the bench"),
  ),
  row(51, "a tool's arguments break off", ["an error event", "nobody completes them"], tested),
  row(
    52,
    "no usage, or after the client left",
    ["-", "an estimate that says so"],
    covered(
      "runtime/transport/stream-usage.test.ts",
      "a whole stream without its provider's count is charged by an estimate",
      "a stream whose client left after the first piece is charged by an estimate",
    ),
  ),
  row(53, "another id or model in mid-stream", ["one id, one model", "-"], tested),
  row(
    54,
    "a client leaves before the first byte",
    ["-", "upstream and place are free"],
    testedBut("a place in a provider's own queue is free when its turn comes"),
  ),
  row(
    55,
    "a client leaves in mid-stream",
    ["-", "upstream cut, one record"],
    coveredBut(
      "the stated policy on billing comes with the ledger",
      covered(
        "runtime/transport/socket-world.test.ts",
        "a client that leaves while the answer is %s frees the connection at once",
      ),
    ),
  ),
  row(
    56,
    "a client leaves a whole answer",
    ["-", "upstream cut"],
    covered(
      "gateway/chat.test.ts",
      "clients that leave, hundreds of them, free the connections of a small pool (streamed: %s)",
    ),
  ),
  row(
    57,
    "a client closes its half",
    ["nothing", "upstream cut"],
    testedBut(
      "taken for leaving: nobody can tell the two apart, and an answer that goes on is billed",
    ),
  ),
  row(
    58,
    "a client stops reading",
    ["cut after a minute", "the upstream waits, little is held"],
    tested,
  ),
  row(59, "many clients stop reading", ["as 58", "others are served, memory is bounded"], tested),
  row(60, "a client reads byte by byte", ["as 58", "-"], tested),
  row(
    61,
    "a continuation breaks as well",
    ["as 39", "one continuation at most"],
    covered(
      "gateway/continue.test.ts",
      "where the second one breaks too the client hears of it, and no end is feigned",
    ),
  ),
  row(
    62,
    "a hedge, and both answer",
    ["the first one", "the other is stopped and recorded"],
    covered(
      "gateway/hedge.test.ts",
      "a silent stream is outrun by the next target, and the client sees one clean answer",
    ),
  ),
];
