import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { BatchObject } from '@parley/contracts';
import { BatchStore, BatchWakeUps, FileStore } from '@parley/persistence';
import { z } from 'zod';
import { AllowAccess } from '../admission/access.decorator.ts';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { createBatchSchema, toInputFile, type CreateBatchBody } from './batch-body.ts';
import { limitUpTo, parseRequest, toListAnswer, type ListAnswer } from './list-answer.ts';
import { OpenAiClientsGuard } from './openai-clients.guard.ts';

const listQuery = z.object({ limit: limitUpTo(100, 20), after: z.string().optional() });

/** OpenAI's Batch API (https://platform.openai.com/docs/api-reference/batch). Each key sees its own batches alone. */
@Controller('v1/batches')
@AllowAccess('member')
@UseGuards(OpenAiClientsGuard)
export class BatchesController {
  readonly #batches: BatchStore;
  readonly #files: FileStore;
  readonly #wakeUps: BatchWakeUps;

  constructor(batches: BatchStore, files: FileStore, wakeUps: BatchWakeUps) {
    this.#batches = batches;
    this.#files = files;
    this.#wakeUps = wakeUps;
  }

  @Post()
  @HttpCode(200)
  async create(@Req() request: IdentifiedRequest, @Body() body: unknown): Promise<BatchObject> {
    const ownerKeyId = request.caller.id;
    const parsed = parseRequest(createBatchSchema, body);
    const batch = await this.#batches.create({
      ownerKeyId,
      inputFileId: await this.#inputFileId(ownerKeyId, parsed),
      endpoint: parsed.endpoint,
      metadata: parsed.metadata ?? null,
      outputExpiresAfterS: parsed.output_expires_after?.seconds ?? null,
    });
    this.#wakeUps.send('validate', batch.id);
    return batch;
  }

  @Get()
  async list(@Req() request: IdentifiedRequest, @Query() query: unknown): Promise<ListAnswer<BatchObject>> {
    return toListAnswer(await this.#batches.list(request.caller.id, parseRequest(listQuery, query)));
  }

  @Get(':id')
  get(@Req() request: IdentifiedRequest, @Param('id') id: string): Promise<BatchObject> {
    return this.#batches.get(request.caller.id, id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Req() request: IdentifiedRequest, @Param('id') id: string): Promise<BatchObject> {
    return this.#batches.cancel(request.caller.id, id);
  }

  async #inputFileId(ownerKeyId: string, body: CreateBatchBody): Promise<string> {
    if (body.input_file_id !== undefined) return body.input_file_id;
    const content = toInputFile(body.requests ?? [], body.endpoint);
    const file = await this.#files.create(content, () => ({
      ownerKeyId,
      filename: 'inline.jsonl',
      expiresAfterS: null,
    }));
    return file.id;
  }
}
