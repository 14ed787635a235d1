import { ExpressionParser } from "./expression-parser.ts";
import * as t from "./tokens.ts";

/**
 * The grammar (EBNF in policy.ebnf, generated from here). Without recovery: a tree exists only for text without an error,
 * because repaired trees can silently mean something else. `src/language/syntax` finds further errors by its own means.
 */
export class PolicyParser extends ExpressionParser {
  constructor(skipValidations = true) {
    super(skipValidations);
    this.performSelfAnalysis();
  }

  readonly file = this.RULE("file", () => {
    this.MANY(() => this.SUBRULE(this.statement));
  });

  readonly statement = this.RULE("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.rule) },
      { ALT: () => this.SUBRULE(this.otherwise) },
      { ALT: () => this.SUBRULE(this.also) },
      { ALT: () => this.SUBRULE(this.never) },
      { ALT: () => this.SUBRULE(this.ensure) },
      { ALT: () => this.SUBRULE(this.trial) },
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
          this.CONSUME1(t.Text);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Like);
          this.CONSUME2(t.Text);
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

  readonly also = this.RULE("also", () => {
    this.CONSUME(t.Also);
    this.CONSUME(t.If);
    this.SUBRULE(this.expression);
    this.CONSUME(t.With);
    this.SUBRULE(this.options);
  });

  readonly never = this.RULE("never", () => {
    this.CONSUME(t.Never);
    this.SUBRULE1(this.expression);
    this.OPTION(() => {
      this.CONSUME(t.When);
      this.SUBRULE2(this.expression);
    });
  });

  readonly ensure = this.RULE("ensure", () => {
    this.CONSUME(t.Ensure);
    this.OR([
      { ALT: () => this.SUBRULE(this.everyPlan) },
      { ALT: () => this.SUBRULE(this.condition) },
    ]);
    this.OPTION(() => {
      this.CONSUME(t.When);
      this.SUBRULE(this.expression);
    });
  });

  /** `every plan has fallback`: `every`, `plan` and `has` are ordinary names, which the checker holds to be these. */
  readonly everyPlan = this.RULE("everyPlan", () => {
    this.CONSUME1(t.Name);
    this.CONSUME2(t.Name);
    this.CONSUME3(t.Name);
    this.OR([{ ALT: () => this.CONSUME(t.Fallback) }, { ALT: () => this.CONSUME4(t.Name) }]);
  });

  readonly trial = this.RULE("trial", () => {
    this.CONSUME(t.Test);
    this.CONSUME(t.Text);
    this.AT_LEAST_ONE(() => this.SUBRULE(this.trialRow));
  });

  readonly trialRow = this.RULE("trialRow", () => {
    this.OPTION(() => {
      this.CONSUME(t.Given);
      this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => this.SUBRULE(this.given) });
    });
    this.CONSUME(t.Expect);
    this.AT_LEAST_ONE_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expectation) });
  });

  readonly given = this.RULE("given", () => {
    this.SUBRULE(this.fact);
    this.OR([
      { ALT: () => this.CONSUME(t.Unknown) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.CONSUME(t.Day) },
      { ALT: () => this.CONSUME(t.TimeOfDay) },
      { ALT: () => this.SUBRULE(this.quantity) },
    ]);
  });

  readonly expectation = this.RULE("expectation", () => {
    this.OR1([
      {
        ALT: () => {
          this.CONSUME(t.Reject);
          this.OPTION(() => this.CONSUME(t.Decimal));
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Rule);
          this.OR2([
            { ALT: () => this.CONSUME(t.Text) },
            { ALT: () => this.CONSUME(t.Name) },
            { ALT: () => this.CONSUME(t.Otherwise) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Never);
          this.SUBRULE(this.expression);
        },
      },
      {
        ALT: () => {
          this.SUBRULE(this.sum);
          this.SUBRULE(this.test);
        },
      },
      { ALT: () => this.SUBRULE(this.settledOption) },
      { ALT: () => this.SUBRULE(this.chain) },
    ]);
  });

  /** An option with its value, as a plan has it: `timeout 10s`. */
  readonly settledOption = this.RULE("settledOption", () => {
    this.CONSUME(t.Name);
    this.AT_LEAST_ONE(() => this.SUBRULE(this.argument));
  });

  readonly chain = this.RULE("chain", () => {
    this.SUBRULE1(this.target);
    this.MANY(() => {
      this.CONSUME(t.Fallback);
      this.SUBRULE2(this.target);
    });
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
      this.SUBRULE(this.options);
    });
  });

  readonly options = this.RULE("options", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.planOption) });
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
    this.OPTION(() => {
      this.CONSUME(t.When);
      this.SUBRULE(this.expression);
    });
  });

  readonly argument = this.RULE("argument", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      {
        ALT: () => {
          this.CONSUME(t.By);
          this.SUBRULE(this.fact);
        },
      },
      { ALT: () => this.CONSUME(t.Or) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.SUBRULE(this.quantity) },
    ]);
  });
}
