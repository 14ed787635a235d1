import {
  DiagnosticSeverity,
  DiagnosticTag,
  type Diagnostic as LspDiagnostic,
} from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, Severity } from "../diagnostics/diagnostic.ts";
import { locationOf, rangeOf } from "./ranges.ts";
import type { Workspace } from "./workspace.ts";

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** What is never reached, which editors fade. */
const unreachable: ReadonlySet<string> = new Set(["P0402"]);

/** A finding as an editor shows it. `reference` is where the pages of the codes are. */
export function toLspDiagnostic(
  workspace: Workspace,
  document: TextDocument,
  { code, severity, message, span, label, related, help }: Diagnostic,
  reference: string,
): LspDiagnostic {
  const text = [message, label, help === undefined ? undefined : `help: ${help}`];
  return {
    range: rangeOf(document, span),
    severity: severities[severity],
    code,
    codeDescription: { href: `${reference}#${code.toLowerCase()}` },
    source: "signalbox",
    message: text.filter((part) => part !== undefined).join("\n"),
    ...(unreachable.has(code) ? { tags: [DiagnosticTag.Unnecessary] } : {}),
    ...(related === undefined
      ? {}
      : {
          relatedInformation: related.map((each) => {
            return { location: locationOf(workspace, each.span), message: each.text };
          }),
        }),
  };
}
