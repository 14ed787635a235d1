import { CstParser } from "chevrotain";
import * as t from "./tokens.ts";

/** Tokens that the parser looks ahead. */
const lookahead = 2;

/** Conditions and values: the part of the grammar on which every statement rests. */
export class ExpressionParser extends CstParser {
  constructor(skipValidations: boolean) {
    super([...t.allTokens], {
      maxLookahead: lookahead,
      recoveryEnabled: false,
      nodeLocationTracking: "none",
      skipValidations,
    });
  }

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
