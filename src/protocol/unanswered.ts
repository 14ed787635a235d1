/** Why a line of a batch was never answered, in the words of its error file: its time was over, or its client called the batch back. */
export type UnansweredCode = "batch_expired" | "batch_cancelled";
