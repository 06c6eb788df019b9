import { Controller, Post, Req, Res } from '@nestjs/common';
import { readEmbeddings, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
import { serve } from './serve.ts';

/** Embeddings in OpenAI's format, from every provider that makes them. */
@Controller('v1')
@AllowAccess('member')
export class EmbeddingsController {
  constructor(
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  @Post('embeddings')
  async embed(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    await serve(this.runtime, this.drain, readEmbeddings, request, reply);
  }
}
