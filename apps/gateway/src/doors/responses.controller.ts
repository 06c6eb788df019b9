import { Controller, Delete, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { GatewayError, invalidRequest } from '@parley/contracts';
import { listInputItems, type InputItem } from '@parley/dialects';
import { Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { limitUpTo, parseRequest, toListAnswer, type ListAnswer } from '../batches/list-answer.ts';
import { Drain } from '../health/drain.ts';
import { readRemembering } from './response-memory.ts';
import { serve } from './serve.ts';

const listQuery = z.object({
  limit: limitUpTo(100, 20),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
});

/** OpenAI's Responses API. Each key sees its own stored responses alone. */
@Controller('v1/responses')
@AllowAccess('member')
export class ResponsesController {
  constructor(
    private readonly runtime: Runtime,
    private readonly drain: Drain,
  ) {}

  @Post()
  async create(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply): Promise<void> {
    await serve(this.runtime, this.drain, readRemembering(this.runtime, request.caller.id), request, reply);
  }

  @Get(':id')
  async get(
    @Req() request: IdentifiedRequest,
    @Param('id') id: string,
    @Query('stream') stream: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    // A client that waits for events would take a whole response for a stream without any.
    if (stream === 'true') throw invalidRequest('stream', 'is not supported here: a stored response is read whole');
    const stored = await this.runtime.stores.responses.find(request.caller.id, id);
    if (!stored) throw notFound(id);
    reply.header('content-type', 'application/json; charset=utf-8');
    return stored.response;
  }

  @Get(':id/input_items')
  async listInput(
    @Req() request: IdentifiedRequest,
    @Param('id') id: string,
    @Query() query: unknown,
  ): Promise<ListAnswer<InputItem>> {
    const { limit, order, after } = parseRequest(listQuery, query);
    const conversation = await this.runtime.stores.responses.readConversation(request.caller.id, id);
    if (!conversation) throw notFound(id);
    const items = listInputItems(conversation.turns);
    if (order === 'desc') items.reverse();
    const start = after === undefined ? 0 : items.findIndex((item) => item.id === after) + 1;
    if (after !== undefined && start === 0) throw invalidRequest('after', 'is not the id of anything in this list');
    return toListAnswer({ rows: items.slice(start, start + limit), hasMore: items.length > start + limit });
  }

  @Delete(':id')
  async delete(@Req() request: IdentifiedRequest, @Param('id') id: string): Promise<object> {
    if (!(await this.runtime.stores.responses.delete(request.caller.id, id))) throw notFound(id);
    return { id, object: 'response', deleted: true };
  }
}

const notFound = (id: string): GatewayError =>
  new GatewayError('not_found', { param: 'response_id', values: { what: 'response', id } });
