import { expect } from '@jest/globals';

export type Fields = Record<string, unknown>;
export type Wrong = [what: string, fields: Fields, field: string];

/** The three shapes in which clients read errors; each tells of a failure so that all can be compared. */
type ErrorShape = (body: unknown, status: number) => { message: string };

/** A route that takes bodies, and what is a mistake at it. */
export type InputDoor = {
  name: string;
  path(model: string): string;
  /** A good request; fields replace those that it has, and `undefined` takes one out. */
  body(model: string, fields?: Fields): Fields;
  shape: ErrorShape;
  /** Connections that are asked: one that is spoken to in the door's own format, and one that is not. */
  connections: [own: string, other: string];
  /** Bodies that are wrong in the door's own format, whoever is to answer, and the field that is to be named. */
  wrong: Wrong[];
  /** What a model of Anthropic's cannot be asked, and the field that is to be named. */
  impossible?: Wrong[];
  /** A parameter that Anthropic has no word for, as `x-parley-losses` names it. */
  dropped?: [fields: Fields, loss: string];
  /** Which methods lead nowhere else; a model's path may be read. */
  otherMethods: string[];
  unknownPath: string;
};

export const openai: ErrorShape = (body) => {
  const { error } = body as { error: { message: string; hint: string } };
  expect(error).toMatchObject({
    message: expect.any(String),
    type: expect.any(String),
    code: expect.any(String),
    request_id: expect.stringMatching(/^req_/),
    retryable: false,
  });
  expect(error).toHaveProperty('param');
  return error;
};

export const anthropic: ErrorShape = (body) => {
  expect(body).toEqual({
    type: 'error',
    error: { type: expect.stringMatching(/_error$|^request_too_large$/), message: expect.any(String) },
    request_id: expect.stringMatching(/^req_/),
  });
  return (body as { error: { message: string } }).error;
};

export const google: ErrorShape = (body, status) => {
  expect(body).toMatchObject({
    error: { code: status, message: expect.any(String), status: expect.stringMatching(/^[A-Z_]+$/) },
  });
  return (body as { error: { message: string } }).error;
};

/** The beginning of a picture. */
export const PIXEL = 'iVBORw0KGgo=';

export const user = (content: unknown): Fields => ({ role: 'user', content });

export const MODEL_FIELD: Wrong[] = [
  ['no model', { model: undefined }, 'model'],
  ['an empty model', { model: '' }, 'model'],
  ['a number as model', { model: 5 }, 'model'],
];
