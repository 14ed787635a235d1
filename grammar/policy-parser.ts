import { CstParser } from "chevrotain";
import * as t from "./tokens.ts";

/** Tokens that the parser looks ahead. */
const lookahead = 2;

/**
 * The grammar (EBNF in policy.ebnf, generated from here). Without recovery: a tree exists only for text without an error,
 * because repaired trees can silently mean something else. `src/language/syntax` finds further errors by its own means.
 */
export class PolicyParser extends CstParser {
  constructor(skipValidations = true) {
    super([...t.allTokens], {
      maxLookahead: lookahead,
      recoveryEnabled: false,
      nodeLocationTracking: "none",
      skipValidations,
    });
    this.performSelfAnalysis();
  }

  readonly file = this.RULE("file", () => {
    this.MANY(() => this.SUBRULE(this.statement));
  });

  readonly statement = this.RULE("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.rule) },
      { ALT: () => this.SUBRULE(this.otherwise) },
      { ALT: () => this.SUBRULE(this.definition) },
      { ALT: () => this.SUBRULE(this.pool) },
      { ALT: () => this.SUBRULE(this.intent) },
      { ALT: () => this.SUBRULE(this.use) },
      { ALT: () => this.SUBRULE(this.version) },
    ]);
  });

  readonly version = this.RULE("version", () => {
    this.CONSUME(t.Policy);
    this.CONSUME(t.Decimal);
  });

  readonly use = this.RULE("use", () => {
    this.CONSUME(t.Use);
    this.CONSUME(t.Text);
  });

  readonly definition = this.RULE("definition", () => {
    this.CONSUME(t.Let);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.expression);
  });

  readonly pool = this.RULE("pool", () => {
    this.CONSUME(t.Pool);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equal);
    this.SUBRULE(this.targets);
  });

  readonly intent = this.RULE("intent", () => {
    this.CONSUME(t.Intent);
    this.CONSUME(t.Name);
    this.SUBRULE(this.clue);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE(this.furtherClue);
    });
  });

  readonly clue = this.RULE("clue", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Matches);
          this.CONSUME(t.Pattern);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Contains);
          this.CONSUME(t.Text);
        },
      },
    ]);
  });

  readonly furtherClue = this.RULE("furtherClue", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.clue) },
      { ALT: () => this.CONSUME(t.Pattern) },
      { ALT: () => this.CONSUME(t.Text) },
    ]);
  });

  readonly rule = this.RULE("rule", () => {
    this.OPTION1(() => {
      this.CONSUME(t.Rule);
      this.OPTION2(() => {
        this.OPTION3(() => this.CONSUME(t.Text));
        this.CONSUME(t.Colon);
      });
    });
    this.SUBRULE1(this.arm);
    this.MANY(() => {
      this.CONSUME1(t.Else);
      this.SUBRULE2(this.arm);
    });
    this.OPTION4(() => {
      this.CONSUME2(t.Else);
      this.SUBRULE3(this.action);
    });
  });

  readonly arm = this.RULE("arm", () => {
    this.CONSUME(t.If);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Then);
    this.SUBRULE(this.action);
  });

  readonly otherwise = this.RULE("otherwise", () => {
    this.CONSUME(t.Otherwise);
    this.SUBRULE(this.action);
  });

  readonly action = this.RULE("action", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.reject) }, { ALT: () => this.SUBRULE(this.plan) }]);
  });

  readonly reject = this.RULE("reject", () => {
    this.CONSUME(t.Reject);
    this.OPTION1(() => this.CONSUME(t.Decimal));
    this.OPTION2(() => this.CONSUME(t.Text));
  });

  readonly plan = this.RULE("plan", () => {
    this.SUBRULE(this.route);
    this.MANY(() => this.SUBRULE(this.fallback));
    this.OPTION(() => {
      this.CONSUME(t.With);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.planOption) });
    });
  });

  readonly fallback = this.RULE("fallback", () => {
    this.CONSUME(t.Fallback);
    this.SUBRULE(this.route);
    this.OPTION(() => {
      this.CONSUME(t.On);
      this.AT_LEAST_ONE_SEP({ SEP: t.Or, DEF: () => this.CONSUME(t.Name) });
    });
  });

  readonly route = this.RULE("route", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.split) },
      { ALT: () => this.SUBRULE(this.selection) },
      { ALT: () => this.SUBRULE(this.target) },
    ]);
  });

  readonly selection = this.RULE("selection", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Of);
    this.OR([
      { ALT: () => this.SUBRULE(this.target) },
      {
        ALT: () => {
          this.CONSUME(t.LeftBracket);
          this.SUBRULE(this.targets);
          this.CONSUME(t.RightBracket);
        },
      },
    ]);
    this.OPTION(() => {
      this.CONSUME(t.Where);
      this.SUBRULE(this.expression);
    });
  });

  readonly split = this.RULE("split", () => {
    this.CONSUME(t.Split);
    this.OPTION(() => {
      this.CONSUME(t.By);
      this.SUBRULE(this.fact);
    });
    this.CONSUME(t.Colon);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.share) });
  });

  readonly share = this.RULE("share", () => {
    this.CONSUME(t.Percent);
    this.SUBRULE(this.target);
  });

  readonly targets = this.RULE("targets", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.target) });
  });

  readonly target = this.RULE("target", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Text) }]);
  });

  readonly planOption = this.RULE("planOption", () => {
    this.CONSUME(t.Name);
    this.MANY(() => this.SUBRULE(this.argument));
  });

  readonly argument = this.RULE("argument", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.CONSUME(t.By) },
      { ALT: () => this.CONSUME(t.Or) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.SUBRULE(this.quantity) },
    ]);
  });

  readonly expression = this.RULE("expression", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Or, DEF: () => this.SUBRULE(this.conjunction) });
  });

  readonly conjunction = this.RULE("conjunction", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.And, DEF: () => this.SUBRULE(this.condition) });
  });

  readonly condition = this.RULE("condition", () => {
    this.MANY(() => this.CONSUME(t.Not));
    this.SUBRULE(this.sum);
    this.OPTION(() => this.SUBRULE(this.test));
  });

  readonly test = this.RULE("test", () => {
    this.OR1([
      {
        ALT: () => {
          this.OR2([
            { ALT: () => this.CONSUME(t.Less) },
            { ALT: () => this.CONSUME(t.LessOrEqual) },
            { ALT: () => this.CONSUME(t.Greater) },
            { ALT: () => this.CONSUME(t.GreaterOrEqual) },
            { ALT: () => this.CONSUME(t.Equal) },
            { ALT: () => this.CONSUME(t.EqualEqual) },
            { ALT: () => this.CONSUME(t.NotEqual) },
          ]);
          this.SUBRULE1(this.sum);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Is);
          this.OPTION1(() => this.CONSUME1(t.Not));
          this.OR3([
            { ALT: () => this.CONSUME(t.Unknown) },
            { ALT: () => this.SUBRULE2(this.sum) },
          ]);
        },
      },
      {
        ALT: () => {
          this.OPTION2(() => this.CONSUME2(t.Not));
          this.CONSUME(t.In);
          this.OR4([
            { ALT: () => this.SUBRULE(this.timeSpan) },
            { ALT: () => this.SUBRULE(this.range) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Matches);
          this.CONSUME(t.Pattern);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Contains);
          this.SUBRULE3(this.sum);
        },
      },
    ]);
  });

  readonly timeSpan = this.RULE("timeSpan", () => {
    this.CONSUME1(t.TimeOfDay);
    this.CONSUME(t.Range);
    this.CONSUME2(t.TimeOfDay);
    this.OPTION(() => this.CONSUME(t.Zone));
  });

  readonly range = this.RULE("range", () => {
    this.SUBRULE1(this.sum);
    this.OPTION(() => {
      this.CONSUME(t.Range);
      this.SUBRULE2(this.sum);
    });
  });

  readonly sum = this.RULE("sum", () => {
    this.SUBRULE1(this.value);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Plus) },
        { ALT: () => this.CONSUME(t.Minus) },
        { ALT: () => this.CONSUME(t.Times) },
      ]);
      this.SUBRULE2(this.value);
    });
  });

  // One node for every literal and name: a rule for each would double the tree.
  readonly value = this.RULE("value", () => {
    this.OR1([
      {
        ALT: () => {
          this.CONSUME1(t.Name);
          this.OPTION(() => {
            this.OR2([
              {
                ALT: () => {
                  this.CONSUME(t.Dot);
                  this.CONSUME1(t.Text);
                },
              },
              {
                ALT: () => {
                  this.CONSUME1(t.LeftParenthesis);
                  this.CONSUME2(t.Name);
                  this.CONSUME1(t.RightParenthesis);
                },
              },
            ]);
          });
        },
      },
      { ALT: () => this.CONSUME(t.Intent) },
      { ALT: () => this.CONSUME(t.Decimal) },
      { ALT: () => this.CONSUME(t.Scaled) },
      { ALT: () => this.CONSUME(t.Percent) },
      { ALT: () => this.CONSUME(t.Duration) },
      { ALT: () => this.CONSUME(t.Money) },
      { ALT: () => this.CONSUME(t.Price) },
      { ALT: () => this.CONSUME2(t.Text) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Day) },
      { ALT: () => this.SUBRULE(this.list) },
      {
        ALT: () => {
          this.CONSUME2(t.LeftParenthesis);
          this.SUBRULE(this.expression);
          this.CONSUME2(t.RightParenthesis);
        },
      },
    ]);
  });

  readonly fact = this.RULE("fact", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Intent) },
      {
        ALT: () => {
          this.CONSUME(t.Name);
          this.OPTION(() => {
            this.CONSUME(t.Dot);
            this.CONSUME(t.Text);
          });
        },
      },
    ]);
  });

  readonly list = this.RULE("list", () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.range) });
    this.CONSUME(t.RightBracket);
  });

  readonly quantity = this.RULE("quantity", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Decimal) },
      { ALT: () => this.CONSUME(t.Scaled) },
      { ALT: () => this.CONSUME(t.Percent) },
      { ALT: () => this.CONSUME(t.Duration) },
      { ALT: () => this.CONSUME(t.Money) },
      { ALT: () => this.CONSUME(t.Price) },
    ]);
  });
}
