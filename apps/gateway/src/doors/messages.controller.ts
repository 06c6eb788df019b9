import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { decodeCountRequest, messagesDoor } from '@parley/dialects';
import { openDeadline, readChat, readHeaders, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
import { readSource } from './read-source.ts';
import { serve } from './serve.ts';

const read = readChat(messagesDoor);

/** Anthropic's front door. */
@Controller('v1/messages')
@AllowAccess('member')
export class MessagesController {
  constructor(
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  @Post()
  async createMessage(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    await serve(this.runtime, this.drain, read, request, reply);
  }

  /** https://docs.claude.com/en/api/messages-count-tokens */
  @Post('count_tokens')
  @HttpCode(200)
  async countTokens(@Req() { body, headers, caller: key }: IdentifiedRequest): Promise<unknown> {
    const { bytes, members, value } = readSource(body);
    const request = decodeCountRequest(value);
    const source = { bytes, members, body: value, request, ...readHeaders(messagesDoor, headers) };
    const deadline = openDeadline(this.runtime.environment.REQUEST_TIMEOUT_S * 1000);
    try {
      const count = await this.runtime.engine.countTokens({ key, door: messagesDoor, source, signal: deadline.signal });
      return 'counted' in count ? count.counted : { input_tokens: count.estimated };
    } finally {
      deadline.clear();
    }
  }
}
