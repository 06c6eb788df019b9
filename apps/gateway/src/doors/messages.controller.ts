import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { messagesCountDoor, messagesDoor } from '@parley/dialects';
import { readChat, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
import { countTokens } from './count-tokens.ts';
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

  @Post('count_tokens')
  @HttpCode(200)
  async countTokens(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    await countTokens(this.runtime, this.drain, messagesCountDoor, request, reply);
  }
}
