import fc from "fast-check";

/** A policy as text. */
export interface RandomSource {
  readonly text: string;
  /** Its comments in their order, without the space at their ends. */
  readonly comments: readonly string[];
}

type Words = readonly string[];
type Part = string | fc.Arbitrary<Words>;

/** The tokens of a text with spaces between them; those inside a quotation or a pattern are its own. */
function split(text: string): Words {
  return text.match(/"(?:[^"\\]|\\.)*"|\/(?:[^/\\]|\\.)+\/|\S+/g) ?? [];
}

/** Tokens one behind the other. */
function words(...parts: readonly Part[]): fc.Arbitrary<Words> {
  const each = parts.map((part) => (typeof part === "string" ? fc.constant(split(part)) : part));
  return fc.tuple(...each).map((found) => found.flat());
}

/** One of several ways, each a text of tokens with spaces between. */
function one(...ways: readonly Part[]): fc.Arbitrary<Words> {
  return fc.oneof(...ways.map((way) => words(way)));
}

function maybe(part: Part): fc.Arbitrary<Words> {
  return fc.option(words(part), { nil: [] });
}

/** Things with a separator between. */
function separated(items: fc.Arbitrary<readonly Words[]>, separator: string): fc.Arbitrary<Words> {
  return items.map((all) => all.flatMap((item, at) => (at > 0 ? [separator, ...item] : item)));
}

function several(item: fc.Arbitrary<Words>, separator: string, most = 4): fc.Arbitrary<Words> {
  return separated(fc.array(item, { minLength: 1, maxLength: most }), separator);
}

/** Some of several ways, none twice, in any order. */
function someOf(ways: readonly Part[], separator: string, most: number): fc.Arbitrary<Words> {
  return fc
    .shuffledSubarray([...ways], { minLength: 1, maxLength: most })
    .chain((chosen) => separated(fc.tuple(...chosen.map((way) => words(way))), separator));
}

const equal = one("=", "==", "is");
const unequal = one("!=", "is not");
const order = one("<", "<=", ">", ">=");
const anyOperator = one(equal, unequal, order);
const whole = one("0", "5", "200", "8k", "1.5M", "128Ki", "cap");
const target = one("claude", "gpt", "gpt-4.1", "qwen", "local-gpu", "mistral-eu", '"claude"');
const set = one("ours", "every-one", target, words("[", several(target, ","), "]"));
const key = one("user", "team", "header.x-team", 'header . "3x"', "intent");

const wholeFact = one("tokens", "max_tokens", "messages", "turns", "tools", "images");
const quantity = one(
  words(wholeFact, anyOperator, whole),
  words(whole, order, wholeFact),
  words("tokens + max_tokens * 2 - images", order, "128Ki"),
  words("( tokens + 5 ) * 2", anyOperator, whole),
  words("spend", anyOperator, one("$0.02", "$5")),
  words("rate", anyOperator, "$3/M"),
  words("risk", order, one("0.95", "10%")),
  words("due", anyOperator, one("200ms", "2s", "24h", "7d")),
  words("date", anyOperator, "2026-11-23"),
  words("claude.queue", order, "3"),
);
const word = one("search", "ads", '"search"', '"ads and \\"more\\""', '"été 東京"', '""');
const membership = one(
  words("team", one("in", "not in"), "[", several(word, ","), "]"),
  words("intent in [", someOf(["classify", "chat", '"code"'], ",", 3), "]"),
  words(wholeFact, one("in", "not in"), one("200 .. 500", "[ 5 , 8k .. 16k ]", "cap .. 9k")),
  words("time in 09:00 .. 17:00", maybe("Europe/Berlin")),
  words("weekday in [ mon , tue ]"),
);
const equality = one(
  words("team", one(equal, unequal), word),
  words("intent", one(equal, unequal), one("classify", "translate", '"chat"')),
  words("json", equal, "schema"),
  words("grade", one(equal, unequal), one("free", "pro")),
  words(one("header.x-team", 'header . "3x"', "metadata.desk"), equal, word),
  words(one("stream", "code", "pii"), one(equal, unequal), one("true", "false")),
  words(one("pii", "team", "due", "reasoning"), one("is", "is not"), "unknown"),
  words("gpt-4.1.region", one(equal, unequal), "us"),
);
const test = one(
  "stream",
  "short",
  "claude.healthy",
  "claude.supports ( tools )",
  "gpt.supports ( json-schema )",
  words("prompt matches", one("/refunds?/", "/a # b\\/c/")),
  words("system contains", one('"money back"', '"# no comment"')),
  quantity,
  membership,
  equality,
);

/** Conditions over these tests, in parentheses here and there, some of which say nothing. */
function conditionOf(leaf: fc.Arbitrary<Words>): fc.Arbitrary<Words> {
  return fc.letrec<{ condition: Words }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { weight: 5, arbitrary: leaf },
      { weight: 1, arbitrary: words("not", leaf) },
      { weight: 1, arbitrary: words("( (", tie("condition"), ") )") },
      { weight: 1, arbitrary: words("not (", tie("condition"), ")") },
      { weight: 2, arbitrary: several(tie("condition"), "and") },
      { weight: 2, arbitrary: several(tie("condition"), "or", 3) },
    ),
  })).condition;
}

const condition = conditionOf(test);
const ofTarget = conditionOf(
  one(
    words("context", order, one("tokens", "tokens + max_tokens", "8k")),
    words(one("region", "target.region"), one(equal, unequal), one("eu", "us")),
    words("price.input", order, "$3/M"),
    words("quality", order, "0.8"),
    words(maybe("not"), one("supports ( tools )", "target.supports ( json_schema )", "local")),
  ),
);

const strategy = one("cheapest", "fastest", "best", "least-busy", "least_busy", "any");
const shares = one("90% claude , 10% gpt", '33.5% "qwen" , 66.5% local-gpu', "100% gpt-4.1");
const route = fc.oneof(
  { weight: 4, arbitrary: target },
  { weight: 1, arbitrary: words("requested") },
  { weight: 2, arbitrary: words(strategy, "of", set, maybe(words("where", ofTarget))) },
  { weight: 1, arbitrary: words("split", maybe(words("by", key)), ":", shares) },
);
const causes = someOf(
  ["rate_limited", "rate-limited", "timeout", "first-token-timeout", "network", "retryable"],
  "or",
  4,
);
const fallback = words("fallback", route, maybe(words("on", causes)));
const options = someOf(
  [
    "timeout 10s",
    "deadline 30s",
    one("first-token 800ms", "first_token 2s"),
    "idle 20s",
    "tps 20",
    "retry 2",
    "hedge after 700ms",
    "continue once",
    one("cache exact for 1h", "cache semantic above 0.95 for 1h within 2%", "no cache"),
    "stale for 5m",
    one("max_tokens 1k", "max-tokens 300"),
    "tokens at most 100k",
    "cost at most $0.05",
    "drop unsupported",
    one("set temperature 0", "set top-p 0.5", 'set reasoning-effort "low"'),
    one("priority high", "tier flex"),
    "batch within 24h",
    words("shadow 5% to", target),
    words("sticky by", key, "for 10m"),
    words("limit 20 per minute by", key, maybe("or wait 2s")),
    words("limit 100k tokens per day"),
    words("budget $5 per day", maybe(words("by", key))),
    "concurrency 8",
    words("accept when response.complete and response.tokens", order, "max_tokens"),
    one('tag "x y"', "tag first_token"),
  ],
  ",",
  6,
);
const plan = words(
  route,
  fc.array(fallback, { maxLength: 3 }).map((all) => all.flat()),
  maybe(words("with", options)),
);
const reject = words("reject", maybe("429"), maybe('"too many, sorry"'));
const action = fc.oneof({ weight: 5, arbitrary: plan }, { weight: 1, arbitrary: reject });
const arm = words("if", condition, "then", action);
const arms = words(
  arm,
  fc.array(words("else", arm), { maxLength: 2 }).map((all) => all.flat()),
);

const also = words("also if", condition, "with", options);
const guard = one(
  words("never", one(ofTarget, target, "ours"), maybe(words("when", condition))),
  words(
    "ensure",
    one(
      "every plan has fallback",
      "every plan has first_token",
      words("plan.cost", order, "$0.05"),
      words("plan.attempts", one("<=", "="), "3"),
    ),
    maybe(words("when", condition)),
  ),
);
const given = someOf(
  [
    words("tokens", one("40", "8k")),
    words("intent", one("classify", "unknown")),
    words("stream", one("true", "false")),
    words("team", word),
    "time 09:30",
    "date 2026-11-23",
    words("due", one("2s", "unknown")),
    'header . "3x" yes',
  ],
  ",",
  4,
);
const expectations = several(
  one(
    words(target, maybe(words("fallback", target))),
    words("reject", maybe("429")),
    words("cost", order, "$0.01"),
    words("never", ofTarget),
    words("target.region", one(equal, unequal), "eu"),
    "first_token 800ms",
    "no guard",
  ),
  ",",
  3,
);
const row = words(maybe(words("given", given)), "expect", expectations);
const rows = fc.array(row, { minLength: 1, maxLength: 3 }).map((all) => all.flat());
const clues = words(
  one('contains "money back"', "matches /charge\\s?back/", 'like "I want my money"'),
  fc
    .array(words(",", one('contains "x"', "matches /y #z/", 'like "w"', '"bare"', "/bare/")), {
      maxLength: 3,
    })
    .map((all) => all.flat()),
);

/** A statement but for a name, which no other of its kind has. */
type Named = (ordinal: number) => Words;

function ruleOf(body: fc.Arbitrary<Words>): fc.Arbitrary<Named> {
  return fc.tuple(fc.constantFrom("named", "colon", "word", "bare"), body).map(([head, all]) => {
    return (ordinal) => {
      if (head === "named") return ["rule", `"rule ${ordinal} – é"`, ":", ...all];
      if (head === "colon") return ["rule", ":", ...all];
      return head === "word" ? ["rule", ...all] : all;
    };
  });
}

const rule = ruleOf(arms);
const end = fc.oneof(
  ruleOf(words(arms, "else", action)),
  words("otherwise", action).map(
    (statement): Named =>
      () =>
        statement,
  ),
);
const trial = rows.map(
  (body): Named =>
    (ordinal) => ["test", `"test ${ordinal}"`, ...body],
);
const beside = fc.oneof(
  trial,
  also.map(
    (statement): Named =>
      () =>
        statement,
  ),
  guard.map(
    (statement): Named =>
      () =>
        statement,
  ),
);
const definition = fc.oneof(
  words("=", condition).map(
    (body): Named =>
      (ordinal) => ["let", `let-${ordinal}`, ...body],
  ),
  words("=", several(target, ",")).map(
    (body): Named =>
      (ordinal) => ["pool", `pool_${ordinal}`, ...body],
  ),
  clues.map(
    (body): Named =>
      (ordinal) => ["intent", `intent-${ordinal}`, ...body],
  ),
);

/** Statements of every kind: definitions first, an end that leaves no request over, and what may follow it. */
const statements = fc
  .tuple(
    maybe("policy 1"),
    fc.array(definition, { maxLength: 2 }),
    fc.array(fc.oneof({ weight: 2, arbitrary: rule }, { weight: 1, arbitrary: beside }), {
      maxLength: 5,
    }),
    end,
    fc.array(beside, { maxLength: 2 }),
  )
  .map(([version, definitions, rules, last, behind]) => [
    ...version,
    ..."let cap = 8k let short = tokens < 200 pool ours = local-gpu , mistral-eu".split(" "),
    ..."pool every-one = ours , claude , gpt".split(" "),
    ...[...definitions, ...rules].flatMap((statement, at) => statement(at)),
    ...last(999),
    ...behind.flatMap((statement, at) => statement(1_000 + at)),
  ]);

const comment = fc.constantFrom(
  ...["#", "# why", "#! odd", '# a "quotation" and a /pattern/', "# if then else, fallback"],
  ...["# café 東京 \u{1f600}", "# trailing \t ", "## if a then b"],
);
const lineEnd = fc.constantFrom("\n", "\n", "\n", "\r\n", "\n\n", "\n\n\n\n", "\n \t\n");
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(" ", " ", "", "  ", "\t", "\u00a0") },
  { weight: 5, arbitrary: lineEnd },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("", " ", "\n", "\n\n"), comment, lineEnd) },
  { weight: 1, arbitrary: fc.tuple(lineEnd, comment, lineEnd, comment, lineEnd) },
);

/** Whether two tokens keep apart with nothing between. */
function canTouch(before: string, after: string): boolean {
  if (/^(?:[([]|\.\.?)$/.test(before) || /^(?:[)\],:]|\.\.?)$/.test(after)) return true;
  const symbol = /^(?:[<>!=]=?|==|[,+*)\]])$/;
  return symbol.test(before) ? /^[\w"[(]/.test(after) : symbol.test(after) && /[\w"]$/.test(before);
}

function layOut(tokens: Words, gaps: readonly (string | readonly string[])[]): RandomSource {
  let text = "";
  const comments: string[] = [];
  tokens.forEach((token, at) => {
    const found = gaps[at] ?? " ";
    const parts = typeof found === "string" ? [found] : found;
    comments.push(...parts.filter((part) => part.startsWith("#")).map((part) => part.trimEnd()));
    const space = parts.join("");
    const before = tokens[at - 1];
    const mustPart = space === "" && before !== undefined && !canTouch(before, token);
    text += (mustPart ? " " : space) + token;
  });
  return { text, comments };
}

/**
 * Policies as texts that check without an error against the vocabulary of `checking.ts`: every kind of statement, route,
 * option and fact, in every spelling the language has, with parentheses that say nothing, and laid out at random: any space,
 * line ends of both kinds, and comments between any two tokens. Makes no promise about what an analysis says of them: rules
 * may be shadowed, guards broken and tests failing.
 */
export function randomSource(): fc.Arbitrary<RandomSource> {
  return statements.chain((tokens) =>
    fc
      .array(gap, { minLength: tokens.length, maxLength: tokens.length, size: "max" })
      .map((gaps) => layOut(tokens, gaps)),
  );
}
