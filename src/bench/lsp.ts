import { TextDocument } from "vscode-languageserver-textdocument";
import { ThreadAnalyst } from "../lsp/analysis.ts";
import { completion } from "../lsp/completion.ts";
import { DiagnosticsFeature } from "../lsp/diagnostics.ts";
import { semanticTokens } from "../lsp/semantic-tokens.ts";
import { toLspDiagnostic } from "../lsp/to-lsp-diagnostic.ts";
import { Workspace } from "../lsp/workspace.ts";
import { type Figure, figureOf } from "./figure.ts";
import { keyedPolicyText } from "./keyed-policy.ts";

const ruleCount = 1_000;
const warmUps = 1;
const rounds = 3;

const configuration = `providers: { near: { kind: ollama } }
targets:
  small: { provider: near, model: small }
  large: { provider: near, model: large }
  fast: { provider: near, model: fast }
  local: { provider: near, model: local }
`;

/** What is typed, key by key: nearly every state on the way is a broken file. */
const typed = 'rule "typed": if tokens < 500 and stream is true then small fallback large\n';

/** From a keystroke in a file of 1,000 rules to the findings as they are sent, and what else an editor asks for then. */
export async function lspBench(): Promise<Figure[]> {
  const workspace = new Workspace("/signalbox-bench", null);
  workspace.open(document("signalbox.yaml", configuration, "yaml"));
  const policy = document("keyed.policy", keyedPolicyText(ruleCount));
  const name = workspace.open(policy);
  const sent: number[] = [];
  const feature = new DiagnosticsFeature({
    workspace,
    // The check begins at once; nothing is idle for long enough for an analysis.
    timers: {
      start(delayMs, run) {
        if (delayMs === 0) run();
        return () => {};
      },
    },
    publish: (file, diagnostics) => {
      const all = diagnostics.map((each) => toLspDiagnostic(workspace, policy, each, file));
      sent.push(all.length);
    },
    analyst: new ThreadAnalyst(),
    analysed: () => {},
  });
  feature.changed(name);
  const times = { findings: [] as number[], completion: [] as number[], colours: [] as number[] };
  for (let round = -warmUps; round < rounds; round += 1) {
    const line = Math.floor((ruleCount * (round + warmUps + 1)) / (rounds + warmUps + 1));
    for (const [character, key] of [...typed].entries()) {
      const at = { line, character };
      const start = performance.now();
      TextDocument.update(
        policy,
        [{ range: { start: at, end: at }, text: key }],
        policy.version + 1,
      );
      feature.changed(name);
      const findings = performance.now();
      const model = workspace.model(name);
      if (model === null) continue;
      completion(workspace, model, policy.positionAt(policy.offsetAt(at) + 1), true);
      const completed = performance.now();
      semanticTokens(model);
      const coloured = performance.now();
      if (round < 0) continue;
      times.findings.push(findings - start);
      times.completion.push(completed - findings);
      times.colours.push(coloured - completed);
    }
  }
  const where = `${ruleCount.toLocaleString("en")} rules`;
  return [
    figureOf({ name: `keystroke to findings, ${where}`, unit: "ms", values: times.findings }),
    figureOf({ name: `completion after it, ${where}`, unit: "ms", values: times.completion }),
    figureOf({ name: `colours of the whole file, ${where}`, unit: "ms", values: times.colours }),
  ];
}

function document(name: string, text: string, language = "policy"): TextDocument {
  return TextDocument.create(`file:///signalbox-bench/${name}`, language, 1, text);
}
