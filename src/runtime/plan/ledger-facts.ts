import { mostPicodollars } from "../../base/money.ts";
import type { Fact, FactTable, FactValue, OperandShape } from "../../facts/fact.ts";
import { type LedgerName, readLedgerName } from "../../facts/look-up.ts";
import type { BudgetOption } from "../../language/checker/checked-policy.ts";
import type { Program } from "../../language/program/program.ts";
import type { BudgetPeriod } from "../limits/calendar.ts";
import { counterValue } from "../limits/counter-value.ts";
import type { LimitStore, Standing, Take } from "../limits/limit-store.ts";
import { countersOf } from "./counters-of.ts";
import type { CountedTake, Use } from "./wish-of-plan.ts";

/** Something that is counted of every request so that policies can ask for it, such as `spend.user.today`. */
export interface Tally<Subject> {
  /** The fact's name, which is the counter's too. */
  readonly fact: string;
  /** Whether it is money that is counted, or requests. */
  readonly of: "cost" | "requests";
  /** By whose value. */
  readonly subject: Subject;
  /** The counter of a value, to be added to; it never refuses. */
  take(value: string, amount: number): Take;
}

/** What is left of the budgets of a policy that count by a fact: `budget.team.left`. */
interface Left<Subject> {
  readonly fact: string;
  readonly subject: Subject;
  readonly budgets: readonly BudgetOption[];
}

/** What a policy asks of the ledger. */
export interface LedgerFacts<Subject> {
  readonly tallies: readonly Tally<Subject>[];
  readonly lefts: readonly Left<Subject>[];
}

/** The value of what is counted by, of one request; undefined is unknown. */
export type SubjectValue<Subject> = (subject: Subject) => FactValue | undefined;

const hourMs = 3_600_000;

/** Windows that follow the calendar (UTC); of money all do. */
const calendar: Readonly<Record<string, BudgetPeriod>> = {
  minute: "minute",
  hour: "hour",
  today: "day",
  day: "day",
  week: "week",
  month: "month",
};

/** Windows of requests that end now, in milliseconds; those that are not here follow the calendar. */
const sliding: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: hourMs,
  day: 24 * hourMs,
  week: 7 * 24 * hourMs,
};

/** What a program's operands ask of the ledger; null for nothing. `bind` makes of a fact what its values are read by. */
export function ledgerFactsOf<Subject>(
  program: Program,
  facts: FactTable,
  bind: (fact: Fact) => Subject,
): LedgerFacts<Subject> | null {
  const names = new Set(program.operands.flatMap(({ shape }) => [...factsIn(shape)]));
  const tallies: Tally<Subject>[] = [];
  const lefts: Left<Subject>[] = [];
  for (const name of names) {
    const read = readLedgerName(name);
    const fact = read === null ? undefined : facts.get(read.subject);
    // A fact of the table may be called like one of the ledger's.
    if (read === null || fact === undefined || facts.has(name)) continue;
    const subject = bind(fact);
    if (read.family === "budget")
      lefts.push({ fact: name, subject, budgets: budgetsBy(program, read.subject) });
    else tallies.push(tallyOf(name, read, subject));
  }
  return tallies.length + lefts.length === 0 ? null : { tallies, lefts };
}

function* factsIn(shape: OperandShape): Generator<string> {
  if (shape.kind === "arithmetic") {
    yield* factsIn(shape.left);
    yield* factsIn(shape.right);
  } else if (shape.kind === "fact") yield shape.name;
}

function tallyOf<Subject>(
  fact: string,
  { family, end }: LedgerName,
  subject: Subject,
): Tally<Subject> {
  const per = calendar[end] ?? "day";
  const perMs = sliding[end];
  const counter = (value: string) => ({ option: fact, value });
  if (family === "spend" || perMs === undefined)
    return {
      ...{ fact, of: family === "spend" ? "cost" : "requests", subject },
      take: (value, amount) => ({
        ...{ kind: "budget", ...counter(value), most: mostPicodollars, per, amount },
      }),
    };
  return {
    ...{ fact, of: "requests", subject },
    take: (value, amount) => ({
      ...{ kind: "rate", ...counter(value), most: mostPicodollars, perMs, amount },
    }),
  };
}

/** All budgets of a policy that count by a fact. */
function budgetsBy(program: Program, subject: string): readonly BudgetOption[] {
  return countersOf(program).budgets.filter(
    ({ by }) => by !== null && program.operands[by]?.key === subject,
  );
}

/** Values of the ledger's facts by name; what is not in it is unknown. */
export type LedgerValues = ReadonlyMap<string, number>;

/** Reads what a policy asks of the ledger about a request: at once, unless the counters are elsewhere. */
export function readLedger<Subject>(
  { tallies, lefts }: LedgerFacts<Subject>,
  store: Pick<LimitStore, "standing">,
  { subjectOf, atMs }: { readonly subjectOf: SubjectValue<Subject>; readonly atMs: number },
): LedgerValues | Promise<LedgerValues> {
  const counted = new Map<string, number>();
  const late: Promise<void>[] = [];
  const ask = (take: Take, use: (standing: Standing) => void): void => {
    const standing = store.standing(take, atMs);
    if (standing instanceof Promise) late.push(standing.then(use));
    else use(standing);
  };
  for (const { fact, subject, take } of tallies) {
    const value = subjectOf(subject);
    if (value === undefined) continue;
    ask(take(counterValue(value), 0), ({ settled, reserved }) => {
      counted.set(fact, Math.min(settled + reserved, mostPicodollars));
    });
  }
  for (const { fact, subject, budgets } of lefts) {
    const value = subjectOf(subject);
    if (value === undefined) continue;
    for (const { id, amount: most, per } of budgets) {
      const take: Take = {
        ...{ kind: "budget", option: id, value: counterValue(value), most, per, amount: 0 },
      };
      ask(take, ({ settled, reserved }) => {
        const left = Math.max(most - settled - reserved, 0);
        counted.set(fact, Math.min(left, counted.get(fact) ?? mostPicodollars));
      });
    }
  }
  return late.length === 0 ? counted : Promise.all(late).then(() => counted);
}

/** What is counted of a request for the facts of policies. */
export function tallied<Subject>(
  tallies: readonly Tally<Subject>[],
  subjectOf: SubjectValue<Subject>,
  expected: Use,
): readonly CountedTake[] {
  return tallies.flatMap(({ of, subject, take }): CountedTake[] => {
    const value = subjectOf(subject);
    if (value === undefined) return [];
    const amount = of === "cost" ? expected.cost : 1;
    return [{ take: take(counterValue(value), amount), waitMs: null, of }];
  });
}
