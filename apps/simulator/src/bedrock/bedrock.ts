import type { Route, Vendor } from '../vendor.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeStreamFailure, writeWhole } from './write.ts';

/** Amazon Bedrock: Converse and ConverseStream, and the lists of what can be called. */
export const bedrock: Vendor = {
  ...errors,
  name: 'bedrock',
  requestIdHeader: 'x-amzn-requestid',
  findRoute,
  readRequest,
  writeWhole,
  writeStream,
  writeStreamFailure,
  streamContentType: () => 'application/vnd.amazon.eventstream',
  streamEncoding: 'latin1',
  writeModels: (ids) => JSON.stringify({ modelSummaries: ids.map(describeModel) }),
  writeModel: (id) => JSON.stringify({ modelDetails: describeModel(id) }),
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html */
const NO_PROFILES = { inferenceProfileSummaries: [] };

function findRoute(method: string, path: string): Route | null {
  const call = /^\/model\/(.+)\/(converse|converse-stream)$/u.exec(path);
  if (method === 'POST' && call) {
    return { kind: 'generate', model: call[1] ?? '', stream: call[2] === 'converse-stream', framing: 'sse' };
  }
  if (method !== 'GET') return null;
  if (path === '/inference-profiles') return { kind: 'other', answer: () => ({ status: 200, body: NO_PROFILES }) };
  if (path === '/foundation-models') return { kind: 'models' };
  return path.startsWith('/foundation-models/') ? { kind: 'model', id: path.slice(19) } : null;
}

function describeModel(id: string): object {
  return {
    modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${id}`,
    modelId: id,
    modelName: id,
    providerName: 'Simulator',
    inputModalities: ['TEXT', 'IMAGE'],
    outputModalities: ['TEXT'],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ['ON_DEMAND'],
    modelLifecycle: { status: 'ACTIVE' },
  };
}
