export type WireErrorDetails = {
  /** OpenAI: the field at fault. */
  param?: string;
  /** OpenAI: the machine-readable code, where it is not the usual one of the status. */
  code?: string;
  /** Gemini: the `reason` of an ErrorInfo detail. */
  reason?: string;
  retryAfterSeconds?: number;
};

/** An error to be answered in the shape of the vendor that was called. */
export class WireError extends Error {
  readonly status: number;
  readonly details: WireErrorDetails;

  constructor(status: number, message: string, details: WireErrorDetails = {}) {
    super(message);
    this.name = 'WireError';
    this.status = status;
    this.details = details;
  }
}
