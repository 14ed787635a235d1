/** A decision graph as boxes and arrows, ready for any format: what `graph` prints. */
export interface Drawing {
  readonly title: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

export interface DrawnNode {
  readonly id: string;
  /** A test of an operand, or an outcome: a plan or a reject. */
  readonly kind: "test" | "plan" | "reject";
  /** Lines of text. */
  readonly label: readonly string[];
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}
