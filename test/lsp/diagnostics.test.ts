import { expect, test } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../src/diagnostics/make-diagnostic.ts";
import type { DraftReview } from "../../src/language/service/review-draft.ts";
import { analysisIdleMs, DiagnosticsFeature } from "../../src/lsp/diagnostics.ts";
import { Workspace } from "../../src/lsp/workspace.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";

interface Desk {
  readonly clock: HandClock;
  /** What was published of the policy, each as its codes. */
  readonly published: string[];
  /** Analyses in the order of their start. */
  readonly runs: { state: "running" | "cancelled"; finish(review: DraftReview): Promise<void> }[];
  reviewed(): DraftReview | null;
  type(text: string): void;
  close(): void;
}

/** An editor's buffer and the two stages over a clock that is moved by hand. */
function desk(first: string): Desk {
  const clock = createHandClock();
  const workspace = new Workspace("/desk", null);
  const document = TextDocument.create("file:///desk/a.policy", "policy", 1, first);
  const published: string[] = [];
  const runs: Desk["runs"] = [];
  const feature = new DiagnosticsFeature({
    workspace,
    timers: clock,
    publish: (_, diagnostics) => {
      published.push(diagnostics.map(({ code, span }) => `${code}@${span.start}`).join(" "));
    },
    analyst: {
      start: () => {
        const { promise, resolve } = Promise.withResolvers<DraftReview | null>();
        const run: Desk["runs"][number] = {
          state: "running",
          async finish(review) {
            resolve(review);
            await promise;
            await Promise.resolve();
          },
        };
        runs.push(run);
        return {
          done: promise,
          cancel: () => {
            run.state = "cancelled";
            resolve(null);
          },
        };
      },
      close: () => Promise.resolve(),
    },
    analysed: () => {},
  });
  feature.changed(workspace.open(document));
  return {
    clock,
    published,
    runs,
    reviewed: () => {
      const model = workspace.model("a.policy");
      return model === null ? null : feature.reviewOf(model);
    },
    type(text) {
      TextDocument.update(document, [{ text }], document.version + 1);
      feature.changed("a.policy");
    },
    close: () => feature.closed(workspace.close(document.uri)),
  };
}

const sound = "if stream then requested\notherwise reject";
const finding = (start: number): Diagnostic =>
  makeDiagnostic("P0422", { file: "a.policy", start, end: start + 2 }, "never reached");
const review = (...starts: number[]): DraftReview => ({
  diagnostics: starts.map(finding),
  remarks: [{ at: 3, text: "left: nothing", tooltip: "" }],
});

test("syntax and types are told at once, the analysis when nothing was typed for a while", async () => {
  const { clock, published, runs } = desk(sound);
  expect(published).toEqual([]);
  clock.pass(0);
  expect(published).toEqual([""]);
  clock.pass(analysisIdleMs - 1);
  expect(runs).toHaveLength(0);
  clock.pass(1);
  expect(runs).toHaveLength(1);
  await runs[0]?.finish(review(0));
  expect(published).toEqual(["", "P0422@0"]);
});

test("keystrokes that come together are checked once, as the text then stands", () => {
  const { clock, published, type } = desk(sound);
  type("if strem then requested\notherwise reject");
  type(`${sound} `);
  clock.pass(0);
  expect(published).toEqual([""]);
});

test("a keystroke cancels the analysis that runs, and the one that waits", () => {
  const { clock, runs, type } = desk(sound);
  clock.pass(analysisIdleMs);
  type(`${sound} `);
  expect(runs.map(({ state }) => state)).toEqual(["cancelled"]);
  clock.pass(analysisIdleMs - 1);
  type(`${sound}  `);
  clock.pass(analysisIdleMs - 1);
  expect(runs).toHaveLength(1);
  clock.pass(1);
  expect(runs.map(({ state }) => state)).toEqual(["cancelled", "running"]);
});

test("findings of the analysis stay where the text around them is as it was, and move with it", async () => {
  const { clock, published, runs, type } = desk(sound);
  clock.pass(analysisIdleMs);
  await runs[0]?.finish(review(0, 25));
  type(sound.replace("stream", "stream and pii"));
  clock.pass(0);
  expect(published.at(-1)).toBe("P0422@0 P0422@33");
  type(sound.replace("otherwise", "other"));
  clock.pass(0);
  expect(published.at(-1)).toMatch(/^P01\d\d@\S+ P0422@0$|^P0422@0$|^P01\d\d@\S+( \S+)* P0422@0$/);
});

test("remarks are those of the text as it stands", async () => {
  const { clock, runs, reviewed, type } = desk(sound);
  clock.pass(analysisIdleMs);
  expect(reviewed()).toBeNull();
  await runs[0]?.finish(review());
  expect(reviewed()?.remarks).toHaveLength(1);
  type(`${sound} `);
  expect(reviewed()).toBeNull();
  clock.pass(0);
  expect(reviewed()).toBeNull();
});

test("a broken text is not analysed, and a closed one no longer", () => {
  const broken = desk("if stream then");
  broken.clock.pass(analysisIdleMs);
  expect(broken.runs).toHaveLength(0);
  const { clock, runs, close } = desk(sound);
  clock.pass(analysisIdleMs);
  close();
  clock.pass(analysisIdleMs);
  expect(runs.map(({ state }) => state)).toEqual(["cancelled"]);
});
