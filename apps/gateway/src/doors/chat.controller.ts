import { Controller, Post, Req, Res } from '@nestjs/common';
import { chatDoor } from '@parley/dialects';
import { readChat, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { Drain } from '../health/drain.ts';
import { serve } from './serve.ts';

const read = readChat(chatDoor);

/** OpenAI's front door. */
@Controller('v1')
@AllowAccess('member')
export class ChatController {
  constructor(
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  @Post('chat/completions')
  async completeChat(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    await serve(this.runtime, this.drain, read, request, reply);
  }
}
