import { Readable } from 'node:stream';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FileObject } from '@parley/contracts';
import { FileStore } from '@parley/persistence';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { limitUpTo, parseRequest, toListAnswer, type ListAnswer } from './list-answer.ts';
import { OpenAiClientsGuard } from './openai-clients.guard.ts';
import { receiveFile } from './upload.ts';

const listQuery = z.object({
  purpose: z
    .string()
    .regex(/^[\w-]*$/)
    .optional(),
  limit: limitUpTo(10_000, 10_000),
  after: z.string().optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
});

/** OpenAI's Files API (https://platform.openai.com/docs/api-reference/files). Each key sees its own files alone. */
@Controller('v1/files')
@AllowAccess('member')
@UseGuards(OpenAiClientsGuard)
export class FilesController {
  readonly #files: FileStore;

  constructor(files: FileStore) {
    this.#files = files;
  }

  @Post()
  @HttpCode(200)
  upload(@Req() request: IdentifiedRequest): Promise<FileObject> {
    return receiveFile(request, this.#files, request.caller.id);
  }

  @Get()
  async list(@Req() request: IdentifiedRequest, @Query() query: unknown): Promise<ListAnswer<FileObject>> {
    const { rows, hasMore } = await this.#files.list(request.caller.id, parseRequest(listQuery, query));
    return toListAnswer({ rows, hasMore });
  }

  @Get(':id')
  get(@Req() request: IdentifiedRequest, @Param('id') id: string): Promise<FileObject> {
    return this.#files.get(request.caller.id, id);
  }

  @Get(':id/content')
  async content(@Req() request: IdentifiedRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const { file, content } = await this.#files.open(request.caller.id, id);
    // The bytes were uploaded by a caller: a browser must never take them for a page.
    await reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', file.bytes)
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`)
      .send(Readable.from(content));
  }

  @Delete(':id')
  async delete(@Req() request: IdentifiedRequest, @Param('id') id: string) {
    await this.#files.delete(request.caller.id, id);
    return { id, object: 'file', deleted: true };
  }
}
