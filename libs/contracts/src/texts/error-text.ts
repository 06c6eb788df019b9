import type { ErrorCode } from '../errors.ts';

/**
 * One text, or several of which the first whose `{placeholder}`s all have a value is used.
 * The last one needs no value, so that no combination of missing values leaves a hole.
 */
export type Alternatives = string | readonly string[];

/** `message` says what happened and whose fault it is, `hint` says what to do. */
export type ErrorText = { message: Alternatives; hint: Alternatives };

/** A word after a number, by the plural categories of its language. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** What `{what}` of `not_found` can name. */
export type FindableThing = 'file' | 'batch' | 'model' | 'key' | 'provider' | 'alias' | 'request';

/** All texts of one language. */
export type Texts = {
  /** The words that follow the numbers in `{seconds}` and `{count}`. */
  counted: Record<'seconds' | 'count', PluralForms>;
  /** The words for `{what}`, in the case that follows "could not find". */
  things: Record<FindableThing, string>;
  errors: Record<ErrorCode, ErrorText>;
};
