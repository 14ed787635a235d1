import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printPage } from "../../../src/simulator/page/print-page.ts";
import { printSweepPage } from "../../../src/simulator/page/print-sweep-page.ts";
import { chromiumPath, openBrowser } from "../../support/chromium.ts";
import { sweepReport } from "../../support/economics-report.ts";
import { hostileNames, replayedReport } from "../../support/replay-reports.ts";
import { skipAloud } from "../../support/skip-aloud.ts";

const names = { policy: "hybrid", against: "cost-first" };

/** Text with plain spaces in place of those that hold a figure and its unit together. */
const spaced = (text: string): string => text.replaceAll("\u00a0", " ");

interface Opened {
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: string[];
  /** What it asked for beside the page itself. */
  readonly requests: string[];
}

describe.skipIf(skipAloud(chromiumPath === null, "the simulator's page in a browser: no chromium"))(
  "the page in a browser",
  () => {
    let folder = "";
    let browser: Browser;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "signalbox-page-"));
      browser = await openBrowser();
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(
      html: string,
      { width = 1_200, scheme = "light" as "light" | "dark" } = {},
    ): Promise<Opened> {
      const path = join(folder, "report.html");
      writeFileSync(path, html);
      const url = pathToFileURL(path).href;
      const page = await browser.newPage({
        ...{ viewport: { width, height: 900 }, colorScheme: scheme },
      });
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        if (request.url() !== url) requests.push(request.url());
      });
      await page.goto(url);
      return { page, complaints, requests };
    }

    const html = printPage(replayedReport(), names);
    const isNarrow = "document.documentElement.scrollWidth <= innerWidth";

    test("shows its charts from a file, asks for nothing and complains of nothing", async () => {
      const { page, complaints, requests } = await open(html);
      expect(spaced(await page.locator("h1").innerText())).toBe(
        "cost-first would cost 25.0 % less and p95 would fall by 600 ms, but errors would rise from 1.0 % to 3.0 %",
      );
      expect(await page.locator(".plot").count()).toBe(5);
      expect(await page.locator("svg.flow").count()).toBe(2);
      expect(await page.locator(".plot .band").count()).toBe(10);
      expect(await page.locator(".dots tbody tr").count()).toBeGreaterThan(6);
      for (const plot of await page.locator(".plot svg path").all())
        expect((await plot.boundingBox())?.width).toBeGreaterThan(200);
      expect(requests).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    });

    test("is light or dark as the reader prefers", async () => {
      const paper = async (scheme: "light" | "dark"): Promise<unknown> => {
        const { page } = await open(html, { scheme });
        const colours = await page.evaluate(
          "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]",
        );
        await page.close();
        return colours;
      };
      expect(await paper("light")).toEqual(["rgb(251, 251, 250)", "rgb(27, 29, 33)"]);
      expect(await paper("dark")).toEqual(["rgb(18, 20, 23)", "rgb(232, 234, 238)"]);
    });

    test.each([390, 320, 768])("fits %i pixels without scrolling aside", async (width) => {
      for (const report of [
        html,
        ...[1, 9, 10].map((from) => printPage(replayedReport(hostile(from)), names)),
      ]) {
        const { page } = await open(report, { width });
        await page.evaluate(
          "document.querySelectorAll('details').forEach((one) => { one.open = true; })",
        );
        expect(await page.evaluate(isNarrow)).toBe(true);
        await page.close();
      }
    });

    test("tells the figures under the pointer, and to the arrow keys", async () => {
      const { page } = await open(html);
      const plot = page.locator(".plot").first();
      await plot.hover({ position: { x: 2, y: 60 } });
      expect(await plot.locator(".tip").innerText()).toBe(
        "08:00\ncost before $0.30\ncost after $0.225",
      );
      await page.mouse.move(0, 0);
      expect(await plot.locator(".tip").isVisible()).toBe(false);
      await plot.focus();
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      expect(await plot.getAttribute("aria-valuetext")).toBe(
        "06:00, cost before $0.74, cost after $0.555",
      );
      expect(await plot.getAttribute("role")).toBe("slider");
      await page.keyboard.press("Escape");
      expect(await plot.locator(".tip").isVisible()).toBe(false);
      await page.close();
    });

    test("opens a way with an example of the log by keyboard", async () => {
      const { page } = await open(html);
      const way = page.locator("details.go").first();
      await way.locator("summary").focus();
      await page.keyboard.press("Enter");
      expect(await way.locator("pre").innerText()).toBe(
        '{"tokens":80,"team":"search","desk":null,"cost":[1,2]}',
      );
      expect(await way.locator("dd").allInnerTexts()).toEqual(["80", "search", "unknown", "[1,2]"]);
      await page.close();
    });

    function hostile(from: number): (name: string) => string {
      let next = from;
      return (name) => `${hostileNames[next++ % hostileNames.length]}${name}`;
    }

    test("runs and asks for nothing that a name holds, wherever the name stands", async () => {
      // Each name takes each place once: as many pages as there are names.
      for (const from of hostileNames.keys()) {
        const at = hostileNames[from] ?? "";
        const { page, complaints, requests } = await open(
          printPage(replayedReport(hostile(from)), { policy: at, against: `${at}!` }),
        );
        expect(await page.evaluate("typeof window.hacked")).toBe("undefined");
        expect(await page.locator("script").count()).toBe(1);
        expect(await page.locator("img, iframe, a, object, h1 + h1").count()).toBe(0);
        expect(await page.locator("main > header h1").count()).toBe(1);
        expect([complaints, requests]).toEqual([[], []]);
        await page.close();
      }
    }, 60_000);

    const drawn = [
      ["a report", html],
      ["a sweep", printSweepPage(sweepReport(), "hybrid")],
    ] as const;

    test.each(
      drawn.flatMap(([name, page]) => [1_200, 390].map((width) => ({ name, page, width }))),
    )(
      "the charts of points of $name stay in their cards at $width pixels, and no label lies on another",
      async ({ page: text, width }) => {
        const { page, complaints, requests } = await open(text, { width });
        const found = (await page.evaluate(`
          [...document.querySelectorAll("figure.points")].map((figure) => {
            const box = (element) => {
              const { left, right, top, bottom } = element.getBoundingClientRect();
              return { left, right, top, bottom };
            };
            return {
              title: figure.querySelector("h3").textContent,
              card: box(figure),
              shapes: [...figure.querySelectorAll("circle, line, path, text")].map(box),
              labels: [...figure.querySelectorAll("svg > text")].map(box),
            };
          })
        `)) as readonly { title: string; card: Box; shapes: Box[]; labels: Box[] }[];
        expect(found.length).toBeGreaterThan(1);
        for (const { title, card, shapes, labels } of found) {
          for (const { left, right, top, bottom } of shapes) {
            expect([title, left >= card.left && right <= card.right]).toEqual([title, true]);
            expect([title, top >= card.top && bottom <= card.bottom]).toEqual([title, true]);
          }
          const laid = labels.flatMap((one, index) =>
            labels.slice(index + 1).filter((other) => touches(one, other)),
          );
          expect([title, laid]).toEqual([title, []]);
        }
        expect([complaints, requests]).toEqual([[], []]);
        expect(await page.evaluate(isNarrow)).toBe(true);
        await page.close();
      },
    );

    interface Box {
      readonly left: number;
      readonly right: number;
      readonly top: number;
      readonly bottom: number;
    }

    /** Letters are lower than their line: boxes may touch by a little. */
    function touches(one: Box, other: Box): boolean {
      const [wide, high] = [1, 4];
      const aside = one.left < other.right - wide && other.left < one.right - wide;
      return aside && one.top < other.bottom - high && other.top < one.bottom - high;
    }

    test("lets nothing run but its own script, should something slip in", async () => {
      const { page, complaints } = await open(
        html.replace(
          "<main>",
          `<main><script>window.hacked=1</script><img src="x" onerror="window.hacked=1">`,
        ),
      );
      expect(await page.evaluate("typeof window.hacked")).toBe("undefined");
      expect(complaints.length).toBeGreaterThan(0);
      await page.close();
    });

    test("shows decisions alone, one policy alone, and a log without requests", async () => {
      const { replay: _, against: __, compared: ___, ...decided } = replayedReport();
      const { diff: ____, against: _____, compared: ______, ...alone } = replayedReport();
      const empty = { ...decided, requests: 0, rules: [], targets: [], missing: [] };
      for (const [report, says] of [
        [decided, "cost-first would send 25.0 % of requests elsewhere and cost $3.00 less"],
        [
          alone,
          "hybrid would have cost $12.00 for 2,400 requests, with a p95 of 2.40 s and 1.0 % failed",
        ],
        [empty, "hybrid had nothing to decide"],
      ] as const) {
        const against = report === alone ? null : "cost-first";
        const { page, complaints } = await open(printPage(report, { policy: "hybrid", against }));
        expect(spaced(await page.locator("h1").innerText())).toBe(says);
        expect(complaints).toEqual([]);
        expect(statSync(join(folder, "report.html")).size).toBeLessThan(100_000);
        await page.close();
      }
    });
  },
);
