import type { FastifyRequest } from 'fastify';

/** Anthropic's clients name the version of its API with every request. */
export const isAnthropicClient = ({ headers }: FastifyRequest): boolean => headers['anthropic-version'] !== undefined;

/** Nobody else's clients send this header; it tells Google's apart where the path does not. */
export const isGeminiClient = ({ headers }: FastifyRequest): boolean => headers['x-goog-api-key'] !== undefined;
