import { invariant } from "../../base/assert.ts";
import type {
  DecisionTable,
  Program,
  ProgramAlso,
  ProgramBranch,
  ProgramGuard,
  Side,
} from "./program.ts";

/** A program as plain data for another thread: a short head as JSON, and buffers that can be transferred. */
export interface PackedProgram {
  readonly head: string;
  readonly code: Int32Array<ArrayBuffer>;
  readonly cuts: Float64Array<ArrayBuffer>;
  readonly order: Int32Array<ArrayBuffer>;
  /** Each branch's rule and action as JSON, one after another in UTF-8. */
  readonly branches: Uint8Array<ArrayBuffer>;
  /** Where each branch's JSON ends in `branches`. */
  readonly branchEnds: Int32Array<ArrayBuffer>;
}

type Head = Pick<
  Program,
  | "name"
  | "hash"
  | "operands"
  | "intents"
  | "targets"
  | "files"
  | "branchCount"
  | "firstTested"
  | "root"
> &
  Indexes & {
    readonly alsos: readonly (Omit<ProgramAlso, "side"> & { readonly side: PackedSide })[];
    readonly guards: readonly PackedGuard[];
    readonly proved: readonly PackedGuard[];
  };

type PackedGuard = Omit<ProgramGuard, "side"> & { readonly side: PackedSide | null };

/** The part of a table that is no buffer. */
interface Indexes {
  readonly texts: readonly string[];
  /** By operand: its first text id and how many it has; null where no node looks ids up. */
  readonly textSpans: readonly (readonly [first: number, count: number] | null)[];
  readonly blockStarts: readonly number[];
}

/** Sides are small: their tables travel as JSON. */
interface PackedSide extends Indexes, Pick<Side, "counts" | "root"> {
  readonly code: readonly number[];
  readonly cuts: readonly number[];
  readonly order: readonly number[];
}

/** Packs a program so that unpacking costs next to nothing; branches stay JSON until they are used. */
export function pack(program: Program): PackedProgram {
  const { name, hash, operands, intents, targets, files, branchCount, root, table } = program;
  const { firstTested } = program;
  const head: Head = {
    ...{ name, hash, operands, intents, targets, files, branchCount, firstTested, root },
    ...indexesOf(table),
    alsos: program.alsos.map(({ side, ...also }) => ({ ...also, side: packSide(side) })),
    guards: program.guards.map(packGuard),
    proved: program.proved.map(packGuard),
  };
  const encoder = new TextEncoder();
  const pieces = Array.from({ length: branchCount }, (_, index) =>
    encoder.encode(JSON.stringify(program.branch(index))),
  );
  const branchEnds = new Int32Array(branchCount);
  let end = 0;
  for (const [index, piece] of pieces.entries()) {
    end += piece.length;
    branchEnds[index] = end;
  }
  const branches = new Uint8Array(end);
  for (const [index, piece] of pieces.entries()) {
    branches.set(piece, (branchEnds[index] ?? 0) - piece.length);
  }
  return {
    head: JSON.stringify(head),
    code: Int32Array.from(table.code),
    cuts: Float64Array.from(table.cuts),
    order: Int32Array.from(table.order),
    branches,
    branchEnds,
  };
}

function indexesOf(table: DecisionTable): Indexes {
  return {
    texts: table.texts,
    textSpans: table.textIds.map((ids) => {
      const [first] = ids?.values() ?? [];
      return ids === null || first === undefined ? null : [first, ids.size];
    }),
    blockStarts: [...table.blockStarts],
  };
}

function packGuard({ guard, side }: ProgramGuard): PackedGuard {
  return { guard, side: side === null ? null : packSide(side) };
}

function unpackGuard({ guard, side }: PackedGuard): ProgramGuard {
  return { guard, side: side === null ? null : unpackSide(side) };
}

function packSide({ counts, root, table }: Side): PackedSide {
  const { code, cuts, order } = table;
  return {
    ...{ counts, root },
    ...indexesOf(table),
    code: [...code],
    cuts: [...cuts],
    order: [...order],
  };
}

function unpackSide({ counts, root, code, cuts, order, ...indexes }: PackedSide): Side {
  const buffers = {
    code: Int32Array.from(code),
    cuts: Float64Array.from(cuts),
    order: Int32Array.from(order),
  };
  return { counts, root, table: tableFrom(buffers, indexes) };
}

function tableFrom(
  { code, cuts, order }: Pick<DecisionTable, "code" | "cuts" | "order">,
  { texts, textSpans, blockStarts }: Indexes,
): DecisionTable {
  return {
    ...{ code, cuts, order, texts },
    textIds: textSpans.map((span) => (span === null ? null : idsOf(texts, span))),
    blockStarts: new Set(blockStarts),
  };
}

/** The buffers to name in a transfer list, so that none is copied; afterwards the packed program is empty here. */
export function transferablesOf(packed: PackedProgram): ArrayBuffer[] {
  const { code, cuts, order, branches, branchEnds } = packed;
  return [code, cuts, order, branches, branchEnds].map(({ buffer }) => buffer);
}

/** The program that was packed: decides and names branches alike. */
export function unpack(packed: PackedProgram): Program {
  const head = JSON.parse(packed.head) as Head;
  const { texts, textSpans, blockStarts, alsos, guards, proved, ...rest } = head;
  const table = tableFrom(packed, { texts, textSpans, blockStarts });
  const decoder = new TextDecoder();
  const parsed: ProgramBranch[] = [];
  return {
    ...rest,
    table,
    alsos: alsos.map((also) => ({ ...also, side: unpackSide(also.side) })),
    guards: guards.map(unpackGuard),
    proved: proved.map(unpackGuard),
    branch(index) {
      const done = parsed[index];
      if (done !== undefined) return done;
      const end = packed.branchEnds[index];
      invariant(end !== undefined, `there is no branch ${index}`);
      const begin = index === 0 ? 0 : packed.branchEnds[index - 1];
      const branch = JSON.parse(
        decoder.decode(packed.branches.subarray(begin, end)),
      ) as ProgramBranch;
      parsed[index] = branch;
      return branch;
    },
  };
}

function idsOf(
  texts: readonly string[],
  [first, count]: readonly [first: number, count: number],
): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (let id = first; id < first + count; id += 1) ids.set(texts[id] ?? "", id);
  return ids;
}
