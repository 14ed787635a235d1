import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly h: number;
    readonly w: number;
    readonly x: number;
    readonly y: number;
  };
  readonly targets?: readonly { readonly expr: string }[];
}

const text = readFileSync("operations/grafana.json", "utf8");
const { panels, templating } = JSON.parse(text) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};

/** Metrics by name with their labels, as a scrape of a running gateway declares them. */
async function scraped(): Promise<ReadonlySet<string>> {
  await using box = await startTestGateway();
  await (await box.chat()).text();
  const page = await (await fetch(`${box.gateway.url}/metrics`)).text();
  const names = new Set<string>();
  for (const [, name = "", type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    names.add(name);
    if (type === "histogram")
      for (const end of ["bucket", "sum", "count"]) names.add(`${name}_${end}`);
  }
  return names;
}

test("every metric of the dashboard is one that /metrics has", async () => {
  const known = await scraped();
  const asked = new Set(text.match(/signalbox_[a-z0-9_]+/g));
  expect(asked.size).toBeGreaterThan(30);
  expect([...asked].filter((name) => !known.has(name))).toEqual([]);
});

test("every metric of the gateway's own is on the dashboard, but for those that are named here", async () => {
  const left = new Set([
    "signalbox_ready",
    "signalbox_batch_lines_total",
    "signalbox_classifications_total",
    "signalbox_explanations_total",
    "signalbox_strange_values_total",
    "signalbox_reload_duration_seconds",
    "signalbox_server_spec_acceptance",
    "signalbox_server_age_seconds",
    "signalbox_in_flight_bytes",
    "signalbox_stalled_readers",
    "signalbox_shed_total",
    "signalbox_shadows_total",
    "signalbox_sharing_failures_total",
    "signalbox_cache_semantic_reasked_total",
    // But for an operator's word the same as an open breaker, which is.
    "signalbox_target_ejected",
  ]);
  const names = [...(await scraped())]
    .filter((name) => !/^signalbox_(nodejs|process)_/.test(name))
    .filter((name) => !/_(bucket|sum|count)$/.test(name));
  expect(names.filter((name) => !text.includes(name)).sort()).toEqual([...left].sort());
});

test("panels have ids of their own, do not overlap, and ask by variables that are there", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const variables = new Set(templating.list.map(({ name }) => name));
  for (const [, name = ""] of text.matchAll(/\$\{?([a-z]+)\}?/g)) expect(variables).toContain(name);
  for (const { type, targets } of panels)
    if (type !== "row") expect(targets?.length).toBeGreaterThan(0);
});
