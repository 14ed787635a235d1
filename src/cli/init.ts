import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { configurationName } from "../files/find-configuration.ts";
import { exitCode, printLine, UsageError } from "./output.ts";

const configuration = `# Signalbox: which providers and models your policies may name.
# Secrets come from the environment (or { file: path }), never from this file.
server: { host: 127.0.0.1, port: 8787 }
policies: .
default-policy: default

providers:
  anthropic: { kind: anthropic, key: "\${ANTHROPIC_API_KEY}" }
  alibaba: { kind: qwen, key: "\${DASHSCOPE_API_KEY}" }
  home: { kind: ollama, url: http://127.0.0.1:11434 }

targets:
  claude: { provider: anthropic, model: claude-sonnet-5-5, region: us }
  qwen: { provider: alibaba, model: qwen3.7-plus }
  local-gpu: { provider: home, model: "qwen2.5:7b", context: 32Ki }
`;

const policy = `# Short classifications stay at home; everything else goes to the cloud.
if tokens < 200 and intent is classify then local-gpu else claude fallback qwen
`;

/** `init [FOLDER]`: a configuration and a policy to start from; never overwrites. */
export function addInit(program: Command): void {
  program
    .command("init")
    .description("write a first signalbox.yaml and default.policy")
    .argument("[folder]", "where to write them", ".")
    .action((folder: string) => init(folder));
}

function init(folder: string): void {
  const files = [
    [join(folder, configurationName), configuration],
    [join(folder, "default.policy"), policy],
  ] as const;
  const present = files.filter(([path]) => existsSync(path)).map(([path]) => path);
  if (present.length > 0)
    throw new UsageError(`${present.join(" and ")} already there; nothing was written`);
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of files) {
    writeFileSync(path, text, { flag: "wx" });
    printLine(`wrote ${path}`);
  }
  printLine(`next: signalbox check ${join(folder, "default.policy")}`);
  printLine(`      signalbox serve --config ${join(folder, configurationName)} --stand-ins`);
  process.exitCode = exitCode.fine;
}
