import type { Batch, BatchLine } from "../store/batch-records.ts";
import { hasEnded } from "../store/batch-store.ts";
import type { DeskParts, LineDesk } from "./line-desk.ts";
import { createInputReader } from "./read-input.ts";

/** What the intake asks of the lane around it. */
export interface LaneAround {
  isClosing(): boolean;
  /** Lets others do what is theirs. */
  pump(): void;
}

/** Lines handled before others get their turn. */
const slice = 20;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads input files, and has their lines decided. */
export class Intake {
  readonly #parts: DeskParts;
  readonly #desk: LineDesk;
  readonly #lane: LaneAround;

  constructor(parts: DeskParts, desk: LineDesk, lane: LaneAround) {
    this.#parts = parts;
    this.#desk = desk;
    this.#lane = lane;
  }

  /** Reads the lines of a batch. After a restart the reading begins anew. */
  async read(batch: Batch): Promise<void> {
    const { store, limits } = this.#parts;
    const reader = createInputReader(batch.endpoint, limits);
    store.dropLines(batch.id);
    let total = 0;
    const add = (lines: ReturnType<typeof reader.push>): void => {
      if (reader.errors.length === 0) store.addLines(batch, lines);
      total += lines.length;
    };
    for (let n = 0; !reader.isHopeless; n += 1) {
      const bytes = store.files.chunk(batch.inputFile, n);
      if (bytes === null) break;
      this.#desk.commit(() => add(reader.push(bytes)));
      await nextTurn();
      if (this.#lane.isClosing()) return;
    }
    this.#desk.commit(() => {
      add(reader.end());
      const { errors } = reader;
      if (errors.length > 0) store.dropLines(batch.id);
      this.#desk.tell(
        batch.id,
        errors.length > 0 ? { kind: "invalid", errors } : { kind: "validated", total },
      );
      // Called back meanwhile: its lines go with it.
      if (hasEnded(store.batch(batch.id) ?? batch)) store.dropLines(batch.id);
    });
  }

  /** Decides the lines that wait for it, a few at a time and each few in one commit. */
  async decide(): Promise<void> {
    for (;;) {
      const lines = this.#parts.store.linesIn("read", slice);
      if (lines.length === 0) return;
      await this.#decideLines(lines);
      if (this.#lane.isClosing()) return;
      await nextTurn();
      // Those that are decided are not kept waiting by those that are not.
      this.#lane.pump();
    }
  }

  /** Decides lines up to one that cannot be: those before it are charged already, and are written down all the same. */
  async #decideLines(lines: readonly BatchLine[]): Promise<void> {
    const settle: (() => void)[] = [];
    try {
      for (const line of lines) {
        settle.push(await this.#decideLine(line));
        if (this.#lane.isClosing()) return;
      }
    } finally {
      this.#desk.commit(() => {
        for (const each of settle) each();
      });
    }
  }

  /** Decides one line; what it returns writes that down. */
  async #decideLine(line: BatchLine): Promise<() => void> {
    const { store, host } = this.#parts;
    const batch = store.batch(line.batch);
    const bytes = batch === null ? null : this.#desk.bodyOf(batch, line);
    if (batch === null || bytes === null)
      return () => this.#desk.end(line, null, { kind: "unanswered", code: "batch_cancelled" });
    const decision = await host.decide({ batch, bytes });
    const { grounds } = decision;
    if (decision.kind === "refused") {
      const { problem } = decision;
      const work = grounds === null ? null : { grounds, plan: null, attempts: [], from: 0 };
      const body = host.problemBody(batch.endpoint, problem);
      return () => this.#desk.end(line, work, { kind: "problem", problem, body });
    }
    const { cached } = decision;
    const kept = cached === undefined ? {} : { cached };
    if (decision.kind === "answered") {
      const work = { grounds: decision.grounds, plan: null, attempts: [], from: 0, ...kept };
      const { body, usage } = decision;
      return () => this.#desk.end(line, work, { kind: "answer", body, usage });
    }
    const request = host.read(batch, bytes);
    const work = { grounds: decision.grounds, plan: decision.plan, attempts: [], from: 0, ...kept };
    return () => {
      // Called back while it was being decided: the next sweep ends it.
      const isWaiting = store.line(line.batch, line.n)?.state === "read";
      if (request !== null && isWaiting) this.#desk.place(batch, line, request, work);
    };
  }
}
