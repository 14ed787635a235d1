/** What the policies of a report are called. */
export interface ReportNames {
  readonly policy: string;
  /** The policy it was held against; null when there was none. */
  readonly against: string | null;
}
