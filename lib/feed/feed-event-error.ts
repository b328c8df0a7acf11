import { HftError } from '../models/hft-error.js';

/** An event of a connector that is not what it should be; it was left out. */
export class FeedEventError extends HftError {
  declare readonly code: 'ERR_MISSING_FIELD' | 'ERR_INVALID_FIELD';
  /** Path of the field, for instance `bids[3].price`. */
  readonly field: string;
  /** Name of the connector that reported it. */
  readonly source: string;

  /** @param rule - What holds instead: `is missing`, `must be a finite number above 0`, … */
  constructor(
    code: 'ERR_MISSING_FIELD' | 'ERR_INVALID_FIELD',
    field: string,
    rule: string,
    source: string,
  ) {
    super(code, `${source === '' ? 'event' : `event of ${source}`}: ${field} ${rule}.`, {
      remedy: 'The event was left out: see why its source sends it.',
    });
    this.field = field;
    this.source = source;
  }
}
