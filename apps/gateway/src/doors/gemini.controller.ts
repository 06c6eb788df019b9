import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  openGeminiCountDoor,
  openGeminiDoor,
  openGeminiEmbeddings,
  type GeminiEmbeddingsPath,
  type GeminiPath,
} from '@parley/dialects';
import { Runtime, type ReadAsked } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
import { countTokens } from './count-tokens.ts';
import { readGeminiPath } from './gemini-path.ts';
import { serve } from './serve.ts';

/** Google's front door. */
@Controller()
@AllowAccess('member')
export class GeminiController {
  constructor(
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  /** A path's colon and slashes belong to the model's name as well, so they are read by hand. */
  @Post(['v1beta/*', 'v1/models/*'])
  @HttpCode(200)
  async answer(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    const { model, verb } = readGeminiPath(request);
    if (verb === 'countTokens') {
      return countTokens(this.runtime, this.drain, openGeminiCountDoor(model), request, reply);
    }
    if (verb === 'embedContent' || verb === 'batchEmbedContents') {
      const read = readGeminiEmbeddings({ model, many: verb === 'batchEmbedContents' });
      return serve(this.runtime, this.drain, read, request, reply);
    }
    const { alt } = request.query as { alt?: unknown };
    const stream = verb === 'generateContent' ? null : alt === 'sse' ? 'events' : 'array';
    await serve(this.runtime, this.drain, readGemini({ model, stream }), request, reply);
  }
}

const readGemini =
  (path: GeminiPath): ReadAsked =>
  ({ bytes, members, value }) => {
    const { door, request } = openGeminiDoor(value, path);
    return { kind: 'chat', door, source: { bytes, members, body: value, request }, model: path.model };
  };

const readGeminiEmbeddings =
  (path: GeminiEmbeddingsPath): ReadAsked =>
  ({ bytes, members, value }) => {
    const { door, request } = openGeminiEmbeddings(value, path);
    return { kind: 'embeddings', door, source: { bytes, members, request }, finished: new Map(), model: path.model };
  };
