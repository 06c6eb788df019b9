import { Readable } from 'node:stream';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FileObject } from '@parley/contracts';
import { FileStore } from '@parley/persistence';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../admission/caller.ts';
import { limitUpTo, parseRequest, toListAnswer, type ListAnswer } from './list-answer.ts';
import { receiveFile } from './upload.ts';

export type CallerRequest = FastifyRequest & { caller: Caller };

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
export class FilesController {
  readonly #files: FileStore;

  constructor(files: FileStore) {
    this.#files = files;
  }

  @Post()
  @HttpCode(200)
  upload(@Req() request: CallerRequest): Promise<FileObject> {
    return receiveFile(request, this.#files, request.caller.keyId);
  }

  @Get()
  async list(@Req() request: CallerRequest, @Query() query: unknown): Promise<ListAnswer<FileObject>> {
    return toListAnswer(await this.#files.list(request.caller.keyId, parseRequest(listQuery, query)));
  }

  @Get(':id')
  get(@Req() request: CallerRequest, @Param('id') id: string): Promise<FileObject> {
    return this.#files.get(request.caller.keyId, id);
  }

  @Get(':id/content')
  async content(@Req() request: CallerRequest, @Res() reply: FastifyReply, @Param('id') id: string): Promise<void> {
    const { file, content } = await this.#files.open(request.caller.keyId, id);
    // The bytes were uploaded by a caller: a browser must never take them for a page.
    await reply
      .header('content-type', 'application/octet-stream')
      .header('content-length', file.bytes)
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`)
      .send(Readable.from(content));
  }

  @Delete(':id')
  async delete(@Req() request: CallerRequest, @Param('id') id: string) {
    await this.#files.delete(request.caller.keyId, id);
    return { id, object: 'file', deleted: true };
  }
}
