import { expect, test } from "vitest";
import { applyFix } from "../../../src/diagnostics/apply-fix.ts";
import { parse } from "../../../src/language/syntax/parse.ts";

const rule = (condition: string): string => `if ${condition} then claude else gpt`;

/** What is written, the code it gets, the text under the carets, and the text after the fix (null: no fix is offered). */
const table: readonly (readonly [string, string, string, string | null])[] = [
  // Plans.
  [
    "otherwise claude with timeout 10s fallback gpt",
    "P0120",
    "with timeout 10s",
    "otherwise claude fallback gpt with timeout 10s",
  ],
  [
    'if stream then claude with retry 1, idle 5s fallback gpt on timeout with tag "x" else gpt',
    "P0120",
    "with retry 1, idle 5s",
    'if stream then claude fallback gpt on timeout with retry 1, idle 5s, tag "x" else gpt',
  ],
  ["otherwise claude fallback b, c", "P0121", ",", "otherwise claude fallback b fallback c"],
  ["otherwise a or b", "P0121", "or", "otherwise a fallback b"],
  ["otherwise a and b", "P0121", "and", "otherwise a fallback b"],
  [
    "otherwise a fallback b on timeout, overloaded",
    "P0101",
    ",",
    "otherwise a fallback b on timeout or overloaded",
  ],
  ["otherwise cheapest of a, b, c", "P0104", "a, b, c", "otherwise cheapest of [a, b, c]"],
  ["otherwise [a, b]", "P0121", "[a, b]", "otherwise any of [a, b]"],
  ["pool x = [a, b]", "P0105", "[a, b]", "pool x = a, b"],
  ["pool x = a, b,", "P0105", ",", "pool x = a, b"],
  ["pool x = a b", "P0104", "b", "pool x = a, b"],
  ["otherwise split: 90 a, 10% b", "P0115", "90", "otherwise split: 90% a, 10% b"],
  ["otherwise openai/gpt-4o", "P0119", "openai/gpt-4o", 'otherwise "openai/gpt-4o"'],
  ["otherwise qwen2.5:7b", "P0119", "qwen2.5:7b", 'otherwise "qwen2.5:7b"'],
  ["otherwise claude with retry 1,", "P0105", ",", "otherwise claude with retry 1"],
  ["otherwise cheapest frontier", "P0104", "frontier", "otherwise cheapest of frontier"],
  ["otherwise claude gpt", "P0104", "gpt", "otherwise claude fallback gpt"],
  ["otherwise claude timeout 10s", "P0104", "timeout", "otherwise claude with timeout 10s"],
  ["otherwise claude with timeout = 10s", "P0105", "=", "otherwise claude with timeout 10s"],
  [
    "otherwise claude with set temperature = 0",
    "P0105",
    "=",
    "otherwise claude with set temperature 0",
  ],
  [
    "otherwise claude with retry 1, timeout: 10s",
    "P0105",
    ":",
    "otherwise claude with retry 1, timeout 10s",
  ],
  [
    "otherwise cheapest(claude, gpt)",
    "P0104",
    "(claude, gpt)",
    "otherwise cheapest of [claude, gpt]",
  ],
  ["otherwise a fallback b on 429", "P0101", "429", "otherwise a fallback b on rate_limited"],
  [
    "otherwise a fallback b on timeout or 503",
    "P0101",
    "503",
    "otherwise a fallback b on timeout or overloaded",
  ],
  ["otherwise a fallback b on 418", "P0101", "418", null],
  ["else claude", "P0103", "else", "otherwise claude"],
  // Conditions.
  [rule("tokens is 200..500"), "P0123", "is", rule("tokens in 200..500")],
  [rule("tokens is not 200..500"), "P0123", "is not", rule("tokens not in 200..500")],
  [rule("tokens != 200..500"), "P0123", "!=", rule("tokens not in 200..500")],
  [rule("team = unknown"), "P0117", "= unknown", rule("team is unknown")],
  [rule("team != unknown"), "P0117", "!= unknown", rule("team is not unknown")],
  [rule("tokens ≥ 5"), "P0117", "≥", rule("tokens >= 5")],
  [rule("time in 09:00..17:00 CET"), "P0116", "CET", null],
  [rule("time in 09:00..17:00 GMT"), "P0116", "GMT", null],
  ["if stream then if tools > 0 then claude else gpt else qwen", "P0124", "if", null],
  [rule("team is in [a, b]"), "P0123", "is in", rule("team in [a, b]")],
  [rule("team is not in [a, b]"), "P0123", "is not in", rule("team not in [a, b]")],
  [rule("tokens < 200 && stream"), "P0117", "&&", rule("tokens < 200 and stream")],
  [rule("tokens < 200 || stream"), "P0117", "||", rule("tokens < 200 or stream")],
  [rule("!stream"), "P0117", "!", rule("not stream")],
  [rule("tokens === 200"), "P0117", "===", rule("tokens == 200")],
  [rule("tokens =< 200"), "P0117", "=<", rule("tokens <= 200")],
  [rule("tokens => 200"), "P0117", "=>", rule("tokens >= 200")],
  [rule("tokens <> 200"), "P0117", "<>", rule("tokens != 200")],
  [rule("team is 'search'"), "P0113", "'search'", rule('team is "search"')],
  [rule("team is “search”"), "P0113", "“search”", rule('team is "search"')],
  [rule("team is `search`"), "P0113", "`search`", rule('team is "search"')],
  [rule("100 <= tokens < 200"), "P0126", "<", rule("100 <= tokens and tokens < 200")],
  [rule("tokens / 2 < 100"), "P0117", "/", null],
  [rule("tokens-100 < 200"), "P0122", "tokens-100", rule("tokens - 100 < 200")],
  [rule("weekday in mon..fri"), "P0125", "mon..fri", rule("weekday in [mon, tue, wed, thu, fri]")],
  [rule("weekday in sat-mon"), "P0125", "sat-mon", rule("weekday in [sat, sun, mon]")],
  [rule('prompt matches "a"'), "P0101", '"a"', rule("prompt matches /a/")],
  [rule("prompt contains /a/"), "P0101", "contains", rule("prompt matches /a/")],
  [rule("prompt matches /a/i"), "P0101", "/a/i", rule("prompt matches /(?i)a/")],
  [
    rule("prompt matches /refund"),
    "P0112",
    "/refund then claude else gpt",
    rule("prompt matches /refund/"),
  ],
  [rule("team is test"), "P0107", "test", rule('team is "test"')],
  [rule("team is zürich"), "P0128", "zürich", rule('team is "zürich"')],
  [rule("(tokens < 200"), "P0104", "then", rule("(tokens < 200)")],
  [rule("team in [a, b"), "P0104", "then", rule("team in [a, b]")],
  [rule("team in [a b]"), "P0104", "b", rule("team in [a, b]")],
  // What is said as in prose or in another language.
  ["otherwise reject(429)", "P0105", "(429)", "otherwise reject 429"],
  ['otherwise reject(429, "busy")', "P0105", '(429, "busy")', 'otherwise reject 429 "busy"'],
  ['otherwise reject("busy")', "P0105", '("busy")', 'otherwise reject "busy"'],
  ["otherwise a fallback to b", "P0105", "to", "otherwise a fallback b"],
  ["if stream then route to a else b", "P0105", "route to", "if stream then a else b"],
  ["if stream then use a else b", "P0105", "use", "if stream then a else b"],
  ["otherwise use a", "P0105", "use", "otherwise a"],
  ["otherwise send to a", "P0105", "send to", "otherwise a"],
  [rule("team in (a, b)"), "P0104", "in (a, b)", rule("team in [a, b]")],
  [rule("team not in (a, b)"), "P0104", "not in (a, b)", rule("team not in [a, b]")],
  [rule("team is a, b, c"), "P0104", "is a, b, c", rule("team in [a, b, c]")],
  [rule("team is not (a, b)"), "P0104", "is not (a, b)", rule("team not in [a, b]")],
  [rule("team is any of [a, b]"), "P0123", "is any of", rule("team in [a, b]")],
  [rule("team is not one of (a, b)"), "P0123", "is not one of", rule("team not in [a, b]")],
  [rule("team is one of a, b"), "P0123", "is one of", rule("team in [a, b]")],
  [rule("tokens is less than 200"), "P0117", "is less than", rule("tokens < 200")],
  [rule("tokens is not less than 200"), "P0117", "is not less than", rule("tokens >= 200")],
  [
    rule("stream and tokens greater than or equal to 4k"),
    "P0117",
    "greater than or equal to",
    rule("stream and tokens >= 4k"),
  ],
  [rule("tokens is at most 4k"), "P0117", "is at most", rule("tokens <= 4k")],
  [rule("tokens is above 5"), "P0117", "is above", rule("tokens > 5")],
  [rule("team is equal to a"), "P0117", "is equal to", rule("team is a")],
  [rule("tokens between 5 and 10"), "P0117", "between 5 and 10", rule("tokens in 5..10")],
  [
    rule("time is not between 09:00 and 17:00"),
    "P0117",
    "is not between 09:00 and 17:00",
    rule("time not in 09:00..17:00"),
  ],
  [rule('prompt starts with "a.b"'), "P0117", "starts with", rule("prompt matches /^a\\.b/")],
  [rule('prompt endswith " x"'), "P0117", "endswith", rule("prompt matches /\\sx$/")],
  [rule("tokens >= 200 and < 500"), "P0126", "<", rule("tokens >= 200 and tokens < 500")],
  [
    rule('not prompt contains "a" or contains "b"'),
    "P0126",
    "contains",
    rule('not prompt contains "a" or prompt contains "b"'),
  ],
  [rule("stream and tokens > 5 = true"), "P0126", "= true", rule("stream and tokens > 5")],
  [rule("stream and tokens > 5 is False"), "P0126", "is False", rule("stream and not tokens > 5")],
  ["let x = 5..10", "P0101", "5..10", null],
  ["let s = 09:00..17:00 Europe/Berlin", "P0101", "09:00..17:00 Europe/Berlin", null],
  [rule("prompt matches //"), "P0101", "//", null],
  [rule("tokens < 128KB"), "P0115", "128KB", rule("tokens < 128k")],
  [rule("date < 2027-1-1"), "P0115", "2027-1-1", rule("date < 2027-01-01")],
  [rule("date < 2027/01/01"), "P0115", "2027/01/01", rule("date < 2027-01-01")],
  ["-- short\nif stream then a", "P0118", "-- short", "# short\nif stream then a"],
  ["if stream then a --- short", "P0118", "--- short", "if stream then a # short"],
  // Literals.
  [rule("tokens < 200K"), "P0115", "200K", rule("tokens < 200k")],
  [rule("tokens < 1_000"), "P0115", "1_000", rule("tokens < 1000")],
  [rule("tokens < 1,000"), "P0115", "1,000", rule("tokens < 1000")],
  ["otherwise a with timeout 200 ms", "P0115", "200 ms", "otherwise a with timeout 200ms"],
  ["otherwise a with timeout 10sec", "P0115", "10sec", "otherwise a with timeout 10s"],
  ["otherwise a with timeout 1h30m", "P0115", "1h30m", "otherwise a with timeout 90m"],
  ["otherwise a with max_tokens 1,000", "P0115", "1,000", "otherwise a with max_tokens 1000"],
  ["otherwise split: 90 % a, 10% b", "P0115", "90 %", "otherwise split: 90% a, 10% b"],
  [rule("time in 9:00..17:00 UTC"), "P0116", "9:00", rule("time in 09:00..17:00 UTC")],
  [rule("time in 9am..17:00"), "P0116", "9am", rule("time in 09:00..17:00")],
  [rule("time in 09:00-17:00"), "P0116", "-", rule("time in 09:00..17:00")],
  [rule("time >= 09:00"), "P0116", ">= 09:00", rule("time in 09:00..24:00")],
  [rule("target.price.input < $3/m"), "P0115", "$3/m", rule("target.price.input < $3/M")],
  [rule("tokens < 7b-chat"), "P0115", "7b-chat", null],
  [rule("model is 7b-chat"), "P0115", "7b-chat", rule('model is "7b-chat"')],
  ['otherwise reject 429 "a\\qb"', "P0114", "\\q", 'otherwise reject 429 "a\\\\qb"'],
  ['otherwise reject 429 "busy', "P0111", '"busy', 'otherwise reject 429 "busy"'],
  [
    'rule "short: if stream then claude',
    "P0111",
    '"short: if stream then claude',
    'rule "short": if stream then claude',
  ],
  // Keywords.
  [
    "if tokens < 200 thne local-gpu else claude",
    "P0103",
    "thne",
    "if tokens < 200 then local-gpu else claude",
  ],
  ["otherwise claude fallbak gpt", "P0103", "fallbak", "otherwise claude fallback gpt"],
  ["if stream then a othewise claude", "P0103", "othewise", "if stream then a otherwise claude"],
  ["if stream then a els claude", "P0103", "els", "if stream then a else claude"],
  [
    "if stream then a with retry 1 els claude",
    "P0103",
    "els",
    "if stream then a with retry 1 else claude",
  ],
  [
    "if stream then a with retry 1 othewise claude",
    "P0103",
    "othewise",
    "if stream then a with retry 1 otherwise claude",
  ],
  ['ruel "x": if stream then a', "P0103", "ruel", 'rule "x": if stream then a'],
  ["fi stream then a", "P0103", "fi", "if stream then a"],
  ["if stream adn tokens < 9 then a", "P0103", "adn", "if stream and tokens < 9 then a"],
  ["if stream then a elif json then b", "P0103", "elif", "if stream then a else if json then b"],
  ["default claude", "P0103", "default", "otherwise claude"],
  ["if tokens < 200 local-gpu", "P0104", "local-gpu", "if tokens < 200 then local-gpu"],
  ['rule "x" if stream then a', "P0104", "if", 'rule "x": if stream then a'],
  ['rule "x": stream then a', "P0104", "stream", 'rule "x": if stream then a'],
  [
    "rule short answers: if stream then a",
    "P0113",
    "short answers",
    'rule "short answers": if stream then a',
  ],
  ["let x tokens < 9", "P0104", "tokens", "let x = tokens < 9"],
  ["let x: tokens < 9", "P0101", ":", "let x= tokens < 9"],
  ["if stream then then a", "P0105", "then", "if stream then a"],
  ["if stream then a;", "P0105", ";", "if stream then a"],
  ["if stream { then a", "P0105", "{", "if stream  then a"],
  ["IF stream then a", "P0106", "IF", "if stream then a"],
  ["if stream AND json then a", "P0106", "AND", "if stream and json then a"],
  ["if stream OR json then a", "P0106", "OR", "if stream or json then a"],
  ["if stream then if json then a", "P0124", "if", "if stream and json then a"],
  ["if stream or tools then if json then a", "P0124", "if", "if (stream or tools) and json then a"],
  ["if stream then if json then a else b", "P0124", "if", null],
  ["// short\nif stream then a", "P0118", "// short", "# short\nif stream then a"],
  ["/* short */ if stream then a", "P0118", "/* short */", "# short \n if stream then a"],
  // What is incomplete.
  ["if tokens < 200", "P0102", "200", null],
  ["if stream then a else", "P0102", "else", null],
  ["if", "P0102", "if", null],
  ["otherwise", "P0102", "otherwise", null],
  ["let x =", "P0102", "=", null],
  ["if a = then b", "P0104", "then", null],
  ["if tokens 200 then b", "P0104", "200", null],
  ["otherwise claude on timeout or network", "P0101", "on timeout or network", null],
  ["if a then b else c else d", "P0105", "else", null],
  ["otherwise a with retry 1 else b", "P0105", "else", null],
  [rule("tokens > -5"), "P0115", "-5", null],
  ["use shared.policy", "P0113", "shared.policy", 'use "./shared.policy"'],
  ["if if stream then a", "P0105", "if", "if stream then a"],
  ['rule rule "x": if stream then a', "P0105", "rule", 'rule "x": if stream then a'],
  ["policy policy 1", "P0105", "policy", "policy 1"],
  [rule("pii is not not false"), "P0105", "not", rule("pii is not false")],
  [rule("team [a, b]"), "P0104", "[", rule("team in [a, b]")],
  ["otherwise a fallback on timeout", "P0104", "on", null],
  ["if a then b with retry 1, else c", "P0105", ",", "if a then b with retry 1 else c"],
  // Later versions.
  ['also with tag "x"', "P0105", "also with", 'also if true with tag "x"'],
  // The version line.
  ["let a = tokens < 9 policy 1", "P0127", "policy", null],
];

test.each(table)("%j is reported as %s at %j", (text, code, marked, fixed) => {
  const { ast, diagnostics } = parse({ file: "t.policy", text });
  expect(ast).toBeNull();
  const [first] = diagnostics;
  expect(first?.code, JSON.stringify(first)).toBe(code);
  expect(text.slice(first!.span.start, first!.span.end)).toBe(marked);
  expect(first!.fix === undefined ? null : applyFix(text, first!.fix)).toBe(fixed);
});

test.each([
  "otherwise claude with timeout = 10s, retry: 2",
  "otherwise cheapest(claude, gpt) fallback qwen",
  "if stream then if tools > 0 then claude else gpt else qwen",
  rule("tokens ≥ 5"),
  rule("tokens is 200..500"),
  rule("time in 09:00..17:00 CET"),
  rule("time in 9am..17:00"),
  rule("prompt matches //"),
  "let x = 5..10 otherwise a",
  "let s = 09:00..17:00 Europe/Berlin otherwise a",
  "otherwise use a",
  "otherwise reject(429)",
])("each slip of %j is one error, with no other in its wake", (text) => {
  const { diagnostics } = parse({ file: "t.policy", text });
  const codes = new Set(diagnostics.map(({ code }) => code));
  expect([codes.size, diagnostics.length]).toEqual([1, text.includes("retry:") ? 2 : 1]);
  for (const { message } of diagnostics) expect(message).not.toContain("9:00am");
});

test.each(table.filter(([, , , fixed]) => fixed !== null))("the fix of %j parses", (text) => {
  const [first] = parse({ file: "t.policy", text }).diagnostics;
  const { diagnostics } = parse({ file: "t.policy", text: applyFix(text, first!.fix!) });
  expect(diagnostics).toEqual([]);
});

test("words at the end are no pieces of one that would begin before the first", () => {
  const { diagnostics } = parse({ file: "t.policy", text: "tokens with in then" });
  for (const { fix } of diagnostics) expect(fix?.title ?? "").not.toContain("within");
});
