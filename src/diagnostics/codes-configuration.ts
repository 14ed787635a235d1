import type { CodeRow } from "./code-row.ts";

/** C0xxx: the configuration file; C01 its form, C02 what it refers to and means. */
export const configurationCodes = {
  C0101: {
    severity: "error",
    title: "not valid YAML",
    cause: "The text cannot be read as YAML, so nothing after this place can be trusted.",
    example: "server: { host: 127.0.0.1",
    remedy: "Close brackets and quotes, indent with spaces, and put a space after each colon.",
  },
  C0102: {
    severity: "error",
    title: "wrong kind of value",
    cause: "A map stands where a single value belongs, or the other way round.",
    example: "providers: [openai, anthropic]",
    remedy: "Write the kind of value that the message names.",
  },
  C0103: {
    severity: "error",
    title: "unknown key",
    cause: "A key that nothing reads would be a setting that silently does nothing.",
    example: "server: { prot: 8787 }",
    remedy: "Write one of the keys that the message names.",
  },
  C0104: {
    severity: "error",
    title: "given twice",
    cause: "Two entries of one name, or two keys of one secret, leave it open which one holds.",
    example:
      "providers: { home: { kind: ollama } }\ntargets: { gpt: { provider: home, model: a }, gpt: { provider: home, model: b } }",
    remedy: "Remove or rename one of the two.",
  },
  C0105: {
    severity: "error",
    title: "missing key",
    cause: "An entry lacks something that no default can stand for.",
    example: "targets: { gpt: { provider: openai } }",
    remedy: "Add the key that the message names.",
  },
  C0106: {
    severity: "error",
    title: "value that does not fit",
    cause: "The value is malformed, out of bounds, or none of those that are known.",
    example: "dispatch: { timeout: 10 }",
    remedy: "Write the value with its unit, as the message shows.",
  },
  C0107: {
    severity: "error",
    title: "section of a later version",
    cause: "The section belongs to the design, but nothing in this version acts on it.",
    example: "limits: { … }",
    remedy: "Remove the section until a version that has it.",
  },
  C0108: {
    severity: "error",
    title: "configuration too large",
    cause:
      "A file of that size, or with so many values behind aliases, is taken for an accident or an attack.",
    example: "(a file of several megabytes, or aliases of aliases that grow without end)",
    remedy: "Write less, or split it over gateways.",
  },
  C0109: {
    severity: "error",
    title: "name that a policy cannot use",
    cause:
      "Targets and facts are named in policies, whose grammar has to be able to read the name.",
    example:
      "providers: { home: { kind: ollama } }\ntargets: { my target: { provider: home, model: a } }",
    remedy: "Use letters, digits, `-`, `_`, and dots before digits; begin with a letter.",
  },
  C0110: {
    severity: "warning",
    title: "doubtful YAML",
    cause: "The text is YAML, but not of the kind that a configuration is written in.",
    example: "server: { host: !host 127.0.0.1 }",
    remedy: "Leave out tags and directives.",
  },
  C0201: {
    severity: "error",
    title: "secret in the file",
    cause: "A key in a configuration file ends up in backups, in version control and on screens.",
    example: "providers: { openai: { kind: openai, key: sk-1234567890 } }",
    remedy: "Put it into the environment or a file of its own, and write a reference to it.",
  },
  C0202: {
    severity: "error",
    title: "unknown provider",
    cause: "A target names a provider that the file does not have.",
    example:
      "providers: { home: { kind: ollama } }\ntargets: { gpt: { provider: hoem, model: a } }",
    remedy: "Name one of the providers of this file, or add it.",
  },
  C0204: {
    severity: "error",
    title: "provider without a URL",
    cause: "The kind has no usual address to stand in.",
    example: "providers: { proxy: { kind: openai-compatible } }",
    remedy: "Add `url`.",
  },
  C0206: {
    severity: "warning",
    title: "model without a known price",
    cause: "Without a price, costs of this target are unknown, and `cheapest` cannot choose it.",
    example:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a configuration holds
      'providers: { openai: { kind: openai, key: "${KEY}" } }\ntargets: { gpt: { provider: openai, model: gpt-6-sool } }',
    remedy: "Check the model's name, or give its price.",
  },
  C0207: {
    severity: "info",
    title: "built-in fact replaced",
    cause:
      "A fact of the configuration bears the name of a built-in one and stands in for it everywhere.",
    example: "facts: { tier: { from: metadata.plan, values: [free, pro] } }",
    remedy: "Nothing, if that is meant; else give the fact a name of its own.",
  },
  C0208: {
    severity: "error",
    title: "unknown fact",
    cause: "The records would wait for a fact that nothing provides.",
    example: "telemetry: { facts: [intnet] }",
    remedy: "Name a built-in fact or one of this file.",
  },
  C0209: {
    severity: "warning",
    title: "variable or file that is not there",
    cause:
      "A header stands for a variable that the environment does not have, so it is not sent; or `tls` names a file that is not there.",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a configuration holds
    example: 'providers: { home: { kind: ollama, headers: { x-title: "${TITLE}" } } }',
    remedy: "Set the variable or write the file, or remove what refers to it.",
  },
  C0210: {
    severity: "error",
    title: "server whose cost cannot be counted",
    cause:
      "A server's power and hardware are counted for one provider that does not bill by the token, and power needs its price.",
    example:
      "providers: { home: { kind: ollama } }\nservers: { rig: { provider: home, watts: 350, hour: $0.50 } }",
    remedy: "Name the provider that stands for the machine, once, and give `kwh` with `watts`.",
  },
  C0211: {
    severity: "error",
    title: "model that cannot be used",
    cause:
      "The file is missing, damaged, of another kind, or was trained with another version's embedding; half a model would decide wrongly.",
    example: "(intents that name a file which is no model)",
    remedy: "Name a file that `signalbox train intents` of this version wrote.",
  },
  C0212: {
    severity: "error",
    title: "file of rankings that cannot be used",
    cause:
      "It is not there, or it ranks a target that the configuration does not have: `best` would choose by what stands first.",
    example: "quality-file: rankings.yaml",
    remedy: "Write the file with the names of your targets, or leave `quality-file` out.",
  },
  C0213: {
    severity: "error",
    title: "target that places no prompts",
    cause:
      "`cache.embeddings` names a target that the configuration does not have, or one whose provider has no embeddings over OpenAI's API.",
    example: "cache: { embeddings: nomic }",
    remedy:
      "Name a target at such a provider, or leave it out: a table that the package brings places prompts then.",
  },
  C0214: {
    severity: "error",
    title: "unknown target",
    cause: "The classifier names a target that the file does not have, so nobody could be asked.",
    example:
      "providers: { home: { kind: ollama } }\ntargets: { small: { provider: home, model: a } }\nintents: { classifier: { target: smal } }",
    remedy: "Name one of the targets of this file, or add it.",
  },
} as const satisfies Record<string, CodeRow>;
