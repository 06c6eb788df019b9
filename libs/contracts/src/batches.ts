/** OpenAI's Files and Batches, as our routes answer them. Source: https://platform.openai.com/docs/api-reference/batch. */
export type FileObject = {
  id: string;
  object: 'file';
  bytes: number;
  /** Unix seconds, as every time here. */
  created_at: number;
  /** Absent: kept until it is deleted. */
  expires_at?: number;
  filename: string;
  purpose: 'batch' | 'batch_output';
  status: 'processed';
};

export const BATCH_STATUSES = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** Why a whole batch was refused; `line` counts from 1. */
export type BatchProblem = { code: string; message: string; param: string | null; line: number | null };

export type BatchObject = {
  id: string;
  object: 'batch';
  endpoint: BatchEndpoint;
  errors: { object: 'list'; data: BatchProblem[] } | null;
  input_file_id: string;
  completion_window: string;
  status: BatchStatus;
  output_file_id: string | null;
  error_file_id: string | null;
  created_at: number;
  in_progress_at: number | null;
  expires_at: number | null;
  finalizing_at: number | null;
  completed_at: number | null;
  failed_at: number | null;
  expired_at: number | null;
  cancelling_at: number | null;
  cancelled_at: number | null;
  request_counts: { total: number; completed: number; failed: number };
  metadata: Record<string, string> | null;
};

/** What a batch line may ask for. Grows with the doors that exist. */
export const BATCH_ENDPOINTS = ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/messages'] as const;
export type BatchEndpoint = (typeof BATCH_ENDPOINTS)[number];

/** OpenAI's limits (https://platform.openai.com/docs/guides/batch). */
export const BATCH_LIMITS = {
  maxRequests: 50_000,
  /** Over all requests of a batch of embeddings. */
  maxEmbeddingInputs: 50_000,
  maxFileBytes: 200 * 1024 * 1024,
  maxLineBytes: 1024 * 1024,
  maxMetadataPairs: 16,
  maxMetadataKeyChars: 64,
  maxMetadataValueChars: 512,
  maxCustomIdChars: 512,
  maxProblems: 100,
  windowHours: 24,
} as const;

/** A line of an output or error file. */
export type BatchResultLine = {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: unknown } | null;
  error: { code: string; message: string } | null;
};
