import {
  Alternation,
  type Alternative,
  type IProduction,
  type IToken,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  Terminal,
  type TokenType,
} from "chevrotain";
import { grammarRules } from "../../../grammar/parse-tokens.ts";
import { BugError } from "../../base/assert.ts";

/** A rule of the grammar that is being read, and the index of its first token. */
export interface OpenRule {
  readonly name: string;
  readonly from: number;
}

/** A token that may come next. */
export interface NextToken {
  readonly type: TokenType;
  /** Tells it from others of its type in its rule: the number behind CONSUME. */
  readonly ordinal: number;
  /** The rules that are being read then, innermost first. */
  readonly path: readonly OpenRule[];
}

/** What is still to be read: the productions of a rule from `at` on, then those of `then`. */
interface Stack {
  readonly parts: readonly IProduction[];
  readonly at: number;
  /** Set in the frame that a rule opened. */
  readonly rule: OpenRule | null;
  readonly then: Stack | null;
}

/** Ways of reading that are followed at once; two tokens tell all of them apart. */
const mostWays = 64;

/**
 * Every token that the grammar takes behind these, optional ones too, each with the rules it would stand in: the grammar's
 * own structure is walked, all ways at once. A token that does not fit begins a new statement, or else is passed over.
 */
export function nextTokens(tokens: readonly IToken[]): readonly NextToken[] {
  let ways: readonly Stack[] = [open("file", 0, null)];
  for (const [index, token] of tokens.entries()) {
    const after = behind(ways, token, index);
    const anew = after.length > 0 ? after : behind([open("file", index, null)], token, index);
    if (anew.length > 0) ways = anew.slice(0, mostWays);
  }
  const found = new Map<string, NextToken>();
  for (const { terminal, stack } of ways.flatMap((way) => ahead(way, tokens.length))) {
    const { terminalType: type, idx: ordinal } = terminal;
    const path = pathOf(stack);
    const key = `${type.name} ${ordinal} ${path.map(({ name, from }) => `${name}@${from}`).join(" ")}`;
    if (!found.has(key)) found.set(key, { type, ordinal, path });
  }
  return [...found.values()];
}

/** The ways that go on once a token is read. */
function behind(ways: readonly Stack[], { tokenType }: IToken, index: number): readonly Stack[] {
  return ways.flatMap((way) =>
    ahead(way, index).flatMap(({ terminal, stack }) =>
      terminal.terminalType === tokenType ? [stack] : [],
    ),
  );
}

function open(name: string, from: number, then: Stack | null): Stack {
  const rule = grammarRules()[name];
  if (rule === undefined) throw new BugError(`the grammar has no rule ${name}`);
  return { parts: rule.definition, at: 0, rule: { name, from }, then };
}

interface Ahead {
  readonly terminal: Terminal;
  /** What is to be read once the terminal is. */
  readonly stack: Stack;
}

/** The terminals that may be read next, with what follows them. The grammar has no left recursion, so this ends. */
function ahead(from: Stack, index: number): readonly Ahead[] {
  const found: Ahead[] = [];
  const pending: (Stack | null)[] = [from];
  for (let stack = pending.pop(); stack !== undefined; stack = pending.pop()) {
    if (stack === null) continue;
    const part = stack.parts[stack.at];
    if (part === undefined) {
      pending.push(stack.then);
      continue;
    }
    const rest = { ...stack, at: stack.at + 1 };
    if (part instanceof Terminal) found.push({ terminal: part, stack: rest });
    else if (part instanceof NonTerminal) pending.push(open(part.nonTerminalName, index, rest));
    else pending.push(...inside(part, stack, rest));
  }
  return found;
}

/** The ways through a part that holds others, the first one last. */
function inside(part: IProduction, stack: Stack, rest: Stack): readonly Stack[] {
  const into = (parts: readonly IProduction[], then: Stack): Stack => {
    return { parts, at: 0, rule: null, then };
  };
  if (part instanceof Alternation) {
    const ways = part.definition.map((each) => into((each as Alternative).definition, rest));
    return ways.toReversed();
  }
  if (part instanceof Option) return [rest, into(part.definition, rest)];
  if (part instanceof Repetition) return [rest, into(part.definition, stack)];
  if (part instanceof RepetitionMandatory) {
    const { definition } = part;
    return [into(definition, into([new Repetition({ definition })], rest))];
  }
  if (part instanceof RepetitionMandatoryWithSeparator) {
    const { definition, separator } = part;
    const further = [new Terminal({ terminalType: separator }), ...definition];
    return [into(definition, into([new Repetition({ definition: further })], rest))];
  }
  throw new BugError(`a production of another kind: ${part.constructor.name}`);
}

/** The open rules, innermost first. */
function pathOf(stack: Stack): readonly OpenRule[] {
  const path: OpenRule[] = [];
  for (let frame: Stack | null = stack; frame !== null; frame = frame.then) {
    if (frame.rule !== null) path.push(frame.rule);
  }
  return path;
}
