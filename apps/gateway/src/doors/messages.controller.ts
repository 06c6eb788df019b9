import { Controller, Post, Req, Res } from '@nestjs/common';
import { messagesDoor } from '@parley/dialects';
import { readChat, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
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
}
