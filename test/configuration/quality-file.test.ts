import { expect, test } from "vitest";
import { render } from "../../src/diagnostics/render.ts";
import { read } from "./support.ts";

const text = `quality-file: rankings.yaml
providers: { home: { kind: ollama } }
targets:
  small: { provider: home, model: m }
  large: { provider: home, model: n, quality: { default: 0.7, code: 0.9 } }
`;

const ranked = (rankings: string | undefined, configuration = text) => {
  const asked: string[] = [];
  const told = read(configuration, {
    file: (path: string) => {
      asked.push(path);
      return rankings;
    },
  });
  const found = told.diagnostics.map(
    ({ code, span, message }) => `${code} ${span.file} ${message}`,
  );
  const quality = (name: string) => told.configuration?.targets.get(name)?.quality;
  return { ...told, asked, found, quality };
};

test.each([
  ["YAML", "small: 0.4\nlarge: { default: 0.6, extract: 85% }\n"],
  ["JSON", '{ "small": 0.4, "large": { "default": 0.6, "extract": 0.85 } }'],
])(
  "scores by target and intent are read from a file of %s, those at a target stand above them",
  (_form, rankings) => {
    const { found, asked, quality } = ranked(rankings);
    expect(found).toEqual([]);
    expect(asked).toEqual(["rankings.yaml"]);
    expect(quality("small")).toEqual({ default: 0.4 });
    expect(quality("large")).toEqual({ default: 0.7, code: 0.9, extract: 0.85 });
  },
);

test.each([
  ["small: 7", "C0106 conf/rankings.yaml"],
  ["small: { code: good }", "C0106 conf/rankings.yaml"],
  ["smal: 0.4", "C0212 conf/rankings.yaml there is no target `smal` to rank"],
  ["small: [0.4", "C0101 conf/rankings.yaml"],
  ["- small", "C010"],
  ["small: 0.4\nsmall: 0.5", "C010"],
])("a file that says %j is refused, with its place", (rankings, start) => {
  const { found, configuration } = ranked(rankings);
  expect(configuration).toBeNull();
  expect(found).toHaveLength(1);
  expect(found[0]?.slice(0, start.length)).toBe(start);
});

test("a file that is not there is refused, for `best` would choose by what stands first", () => {
  const { found, configuration } = ranked(undefined);
  expect(configuration).toBeNull();
  expect(found).toEqual(["C0212 conf/signalbox.yaml there is no file `rankings.yaml`"]);
});

test("a mistake in it is shown in its own text, with what is likely meant as a fix", () => {
  const { diagnostics, sources } = ranked("large: 0.6\nsmal: 0.4\n");
  const [diagnostic] = diagnostics;
  if (diagnostic === undefined) throw new Error("there is a mistake");
  const texts = new Map(sources.map((each) => [each.file, each.text]));
  const shown = render(diagnostic, texts, { color: false });
  expect(shown).toContain("rankings.yaml:2:1");
  expect(shown).toContain("smal: 0.4");
  expect(diagnostic.fix?.edits[0]?.text).toBe("small");
});
