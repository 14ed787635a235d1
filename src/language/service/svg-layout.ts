/** A test as it is laid out: a box with a port for each arm on its right side. */
export interface LaidTest {
  readonly id: string;
  readonly width: number;
  /** Of box and ports, whichever is higher. */
  readonly height: number;
  /** Widest label of its arms. */
  readonly labels: number;
  readonly arms: readonly LaidArm[];
}

export interface LaidArm {
  /** Id of a test or of a row. */
  readonly to: string;
  readonly label: string;
  readonly unknown: boolean;
}

export interface LaidRow {
  readonly id: string;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line of the drawing: from a port, or from a place where lines to one end run together. */
export interface Line {
  readonly points: readonly Point[];
  readonly unknown: boolean;
  /** Whether it ends at its target, which an arrow head shows. */
  readonly ends: boolean;
}

/** Where everything of one band stands; boxes by their left edge and vertical middle. */
export interface Layout {
  readonly tests: ReadonlyMap<string, Point>;
  readonly rows: ReadonlyMap<string, number>;
  readonly lines: readonly Line[];
  readonly labels: readonly (Point & { readonly text: string })[];
  readonly height: number;
}

const gapBetweenColumns = 56;
const gapBetweenTests = 16;
const gapBetweenRows = 12;
/** Vertical distance of a test's ports: room for one label above each line. */
export const portStep = 19;
/** How far the line of an unknown fact keeps from that of a known one, where both end. */
const apart = 5;
const roomOfBend = 10;

/** Tests of one band in columns: each right of every test that leads to it. */
export interface Columns {
  readonly columnOf: ReadonlyMap<string, number>;
  readonly left: readonly number[];
  /** Where lines leave a column, behind its labels. */
  readonly right: readonly number[];
  /** Where the rows may begin. */
  readonly end: number;
}

/** Puts tests into columns from `left` on. */
export function columnsOf(tests: readonly LaidTest[], left: number): Columns {
  const byId = new Map(tests.map((test) => [test.id, test]));
  const columnOf = new Map<string, number>();
  for (const test of inOrder(tests, byId)) {
    const own = columnOf.get(test.id) ?? 0;
    columnOf.set(test.id, own);
    for (const { to } of test.arms) {
      if (byId.has(to)) columnOf.set(to, Math.max(columnOf.get(to) ?? 0, own + 1));
    }
  }
  const lefts: number[] = [];
  const rights: number[] = [];
  let x = left;
  for (let column = 0; column <= Math.max(-1, ...columnOf.values()); column += 1) {
    const own = tests.filter(({ id }) => columnOf.get(id) === column);
    lefts.push(x);
    x += Math.max(...own.map(({ width }) => width));
    x += Math.max(...own.map(({ labels }) => labels)) + 14;
    rights.push(x);
    x += gapBetweenColumns;
  }
  return { columnOf, left: lefts, right: rights, end: x };
}

/** Tests so that each stands before those it leads to. */
function inOrder(tests: readonly LaidTest[], byId: ReadonlyMap<string, LaidTest>): LaidTest[] {
  const after: LaidTest[] = [];
  const seen = new Set<string>();
  const visit = (test: LaidTest): void => {
    if (seen.has(test.id)) return;
    seen.add(test.id);
    for (const { to } of test.arms) {
      const next = byId.get(to);
      if (next !== undefined) visit(next);
    }
    after.push(test);
  };
  for (const test of tests) visit(test);
  return after.reverse();
}

/** Lays out one band: rows below each other from `top` at `rowsLeft`, tests left of them near what they lead to. */
export function layOut(
  tests: readonly LaidTest[],
  rows: readonly LaidRow[],
  columns: Columns,
  place: { readonly top: number; readonly rowsLeft: number },
): Layout {
  const band = new Band(tests, columns, place.rowsLeft);
  band.placeRows(rows, place.top);
  band.placeTests();
  return band.finish(rows, place.top);
}

interface Placed {
  readonly key: string;
  readonly height: number;
  /** Where its middle would best be. */
  readonly wish: number;
}

class Band {
  readonly #tests: readonly LaidTest[];
  readonly #columns: Columns;
  readonly #rowsLeft: number;
  /** Vertical middles by id, and of bends by key. */
  readonly #middles = new Map<string, number>();
  readonly #bends = new Map<
    number,
    Map<string, { readonly to: string; readonly unknown: boolean }>
  >();

  constructor(tests: readonly LaidTest[], columns: Columns, rowsLeft: number) {
    this.#tests = tests;
    this.#columns = columns;
    this.#rowsLeft = rowsLeft;
    for (const test of tests) {
      for (const { to, unknown } of test.arms) {
        for (let column = this.#column(test.id) + 1; column < this.#column(to); column += 1) {
          const bends = this.#bends.get(column) ?? new Map();
          this.#bends.set(column, bends.set(bendKey(column, to, unknown), { to, unknown }));
        }
      }
    }
  }

  /** The rows spread where the tests of a column need more room than they do. */
  placeRows(rows: readonly LaidRow[], top: number): void {
    const needs = this.#columns.left.map((_, column) => {
      const heights = this.#tests
        .filter(({ id }) => this.#column(id) === column)
        .map(({ height }) => height + gapBetweenTests);
      const bends = (this.#bends.get(column)?.size ?? 0) * (roomOfBend + gapBetweenTests);
      return heights.reduce((sum, height) => sum + height, bends);
    });
    const total = rows.reduce((sum, { height }) => sum + height + gapBetweenRows, 0);
    const spare = Math.max(0, Math.max(0, ...needs) - total);
    const gap = gapBetweenRows + Math.min(120, spare / Math.max(1, rows.length));
    let y = top;
    for (const { id, height } of rows) {
      this.#middles.set(id, y + height / 2);
      y += height + gap;
    }
  }

  placeTests(): void {
    for (let column = this.#columns.left.length - 1; column >= 0; column -= 1) {
      const items: Placed[] = this.#tests
        .filter(({ id }) => this.#column(id) === column)
        .map((test) => ({
          key: test.id,
          height: test.height,
          wish: mean(test.arms.map(({ to, unknown }) => this.#next(column, to, unknown).y)),
        }));
      for (const [key, { to, unknown }] of this.#bends.get(column) ?? []) {
        items.push({ key, height: roomOfBend, wish: this.#next(column, to, unknown).y });
      }
      for (const [key, y] of placedApart(items, gapBetweenTests)) this.#middles.set(key, y);
    }
  }

  /** Everything moved down to the band's top, with its lines. */
  finish(rows: readonly LaidRow[], top: number): Layout {
    const edgesOf = [...this.#tests, ...rows].map(({ id, height }) => {
      const middle = this.#middles.get(id) ?? 0;
      return [middle - height / 2, middle + height / 2] as const;
    });
    const bendsOf = [...this.#bends.values()].flatMap((bends) =>
      [...bends.keys()].map((key) => this.#middles.get(key) ?? top),
    );
    const highest = Math.min(...edgesOf.map(([from]) => from), ...bendsOf);
    const by = top - highest;
    for (const [key, y] of this.#middles) this.#middles.set(key, y + by);
    const lowest = Math.max(...edgesOf.map(([, to]) => to), ...bendsOf) + by;
    const lines: Line[] = [];
    const labels: (Point & { readonly text: string })[] = [];
    for (const test of this.#tests) this.#leave(test, lines, labels);
    for (const [column, bends] of this.#bends) {
      for (const [key, { to, unknown }] of bends) this.#goOn(column, { key, to, unknown }, lines);
    }
    return {
      tests: new Map(
        this.#tests.map(({ id }) => [
          id,
          { x: this.#columns.left[this.#column(id)] ?? 0, y: this.#middles.get(id) ?? 0 },
        ]),
      ),
      rows: new Map(rows.map(({ id }) => [id, this.#middles.get(id) ?? 0])),
      lines,
      labels,
      height: lowest - top,
    };
  }

  /** The lines and labels of a test's ports, in the order of where they lead, so that none crosses another at the box. */
  #leave(test: LaidTest, lines: Line[], labels: (Point & { readonly text: string })[]): void {
    const column = this.#column(test.id);
    const x = (this.#columns.left[column] ?? 0) + test.width;
    const turn = this.#columns.right[column] ?? x;
    const middle = this.#middles.get(test.id) ?? 0;
    const arms = test.arms
      .map((arm) => ({ ...arm, next: this.#next(column, arm.to, arm.unknown) }))
      .sort((a, b) => a.next.y - b.next.y);
    for (const [at, { label, unknown, next }] of arms.entries()) {
      const y = middle + (at - (arms.length - 1) / 2) * portStep + 4;
      labels.push({ x: x + 7, y: y - 4, text: label });
      lines.push({ points: [{ x, y }, { x: turn, y }, next], unknown, ends: next.ends });
    }
  }

  /** The line from a bend across its column and on. */
  #goOn(
    column: number,
    bend: { readonly key: string; readonly to: string; readonly unknown: boolean },
    lines: Line[],
  ): void {
    const y = this.#middles.get(bend.key) ?? 0;
    const next = this.#next(column, bend.to, bend.unknown);
    const from = { x: this.#columns.left[column] ?? 0, y };
    const turn = { x: this.#columns.right[column] ?? 0, y };
    lines.push({ points: [from, turn, next], unknown: bend.unknown, ends: next.ends });
  }

  /** Where a line to `to` enters the column behind `column`: at its target, or at the bend on its way there. */
  #next(column: number, to: string, unknown: boolean): Point & { readonly ends: boolean } {
    const next = column + 1;
    const end = this.#column(to);
    const x = next >= this.#columns.left.length ? this.#rowsLeft : (this.#columns.left[next] ?? 0);
    if (next < end)
      return { x, y: this.#middles.get(bendKey(next, to, unknown)) ?? 0, ends: false };
    return { x, y: (this.#middles.get(to) ?? 0) + (unknown ? apart : -apart), ends: true };
  }

  #column(id: string): number {
    return this.#columns.columnOf.get(id) ?? this.#columns.left.length;
  }
}

function bendKey(column: number, to: string, unknown: boolean): string {
  return `${column} ${to} ${unknown}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Middles of items in the order of their wishes, as near to them as their heights allow. */
function placedApart(items: readonly Placed[], gap: number): Map<string, number> {
  interface Group {
    readonly items: Placed[];
    readonly offsets: number[];
    /** Sum of where its items wish the group's top to be. */
    wishes: number;
    height: number;
  }
  const topOf = (group: Group): number => group.wishes / group.items.length;
  const groups: Group[] = [];
  for (const item of items.toSorted((a, b) => a.wish - b.wish)) {
    let group: Group = {
      items: [item],
      offsets: [0],
      wishes: item.wish - item.height / 2,
      height: item.height + gap,
    };
    for (let above = groups.at(-1); above !== undefined; above = groups.at(-1)) {
      if (topOf(above) + above.height <= topOf(group)) break;
      const shift = above.height;
      group = {
        items: [...above.items, ...group.items],
        offsets: [...above.offsets, ...group.offsets.map((offset) => offset + shift)],
        wishes: above.wishes + group.wishes - shift * group.items.length,
        height: above.height + group.height,
      };
      groups.pop();
    }
    groups.push(group);
  }
  return new Map(
    groups.flatMap((group) =>
      group.items.map((item, at) => [
        item.key,
        topOf(group) + (group.offsets[at] ?? 0) + item.height / 2,
      ]),
    ),
  );
}
